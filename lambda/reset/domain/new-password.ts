// A new password: the rules that it must meet (NIST SP 800-63B-4 section 3.1.1.2), and what is stored of it.
import { createHmac } from 'node:crypto';
import { createSalt, defaultCost, deriveTag, saltLength, tagLength, toPhcString } from './argon2id.ts';
import { ServiceError } from './errors.ts';
import type { NewPassword } from './reset-password.ts';

/** Characters that a password has at least where it is all that protects the account. */
export const defaultMinPasswordLength = 15;
/** Characters; a longer one is refused rather than cut off. */
const maxPasswordLength = 128;
/** A shorter user id is part of too many good passwords by chance. */
const minTellingIdLength = 3;

/**
 * Judges a new password, and makes what is stored of it. The salt comes from the access token, so that the same request
 * sent again makes the very same hash; no two tokens share one. The digest tells a request that was sent again from one
 * with another password: it is keyed with the token, which is stored nowhere, and made of the slow hash, so that it is
 * of no more use to whoever steals the table than the hash itself.
 *
 * @param password - as it was sent
 * @param userId - whose password it is to be
 * @param minLength - characters, that is code points after normalisation
 * @param deriveKey - makes 32 bytes for a purpose out of the request's access token
 * @throws ServiceError `password-too-short`, `password-too-long` or `password-compromised`
 */
export async function prepareNewPassword(
  password: string,
  userId: string,
  minLength: number,
  deriveKey: (purpose: string) => Buffer,
): Promise<NewPassword> {
  // The same characters can be typed as different code points; what the user can see is what counts.
  const normalized = password.normalize('NFC');
  await checkPassword(normalized, userId, minLength);
  const hash = await createPasswordHash(
    normalized,
    deriveKey('salt of a new password').subarray(0, saltLength),
  );
  const digest = createHmac('sha256', deriveKey('digest of a new password')).update(hash).digest('base64url');
  return { hash, digest };
}

/**
 * Makes the hash that is stored for a password, a PHC string of Argon2id without a pepper.
 *
 * @param password - any Unicode text, normalised to NFC
 * @param salt - 16 bytes that are used for no other password
 */
export async function createPasswordHash(password: string, salt = createSalt()): Promise<string> {
  return toPhcString(defaultCost, salt, await deriveTag(password, { ...defaultCost, tagLength }, salt));
}

async function checkPassword(password: string, userId: string, minLength: number): Promise<void> {
  const { length } = [...password];
  if (length < minLength) throw new ServiceError('password-too-short', { data: { minLength } });
  if (length > maxPasswordLength) {
    throw new ServiceError('password-too-long', { data: { maxLength: maxPasswordLength } });
  }
  const { isCommonPassword } = await import('./common-passwords.ts');
  if (isCommonPassword(password) || containsUserId(password, userId)) {
    throw new ServiceError('password-compromised');
  }
}

function containsUserId(password: string, userId: string): boolean {
  const id = userId.normalize('NFC').toLowerCase();
  return id.length >= minTellingIdLength && password.toLowerCase().includes(id);
}

// A new password: the rules it must meet (NIST SP 800-63B-4 section 3.1.1.2), and the values stored for it.
import { createHmac } from 'node:crypto';
import { createSalt, defaultCost, deriveTag, saltLength, tagLength, toPhcString } from './argon2id.ts';
import { ServiceError } from './errors.ts';
import type { NewPassword } from './reset-password.ts';

/** Characters: the minimum if the password is the only factor. */
export const defaultMinPasswordLength = 15;
/** Characters. A longer password is refused, never truncated. */
const maxPasswordLength = 128;
/** Characters. Shorter user ids occur in too many good passwords by chance. */
const minCheckedIdLength = 3;

/**
 * Checks a new password, and computes its hash and a digest of the hash. The salt is derived from the access token, so
 * a repeated request yields the same hash, and no two tokens share a salt. The digest tells a repeated request from one
 * with another password. It is computed from the slow hash, and keyed with the token, which is never stored. So to
 * somebody who steals the table, the digest is of no more use than the hash.
 *
 * @param password - as it was sent
 * @param userId - whose password it becomes
 * @param minLength - characters: code points after normalisation to NFC
 * @param deriveKey - derives a 32-byte key for a purpose from the request's access token
 * @throws ServiceError `password-too-short`, `password-too-long` or `password-compromised`
 */
export async function prepareNewPassword(
  password: string,
  userId: string,
  minLength: number,
  deriveKey: (purpose: string) => Buffer,
): Promise<NewPassword> {
  // Keyboards produce different code points for the same visible characters.
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
 * Hashes a password with Argon2id, without a pepper.
 *
 * @param password - any Unicode string, normalised to NFC
 * @param salt - 16 bytes that no other password shares
 * @returns a PHC string
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
  return id.length >= minCheckedIdLength && password.toLowerCase().includes(id);
}

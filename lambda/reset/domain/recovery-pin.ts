// The recovery PIN: its format, the verifier stored for it, and the digest that counts an attempt.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Cost, createSalt, defaultCost, deriveTag, tagLength, toPhcString } from './argon2id.ts';

/** How many different PINs may be tried before the PIN is locked. */
export const maxAttempts = 3;

/** Named pepper keys. Each is the secret input of Argon2 and the HMAC key of the attempts' digests. */
export interface Peppers {
  /** Name of the key that new verifiers and digests use. */
  readonly current: string;
  /** Name -> key, at least 32 characters each. */
  readonly keys: ReadonlyMap<string, string>;
}

/** Whether a value is a recovery PIN: a string of exactly four ASCII digits. */
export function isRecoveryPin(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9]{4}$/.test(value);
}

/**
 * Computes the digest that counts an attempt in `pinGuesses` (HMAC-SHA-256, RFC 2104). The same PIN of the same user
 * always has the same digest, and without the pepper the digest reveals nothing about the PIN.
 *
 * @param peppers - the current key is used
 * @param userId - the user whose PIN is tried, so that the same PIN has different digests for different users
 * @param pin - four ASCII digits
 * @returns 43 characters of base64url
 */
export function digestAttempt(peppers: Peppers, userId: string, pin: string): string {
  return createHmac('sha256', getPepperKey(peppers, peppers.current))
    .update(`recovery-pin-guess\0${userId}\0${pin}`)
    .digest('base64url');
}

/**
 * Creates the verifier that is stored for a PIN.
 *
 * @param peppers - the current key is used
 * @param userId - associated data of the hash, so that the verifier works for this user only
 * @param pin - four ASCII digits
 * @returns a PHC string of Argon2id whose `keyid` names the pepper
 */
export async function createPinVerifier(peppers: Peppers, userId: string, pin: string): Promise<string> {
  const salt = createSalt();
  const tag = await deriveTag(pin, { ...defaultCost, tagLength }, salt, {
    secret: Buffer.from(getPepperKey(peppers, peppers.current)),
    associatedData: Buffer.from(userId),
  });
  return toPhcString({ ...defaultCost, keyId: peppers.current }, salt, tag);
}

/** The parts of a stored verifier. */
export interface PinVerifier extends Cost {
  /** Name of the pepper key that it was created with. */
  readonly keyId: string;
  readonly salt: Buffer;
  readonly tag: Buffer;
}

/** The result of checking an attempt. */
export interface PinCheck {
  readonly matches: boolean;
  /** The verifier has an old pepper key or old parameters, and should be replaced by a new one. */
  readonly outdated: boolean;
}

/**
 * Checks an attempt against the stored verifier, in constant time.
 *
 * @param peppers - must contain the key that the verifier's `keyid` names
 * @param userId - the user to whom the verifier belongs
 * @param pin - the attempt, four ASCII digits
 * @param verifier - the stored verifier, parsed
 * @throws Error if the verifier's pepper key is unknown: a fault in the data, not in the request
 */
export async function verifyPin(
  peppers: Peppers,
  userId: string,
  pin: string,
  { keyId, salt, tag, ...cost }: PinVerifier,
): Promise<PinCheck> {
  const candidate = await deriveTag(pin, { ...cost, tagLength: tag.length }, salt, {
    secret: Buffer.from(getPepperKey(peppers, keyId)),
    associatedData: Buffer.from(userId),
  });
  const outdated =
    keyId !== peppers.current ||
    cost.memory !== defaultCost.memory ||
    cost.passes !== defaultCost.passes ||
    cost.parallelism !== defaultCost.parallelism;
  return { matches: timingSafeEqual(candidate, tag), outdated };
}

function getPepperKey(peppers: Peppers, name: string): string {
  const key = peppers.keys.get(name);
  if (key === undefined) throw new Error('The pepper key that a PIN verifier names is not configured');
  return key;
}

const verifierPattern =
  /^\$argon2id\$v=19\$m=([1-9]\d{0,4}),t=([1-9]\d?),p=([1-4]),keyid=([A-Za-z0-9]{1,11})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;
/**
 * Upper limits of a verifier's parameters, so that a corrupt item cannot use gigabytes or minutes: 64 MiB and ten
 * passes (the pattern limits it to four lanes). Measured on one x86-64 core, such a verifier takes 540 ms of processor
 * time with one lane and 630 ms with four: 25 times the 25 ms of `defaultCost`.
 */
const maxMemory = 65_536;
const maxPasses = 10;
/** KiB: the minimum for each lane (RFC 9106 section 3.1). */
const minMemoryPerLane = 8;

/**
 * Parses a stored verifier.
 *
 * @param verifier - PHC string in the format of `createPinVerifier`
 * @throws Error if it is malformed or its parameters are out of range: a fault in the data, not in the request
 */
export function parseVerifier(verifier: string): PinVerifier {
  const match = verifierPattern.exec(verifier);
  if (match === null)
    throw new Error('The PIN verifier of a user is not a PHC string of Argon2id with a keyid');
  const [memory, passes, parallelism, keyId, salt, tag] = match.slice(1) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  if (cost.memory < minMemoryPerLane * cost.parallelism || cost.memory > maxMemory || cost.passes > maxPasses)
    throw new Error('A PIN verifier has parameters out of range');
  return {
    ...cost,
    keyId,
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  };
}

// The recovery PIN: its grammar, the verifier stored for it, and the digest under which an attempt is counted.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Cost, createSalt, defaultCost, deriveTag, tagLength, toPhcString } from './argon2id.ts';

/** How many different PINs may be tried before the PIN no longer works. */
export const maxAttempts = 3;

/** Named pepper keys: Argon2's secret input and the key of the attempts' digests. */
export interface Peppers {
  /** Name of the key that new verifiers are made with. */
  readonly current: string;
  /** Name -> key, at least 32 characters each. */
  readonly keys: ReadonlyMap<string, string>;
}

/** Whether a value is a recovery PIN: a text of exactly four ASCII digits. */
export function isRecoveryPin(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9]{4}$/.test(value);
}

/**
 * Digest under which an attempt is counted in `pinGuesses`: equal for the same user and PIN, and telling nothing to whoever
 * lacks the pepper (HMAC-SHA-256, RFC 2104).
 *
 * @param peppers - the current key makes the digest
 * @param userId - the user whose PIN is guessed, so that equal attempts at two users do not look alike
 * @param pin - four ASCII digits
 * @returns 43 characters of base64url
 */
export function digestAttempt(peppers: Peppers, userId: string, pin: string): string {
  return createHmac('sha256', pepperKey(peppers, peppers.current))
    .update(`recovery-pin-guess\0${userId}\0${pin}`)
    .digest('base64url');
}

/**
 * Makes the verifier that is stored for a PIN.
 *
 * @param peppers - the current key is used
 * @param userId - bound into the verifier as associated data: it verifies for no other user
 * @param pin - four ASCII digits
 * @returns a PHC string of Argon2id whose `keyid` names the pepper
 */
export async function createPinVerifier(peppers: Peppers, userId: string, pin: string): Promise<string> {
  const salt = createSalt();
  const tag = await deriveTag(pin, { ...defaultCost, tagLength }, salt, {
    secret: Buffer.from(pepperKey(peppers, peppers.current)),
    associatedData: Buffer.from(userId),
  });
  return toPhcString({ ...defaultCost, keyId: peppers.current }, salt, tag);
}

/** The parts of a stored verifier. */
export interface PinVerifier extends Cost {
  /** Name of the pepper that it was made with. */
  readonly keyId: string;
  readonly salt: Buffer;
  readonly tag: Buffer;
}

/** Whether an attempt is right, and whether its verifier should be made anew (old pepper or old parameters). */
export interface PinVerdict {
  readonly matches: boolean;
  readonly outdated: boolean;
}

/**
 * Checks an attempt against the stored verifier, in constant time.
 *
 * @param peppers - must hold the key that the verifier's `keyid` names
 * @param userId - the user whom the verifier belongs to
 * @param pin - the attempt, four ASCII digits
 * @param verifier - as `parseVerifier` returns it
 * @throws Error where the verifier's pepper is unknown: a fault of the data, not of the caller
 */
export async function verifyPin(
  peppers: Peppers,
  userId: string,
  pin: string,
  { keyId, salt, tag, ...cost }: PinVerifier,
): Promise<PinVerdict> {
  const candidate = await deriveTag(pin, { ...cost, tagLength: tag.length }, salt, {
    secret: Buffer.from(pepperKey(peppers, keyId)),
    associatedData: Buffer.from(userId),
  });
  const outdated =
    keyId !== peppers.current ||
    cost.memory !== defaultCost.memory ||
    cost.passes !== defaultCost.passes ||
    cost.parallelism !== defaultCost.parallelism;
  return { matches: timingSafeEqual(candidate, tag), outdated };
}

function pepperKey(peppers: Peppers, name: string): string {
  const key = peppers.keys.get(name);
  if (key === undefined) throw new Error('The pepper that a PIN verifier names is not configured');
  return key;
}

const verifierPattern =
  /^\$argon2id\$v=19\$m=([1-9]\d{0,4}),t=([1-9]\d?),p=([1-4]),keyid=([A-Za-z0-9]{1,11})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;
/**
 * The most that a verifier may ask for, so that a corrupt item cannot take gigabytes or minutes: 64 MiB and ten passes
 * (and four lanes, by the pattern). Measured on one x86-64 core, such a verifier takes 540 ms of processor time in one
 * lane and 630 ms in four; `defaultCost` takes 25 ms, so that the worst one costs 25 times as much.
 */
const maxMemory = 65_536;
const maxPasses = 10;
/** KiB that Argon2 needs for each lane (RFC 9106 section 3.1). */
const minMemoryPerLane = 8;

/**
 * Parses a stored verifier.
 *
 * @param verifier - PHC string as made by `createPinVerifier`
 * @throws Error where it is none of ours: a fault of the data, not of the caller
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
    throw new Error('A PIN verifier is outside the bounds');
  return {
    ...cost,
    keyId,
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  };
}

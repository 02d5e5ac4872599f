// The use case: the steps of a reset, independent of the transport and of the database.
import { ServiceError } from './errors.ts';
import {
  createPinVerifier,
  digestAttempt,
  maxAttempts,
  type Peppers,
  parseVerifier,
  verifyPin,
} from './recovery-pin.ts';

/** The claims of a verified access token that a reset needs. */
export interface AccessToken {
  /** The token's `sub`, 1 to 255 characters. It is unique only within its issuer, of which there is one. */
  readonly userId: string;
  /** Identifies the token: a digest of what the issuer signed. */
  readonly tokenId: string;
  /** When the token was issued: seconds since the epoch, possibly with a fraction. */
  readonly issuedAt: number;
}

/**
 * Verifies an access token.
 *
 * @throws ServiceError `token-invalid`, `token-expired`, `authentication-too-old` or `insufficient-scope`; any other
 *   error means that the token could not be checked
 */
export type VerifyAccessToken = (token: string) => Promise<AccessToken>;

/** The values stored for a new password. They are equal only for the same password sent with the same token. */
export interface NewPassword {
  /** PHC string. */
  readonly hash: string;
  /** Keyed digest of the hash. */
  readonly digest: string;
}

/** One request for a reset. */
export interface ResetRequest {
  /**
   * A random UUID that the service generates for this invocation, to recognise the invocation's own writes. A caller cannot
   * choose it.
   */
  readonly invocationId: string;
  readonly accessToken: AccessToken;
  /** Four ASCII digits, or `undefined` for a reset that clears the payment methods. */
  readonly pin: string | undefined;
  /** The password that the reset sets; `undefined` for a reset that removes the password. */
  readonly newPassword?: NewPassword | undefined;
  /**
   * Aborted when the request runs out of time and is answered. Nothing may be sent for it afterwards: the process can
   * be suspended for minutes, and a write that it sends on resuming would revoke tokens as of an outdated time.
   */
  readonly signal: AbortSignal;
}

/** When a reset is written, and which tokens it revokes. */
export interface ResetTime {
  /** When the write is sent. */
  readonly at: Date;
  /** Seconds since the epoch: tokens issued earlier are revoked. */
  readonly tokensValidFrom: number;
}

/** The result of a reset that was not refused. */
export interface ResetOutcome {
  /** For the log. `replayed`: the same request was carried out earlier, and nothing was written now. */
  readonly code: 'reset' | 'replayed';
  readonly pinVerified: boolean;
  /** Number of payment methods that this request cleared; 0 if the store's answer, which contains it, was lost. */
  readonly paymentMethodsCleared: number;
}

/** An attempt that has been counted, and what is needed to check it. */
export interface ReservedAttempt {
  readonly pinVerifier: string;
  /** Different PINs tried since the last right one, including this one: 1 to 3. */
  readonly attempts: number;
  /** Whether an earlier request found the third attempt wrong and marked the PIN as locked. */
  readonly isMarkedLocked: boolean;
}

/**
 * Stores users. Each method is one atomic write under the condition that the user exists, is active, has the linked
 * identity if one is required, and the token is not revoked; otherwise it throws the matching `ServiceError`.
 * `replayed` means that the same request was carried out earlier.
 */
export interface UserStore {
  /** Sets or removes the password and clears the payment methods. */
  resetWithoutPin(
    request: ResetRequest,
    time: ResetTime,
  ): Promise<{ readonly paymentMethodsCleared: number } | 'replayed'>;
  /** Counts an attempt before it is checked. Each PIN is counted once. */
  reserveAttempt(request: ResetRequest, attemptDigest: string): Promise<ReservedAttempt | 'replayed'>;
  /** Sets or removes the password and removes the attempts, unless the PIN was replaced after it was checked. */
  resetWithPin(
    request: ResetRequest,
    time: ResetTime,
    verifier: { readonly checked: string; readonly next: string },
  ): Promise<'done' | 'replayed' | 'pin-replaced'>;
  /**
   * Marks the PIN as locked. Does nothing if it is already marked, or if attempts or verifier have changed. Does not
   * check user and token: `reserveAttempt` did.
   *
   * @returns whether this request has marked it
   */
  markPinLocked(request: ResetRequest, at: Date, pinVerifier: string): Promise<boolean>;
  /** Raises `tokensValidFrom` (seconds since the epoch) to revoke the tokens issued before it. Never lowers it. */
  raiseTokensValidFrom(request: ResetRequest, tokensValidFrom: number): Promise<void>;
}

/** Loads the pepper keys; `refresh` fetches them again unless that happened a moment ago. */
export type LoadPeppers = (options?: { readonly refresh: boolean }) => Promise<Peppers>;

export interface ResetDependencies {
  readonly users: UserStore;
  readonly loadPeppers: LoadPeppers;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Reports a failure that does not fail the request. */
  readonly reportFault: (message: string, fault: unknown) => void;
}

/**
 * Resets the password of the token's user. Without a PIN this is one write. With a PIN, the attempt is first counted, then
 * checked, then the reset is written. So every attempt that is checked has been counted, and no reset is half done.
 *
 * @param reset - a request whose token, PIN format and new password have been checked
 * @throws ServiceError any code of the contract that depends on the stored user
 */
export async function resetPassword(
  reset: ResetRequest,
  dependencies: ResetDependencies,
): Promise<ResetOutcome> {
  if (reset.pin !== undefined) return resetWithPin(reset, reset.pin, dependencies);
  const result = await writeReset(reset, dependencies, (time) =>
    dependencies.users.resetWithoutPin(reset, time),
  );
  if (result === 'replayed') return nameOutcome(reset, 'replayed');
  return nameOutcome(reset, 'reset', result.paymentMethodsCleared);
}

function nameOutcome(
  { pin }: ResetRequest,
  code: ResetOutcome['code'],
  paymentMethodsCleared = 0,
): ResetOutcome {
  return { code, pinVerified: pin !== undefined, paymentMethodsCleared };
}

/**
 * Seconds: no write takes longer. Without this limit, a clock that jumps ahead would revoke the tokens of years to
 * come.
 */
const maxWriteSeconds = 10;

/**
 * Sends the write of a reset with the current time. The write can land seconds later, and until then the issuer issues
 * tokens for the old password. So these are revoked afterwards.
 */
async function writeReset<T>(
  reset: ResetRequest,
  { users, now, reportFault }: ResetDependencies,
  write: (time: ResetTime) => Promise<T>,
): Promise<T> {
  const at = now();
  const tokensValidFrom = computeTokensValidFrom(at, reset);
  const result = await write({ at: new Date(at), tokensValidFrom });
  const needed = Math.min(computeTokensValidFrom(now(), reset), tokensValidFrom + maxWriteSeconds);
  if (needed > tokensValidFrom && result !== 'replayed' && result !== 'pin-replaced') {
    await users.raiseTokensValidFrom(reset, needed).catch((error: unknown) => {
      reportFault('Tokens issued while a reset was in flight could not be revoked', error);
    });
  }
  return result;
}

/**
 * Returns the second after now, or after the token's time of issue if that is later: the request's own token is revoked too,
 * whichever clock is ahead.
 */
function computeTokensValidFrom(now: number, { accessToken }: ResetRequest): number {
  return Math.floor(Math.max(now / 1_000, accessToken.issuedAt)) + 1;
}

/** How many times a PIN is checked again because the user replaced the PIN between check and reset. */
const maxRechecks = 2;

async function resetWithPin(
  reset: ResetRequest,
  pin: string,
  dependencies: ResetDependencies,
): Promise<ResetOutcome> {
  const { users, loadPeppers } = dependencies;
  const { userId } = reset.accessToken;
  for (let check = 0; check <= maxRechecks; check++) {
    const reserved = await users.reserveAttempt(reset, digestAttempt(await loadPeppers(), userId, pin));
    if (reserved === 'replayed') return nameOutcome(reset, 'replayed');

    const next = await checkAttempt(userId, pin, reserved, loadPeppers);
    if (next === undefined) return refuseWrongPin(reset, reserved, dependencies);
    const written = await writeReset(reset, dependencies, (time) =>
      users.resetWithPin(reset, time, { checked: reserved.pinVerifier, next }),
    );
    if (written !== 'pin-replaced') return nameOutcome(reset, written === 'done' ? 'reset' : 'replayed');
  }
  throw new Error('The recovery PIN was replaced again after each check');
}

/**
 * Checks a counted attempt.
 *
 * @returns the verifier to store: the same, or a new one if its pepper key or parameters are outdated; `undefined` if
 *   the attempt is wrong
 */
async function checkAttempt(
  userId: string,
  pin: string,
  { pinVerifier }: ReservedAttempt,
  loadPeppers: LoadPeppers,
): Promise<string | undefined> {
  const verifier = parseVerifier(pinVerifier);
  let peppers = await loadPeppers();
  // The secret was rotated, and the verifier uses a newer key than the cached ones.
  if (!peppers.keys.has(verifier.keyId)) peppers = await loadPeppers({ refresh: true });
  const { matches, outdated } = await verifyPin(peppers, userId, pin, verifier);
  if (!matches) return undefined;
  return outdated ? createPinVerifier(peppers, userId, pin) : pinVerifier;
}

/**
 * Three counted attempts do not prove that the PIN is locked: the third may be the right one, about to reset. So the
 * request that finds the third attempt wrong marks the lock. If that write is lost, the next repetition of one of the three
 * attempts sets the mark. The answer does not depend on the mark. Only the request whose write set the mark counts the
 * lock: otherwise many requests of one user would look like many locked users.
 */
async function refuseWrongPin(
  reset: ResetRequest,
  { pinVerifier, attempts, isMarkedLocked }: ReservedAttempt,
  { users, now, reportFault }: ResetDependencies,
): Promise<never> {
  const isNewLock =
    attempts >= maxAttempts &&
    !isMarkedLocked &&
    (await users.markPinLocked(reset, new Date(now()), pinVerifier).catch((error: unknown) => {
      reportFault('A locked recovery PIN could not be marked', error);
      return false;
    }));
  throw new ServiceError('recovery-pin-mismatch', {
    data: { remainingAttempts: maxAttempts - attempts },
    isNewLock,
  });
}

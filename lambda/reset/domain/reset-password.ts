// The use case: what a reset does, and in which order, whatever carries the request or holds the users.
import { ServiceError } from './errors.ts';
import {
  createPinVerifier,
  digestAttempt,
  maxAttempts,
  type Peppers,
  parseVerifier,
  verifyPin,
} from './recovery-pin.ts';

/** What a verified access token says about its bearer. */
export interface AccessToken {
  /** The token's `sub`, 1 to 255 characters. */
  readonly userId: string;
  /** Tells this token from every other one of the user: a digest of what the issuer signed. */
  readonly tokenId: string;
  /** The token's `iat`, seconds since the epoch, perhaps with a fraction. */
  readonly issuedAt: number;
}

/**
 * Verifies an access token.
 *
 * @throws ServiceError `token-invalid`, `token-expired`, `authentication-too-old` or `insufficient-scope`; any other error
 *   means that the token could not be judged
 */
export type VerifyAccessToken = (token: string) => Promise<AccessToken>;

/** What is stored of a new password. */
export interface NewPassword {
  /** PHC string; the same for the same password under the same token. */
  readonly hash: string;
  /** Tells the same password under the same token from any other. */
  readonly digest: string;
}

/** One request for a reset. */
export interface ResetRequest {
  /**
   * A random UUID that the service made for this invocation. By it, and by nothing that a caller can choose, the service
   * knows its own effects again.
   */
  readonly invocationId: string;
  readonly accessToken: AccessToken;
  /** Four ASCII digits, or `undefined` for a reset that clears the payment methods. */
  readonly pin: string | undefined;
  /** The password that the user has from then on; without it the user is left with none. */
  readonly newPassword?: NewPassword | undefined;
  /**
   * Aborted when the request is answered for being out of time. Nothing may be sent for it from then on: an environment
   * can sleep for minutes, and its next request would wake a write that revokes tokens as of a time long past.
   */
  readonly signal: AbortSignal;
}

/** When the write of a reset is sent, and which tokens it revokes. */
export interface ResetTime {
  readonly at: Date;
  /** Seconds since the epoch: tokens issued earlier are revoked. */
  readonly tokensValidFrom: number;
}

/** What a request came to. */
export interface ResetOutcome {
  readonly pinVerified: boolean;
  /** The same request had been carried out before, and nothing was written now. */
  readonly replayed: boolean;
  /** Number of payment methods cleared by this request; 0 where the table's answer with their number was lost. */
  readonly paymentMethodsCleared: number;
}

/** A counted attempt and what to hold it against. */
export interface ReservedAttempt {
  readonly pinVerifier: string;
  /** Different PINs tried since the last right one, this one included: 1 to 3. */
  readonly attempts: number;
  /** The third wrong one was found and marked before. */
  readonly isMarkedLocked: boolean;
}

/**
 * Where users are kept. Each method is one atomic write, carried out only for a user who exists, is active, has the
 * linked identity that may be required, and has not revoked the token; else it throws the `ServiceError` that says
 * what stands against it. `replayed` tells that the same request was carried out before.
 */
export interface UserStore {
  /** Sets or removes the password and clears the payment methods. */
  resetWithoutPin(
    reset: ResetRequest,
    time: ResetTime,
  ): Promise<{ readonly paymentMethodsCleared: number } | 'replayed'>;
  /** Counts an attempt before it is checked; an attempt already counted is not counted again. */
  reserveAttempt(reset: ResetRequest, attemptDigest: string): Promise<ReservedAttempt | 'replayed'>;
  /** Sets or removes the password and removes the attempts, if the verifier is still the one that the PIN was checked against. */
  resetWithPin(
    reset: ResetRequest,
    time: ResetTime,
    verifier: { readonly checked: string; readonly next: string },
  ): Promise<'done' | 'replayed' | 'pin-replaced'>;
  /**
   * Marks that the third different PIN was found wrong, unless that is marked already, or attempts or verifier are no
   * longer what they were. Unlike the others it asks nothing of user and token: the attempt was let through before.
   */
  markPinLocked(reset: ResetRequest, at: Date, pinVerifier: string): Promise<void>;
  /** Revokes further tokens, those issued before `tokensValidFrom` (seconds since the epoch). It never takes any back. */
  raiseTokensValidFrom(reset: ResetRequest, tokensValidFrom: number): Promise<void>;
}

/** Loads the pepper keys; `refresh` asks for them anew, if that has not just been done. */
export type LoadPeppers = (options?: { readonly refresh: boolean }) => Promise<Peppers>;

export interface ResetDependencies {
  readonly users: UserStore;
  readonly loadPeppers: LoadPeppers;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told of what failed without failing the request. */
  readonly reportFault: (message: string, fault: unknown) => void;
}

/**
 * Resets the password of the token's user. Without a PIN that is one write, with one it is reserve, check, reset, so
 * that no attempt is checked uncounted and nothing is ever half done.
 *
 * @param reset - the request; its token is verified, its PIN well formed and its new password judged
 * @throws ServiceError any code of the contract that depends on the user's item
 */
export async function resetPassword(
  reset: ResetRequest,
  dependencies: ResetDependencies,
): Promise<ResetOutcome> {
  if (reset.pin !== undefined) return resetWithPin(reset, reset.pin, dependencies);
  const result = await carryOut(reset, dependencies, (time) =>
    dependencies.users.resetWithoutPin(reset, time),
  );
  if (result === 'replayed') return { pinVerified: false, replayed: true, paymentMethodsCleared: 0 };
  return { pinVerified: false, replayed: false, paymentMethodsCleared: result.paymentMethodsCleared };
}

/**
 * Sends the write of a reset with the time of now, and revokes what was issued while it was on its way: a write can land
 * seconds after it was sent, and until then the old password is set and tokens are issued for it.
 */
async function carryOut<T>(
  reset: ResetRequest,
  { users, now, reportFault }: ResetDependencies,
  write: (time: ResetTime) => Promise<T>,
): Promise<T> {
  const at = now();
  const tokensValidFrom = firstValidSecond(at, reset);
  const result = await write({ at: new Date(at), tokensValidFrom });
  const needed = firstValidSecond(now(), reset);
  if (needed > tokensValidFrom && result !== 'replayed' && result !== 'pin-replaced') {
    await users.raiseTokensValidFrom(reset, needed).catch((error: unknown) => {
      reportFault('Tokens issued while a reset was on its way could not be revoked', error);
    });
  }
  return result;
}

/** One second past both clocks: the token of this very request is revoked too, whoever's clock is ahead. */
function firstValidSecond(now: number, { accessToken }: ResetRequest): number {
  return Math.floor(Math.max(now / 1_000, accessToken.issuedAt)) + 1;
}

/** How often a PIN is judged again because its owner replaced it between check and reset. */
const maxRejudgements = 2;

async function resetWithPin(
  reset: ResetRequest,
  pin: string,
  dependencies: ResetDependencies,
  rejudgements = 0,
): Promise<ResetOutcome> {
  const { users, loadPeppers } = dependencies;
  const { userId } = reset.accessToken;
  const reserved = await users.reserveAttempt(reset, digestAttempt(await loadPeppers(), userId, pin));
  if (reserved === 'replayed') return { pinVerified: true, replayed: true, paymentMethodsCleared: 0 };

  const next = await checkAttempt(userId, pin, reserved, loadPeppers);
  if (next === undefined) return refuseWrongPin(reset, reserved, dependencies);
  const written = await carryOut(reset, dependencies, (time) =>
    users.resetWithPin(reset, time, { checked: reserved.pinVerifier, next }),
  );
  if (written !== 'pin-replaced') {
    return { pinVerified: true, replayed: written === 'replayed', paymentMethodsCleared: 0 };
  }
  if (rejudgements === maxRejudgements)
    throw new Error('The recovery PIN was replaced again and again meanwhile');
  return resetWithPin(reset, pin, dependencies, rejudgements + 1);
}

/**
 * Checks a reserved attempt; returns the verifier to store, renewed where its pepper or parameters have been replaced, or
 * `undefined` where the attempt is wrong.
 */
async function checkAttempt(
  userId: string,
  pin: string,
  { pinVerifier }: ReservedAttempt,
  loadPeppers: LoadPeppers,
): Promise<string | undefined> {
  const verifier = parseVerifier(pinVerifier);
  let peppers = await loadPeppers();
  // A verifier made with a newer pepper than the cached ones: the secret was rotated meanwhile.
  if (!peppers.keys.has(verifier.keyId)) peppers = await loadPeppers({ refresh: true });
  const { matches, outdated } = await verifyPin(peppers, userId, pin, verifier);
  if (!matches) return undefined;
  return outdated ? createPinVerifier(peppers, userId, pin) : pinVerifier;
}

/**
 * Three attempts alone do not tell that the PIN is locked, for the third may be the right one on its way to the reset.
 * So whoever finds it wrong marks it, and repeats that where an earlier mark got lost. The answer does not depend on it.
 */
async function refuseWrongPin(
  reset: ResetRequest,
  { pinVerifier, attempts, isMarkedLocked }: ReservedAttempt,
  { users, now, reportFault }: ResetDependencies,
): Promise<never> {
  if (attempts >= maxAttempts && !isMarkedLocked) {
    await users.markPinLocked(reset, new Date(now()), pinVerifier).catch((error: unknown) => {
      reportFault('A locked recovery PIN could not be marked', error);
    });
  }
  throw new ServiceError('recovery-pin-mismatch', {
    data: { remainingAttempts: maxAttempts - attempts },
  });
}

// Time limits and retries of the AWS SDK's clients.
import type { Agent } from 'node:https';

export interface CallLimits {
  /** Attempts per call, including the first. */
  readonly attempts: number;
  /** Milliseconds within which a connection must be open. */
  readonly connecting: number;
  /** Milliseconds within which an attempt must be answered, including the time to connect. */
  readonly answering: number;
  /** The https agent to use; default: the client creates one. */
  readonly agent?: Agent;
}

/**
 * Returns the SDK's options for a client with these limits. By default the SDK waits for an answer without a limit, and
 * only logs a warning if `requestTimeout` is exceeded. The socket timeout ends an answer that begins and then stalls.
 */
export function clientOptions({ attempts, connecting, answering, agent }: CallLimits) {
  return {
    retryStrategy: createRetryStrategy(attempts),
    // The SDK sends this number to the service. If it is not set, the SDK takes it from a variable or a file.
    maxAttempts: attempts,
    requestHandler: {
      connectionTimeout: connecting,
      requestTimeout: answering,
      throwOnRequestTimeout: true,
      socketTimeout: answering,
      httpsAgent: agent,
    },
  };
}

/** Milliseconds: the maximum pause before the second attempt; it doubles with each further one. */
const firstPause = 100;

/**
 * Creates a `RetryStrategyV2` of the SDK. The SDK's own strategy pauses for up to 1 and 2 seconds after throttling, which is
 * too long for any time budget here. It also has a quota for retries, which only successful calls refill. After a lost answer,
 * the retry fails on its condition, which is no success. So 36 lost answers would use up the quota.
 */
function createRetryStrategy(attempts: number) {
  return {
    acquireInitialRetryToken: async () => createRetryToken(0),
    async refreshRetryTokenForRetry(token: RetryToken, failure: Failure) {
      const retries = token.getRetryCount() + 1;
      // The SDK then throws the call's own error.
      if (retries >= attempts || !isTemporary(failure)) throw new Error('not to be retried');
      return createRetryToken(retries);
    },
    recordSuccess() {},
  };
}

/** Identifies the number of an attempt, and the pause before it. */
type RetryToken = ReturnType<typeof createRetryToken>;

function createRetryToken(retries: number) {
  return {
    getRetryCount: () => retries,
    /** Milliseconds. Random, so that functions that failed together do not retry together. */
    getRetryDelay: () => Math.floor(Math.random() * firstPause * 2 ** (retries - 1)),
  };
}

/** A failed attempt as the SDK judges it. */
interface Failure {
  readonly errorType: string;
  readonly error?: { readonly name: string };
}

/**
 * Whether the same call may succeed a moment later. The SDK does not retry `TransactionConflictException`: another
 * service's transaction holds the item, and nothing was written.
 */
function isTemporary({ errorType, error }: Failure): boolean {
  return (
    errorType === 'TRANSIENT' || errorType === 'THROTTLING' || error?.name === 'TransactionConflictException'
  );
}

// Time limits and retries of the AWS SDK's clients.
import type { Agent } from 'node:https';

export interface CallLimits {
  /**
   * Attempts per call, including the first. The SDK pauses up to 100 ms before the second and 200 ms before the third.
   */
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
    // Set explicitly, so that the environment variable AWS_RETRY_MODE cannot change it.
    retryMode: 'standard',
    maxAttempts: attempts,
    requestHandler: {
      connectionTimeout: connecting,
      requestTimeout: answering,
      throwOnRequestTimeout: true,
      socketTimeout: answering,
      ...(agent && { httpsAgent: agent }),
    },
  };
}

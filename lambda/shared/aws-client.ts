// How a client of an AWS service waits and tries again.
import type { Agent } from 'node:https';

export interface ClientPatience {
  /** Attempts of one call, the first included; the SDK pauses up to 100 ms before the second and 200 before the third. */
  readonly attempts: number;
  /** Milliseconds until a connection must be open. */
  readonly connecting: number;
  /** Milliseconds until an attempt must be answered, the connection included. */
  readonly answering: number;
  /** Where connections come from, if not from an agent of the client's own. */
  readonly agent?: Agent;
}

/**
 * The SDK's options for a client that waits no longer than it is told. What it would do otherwise: wait for an answer
 * without end, and only warn of a late one. The time-out of the socket is for an answer that begins and then stops.
 */
export function clientOptions({ attempts, connecting, answering, agent }: ClientPatience) {
  return {
    // Said here, so that no variable of the environment can ask for another mode.
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

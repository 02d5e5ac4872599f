// Time limits of the calls to bus and queue.

/**
 * One attempt per call, because delivery.ts decides about retries for each event. A call that times out may have
 * succeeded; its events are then published twice.
 */
export const callLimits = { attempts: 1, connecting: 500, answering: 2_000 };

/**
 * Milliseconds: the maximum duration of a call including its retries, even if the answer arrives slowly. Together with
 * the longest pause before it, this is less than the time that delivery.ts requires for a call.
 */
export const callTimeout = 3_000;

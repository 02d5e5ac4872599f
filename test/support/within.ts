// The check that something ends in time, which a busy machine does not fail.
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for work that must end before a timer fires that starts now. If the work's own time limit is a timer of this
 * process too, a busy machine delays both, and timers fire in their order.
 *
 * @param milliseconds - the time of the timer
 * @param work - begun at this moment
 * @returns the result of the work
 * @throws Error if the timer fires first
 */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const ended = new AbortController();
  const late = sleep(milliseconds, undefined, { signal: ended.signal }).then(() => {
    throw new Error(`not ended within ${milliseconds} ms`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    ended.abort();
  }
}

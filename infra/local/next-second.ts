// Waiting for tokens that a reset just now does not revoke.
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until a new second has begun: tokens issued from then on are later than every reset so far. Timers may fire a
 * little early, so the clock is asked again.
 */
export async function nextSecond(): Promise<void> {
  const secondOf = (time: number) => Math.floor(time / 1_000);
  const second = secondOf(Date.now());
  while (secondOf(Date.now()) === second) await sleep(1_000 - (Date.now() % 1_000));
}

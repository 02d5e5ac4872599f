// Waits for the next second, because a reset revokes all tokens that are issued in the same second.
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for the next second: no reset so far revokes the tokens that are issued then. Timers can fire slightly early,
 * so the clock is checked again.
 */
export async function nextSecond(): Promise<void> {
  const secondOf = (time: number) => Math.floor(time / 1_000);
  const second = secondOf(Date.now());
  while (secondOf(Date.now()) === second) await sleep(1_000 - (Date.now() % 1_000));
}

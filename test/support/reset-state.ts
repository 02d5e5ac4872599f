// What a reset may leave behind: nothing, or all of it.
import { expect } from 'vitest';
import type { Item } from './service.ts';

/**
 * What became of a user's item: nothing, or everything that a reset does. Anything else fails the test.
 *
 * @param before - the item before the request; it had no reset yet
 * @param now - the item now; a counted attempt is left out of account
 * @param query - the request's, empty for a reset without a PIN
 */
export function stateOf(before: Item, now: Item | undefined, query: string): 'old' | 'new' {
  const { pinGuesses, ...rest } = now ?? {};
  if (rest.lastReset === undefined) {
    expect(rest).toEqual(before);
    return 'old';
  }
  const { passwordHash: _, ...kept } = before;
  expect(rest).toEqual({
    ...kept,
    paymentMethods: query === '' ? { M: {} } : before.paymentMethods,
    passwordResetAt: { S: expect.any(String) },
    tokensValidFrom: { N: expect.any(String) },
    lastReset: { M: expect.objectContaining({ pinVerified: { BOOL: query !== '' } }) },
  });
  if (query !== '') expect(pinGuesses).toBeUndefined();
  return 'new';
}

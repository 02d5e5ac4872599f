// Whether a reset has changed an item entirely or not at all.
import { expect } from 'vitest';
import type { Item } from '../support/service.ts';

/**
 * Whether a user's item is as before (`old`), or has every change of a reset (`new`). Anything else fails the test.
 *
 * @param before - the item before the request, without an earlier reset
 * @param now - the item now; its counted attempts are ignored
 * @param query - the query of the request, empty for a reset without a PIN
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

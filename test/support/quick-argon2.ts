// Argon2 takes 20 ms of a core by design. With hundreds of requests in one process that would cause time-outs, so tests
// of other things replace it with a plain hash.
import type * as Crypto from 'node:crypto';
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { afterAll, beforeAll } from 'vitest';

const { argon2 } = crypto;

/** Has a result that depends on all inputs, as Argon2's does. */
const quickArgon2: typeof argon2 = (_algorithm, parameters, callback) => {
  const { message, nonce, associatedData = '', secret = '', tagLength } = parameters;
  const input = [message, nonce, associatedData, secret].map(String).join('|');
  callback(null, crypto.createHash('sha256').update(input).digest().subarray(0, tagLength));
};

/** Replaces Argon2 while the tests of a file run. */
export function useQuickArgon2(): void {
  const replaceBy = (other: typeof argon2) => () => {
    crypto.argon2 = other;
    syncBuiltinESMExports();
  };
  beforeAll(replaceBy(quickArgon2));
  afterAll(replaceBy(argon2));
}

/** Whether Argon2 is replaced: what one of the two has made, the other does not verify. */
export const isArgon2Quick = () => crypto.argon2 === quickArgon2;

/** Node's crypto with the quick Argon2, for `vi.mock`. */
export function withQuickArgon2(original: typeof Crypto): object {
  return { ...original, default: { ...original, argon2: quickArgon2 }, argon2: quickArgon2 };
}

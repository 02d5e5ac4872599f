// Argon2 takes 20 ms of a core by design. With hundreds of requests in one process that would cause time-outs, so tests
// of other things replace it with a plain hash.
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { afterAll } from 'vitest';

/** Has a result that depends on all inputs, as Argon2's does. */
const quickArgon2: typeof crypto.argon2 = (_algorithm, parameters, callback) => {
  const { message, nonce, associatedData = '', secret = '', tagLength } = parameters;
  const input = [message, nonce, associatedData, secret].map(String).join('|');
  callback(null, crypto.createHash('sha256').update(input).digest().subarray(0, tagLength));
};

/** Replaces functions of `node:crypto` for all who import them, from now until the tests of the file are over. */
export function replaceInCrypto(functions: Partial<Pick<typeof crypto, 'argon2' | 'randomBytes'>>): void {
  const { argon2, randomBytes } = crypto;
  Object.assign(crypto, functions);
  syncBuiltinESMExports();
  afterAll(() => {
    Object.assign(crypto, { argon2, randomBytes });
    syncBuiltinESMExports();
  });
}

/** Replaces Argon2 from now until the tests of the file are over. */
export function useQuickArgon2(): void {
  replaceInCrypto({ argon2: quickArgon2 });
}

/** Whether Argon2 is replaced: what one of the two has made, the other does not verify. */
export const isArgon2Quick = () => crypto.argon2 === quickArgon2;

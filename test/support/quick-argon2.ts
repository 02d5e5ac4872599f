// Argon2 takes 20 ms of a core by design. Where hundreds of requests share one process that is all the time there is, and
// a test of something else sees nothing but time-outs; there a plain hash stands in for it.
import type * as Crypto from 'node:crypto';

/**
 * Node's crypto with a quick `argon2` that still tells apart what it is given. Use it as
 * `vi.mock('node:crypto', async (original) => (await import('./quick-argon2.ts')).withQuickArgon2(await original()))`.
 */
export function withQuickArgon2(crypto: typeof Crypto): object {
  const argon2: typeof crypto.argon2 = (_algorithm, parameters, callback) => {
    const { message, nonce, associatedData = '', secret = '', tagLength } = parameters;
    const input = [message, nonce, associatedData, secret].map(String).join('|');
    callback(null, crypto.createHash('sha256').update(input).digest().subarray(0, tagLength));
  };
  return { ...crypto, default: { ...crypto, argon2 }, argon2 };
}

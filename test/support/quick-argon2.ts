// Argon2 takes 20 ms of a core by design. With hundreds of requests in one process that would cause time-outs, so tests
// of other things replace it with a plain hash.
import type * as Crypto from 'node:crypto';

/**
 * Node's crypto with a fast `argon2` whose result still depends on all its inputs. Use it as
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

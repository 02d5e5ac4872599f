// Argon2id against the RFC's own test vector: the hashes are the same as those of other implementations.
import { expect, it } from 'vitest';
import { deriveTag } from '../../../../lambda/reset/domain/argon2id.ts';

it('computes the tag of RFC 9106 section 5.3, with secret and associated data', async () => {
  const cost = { memory: 32, passes: 3, parallelism: 4, tagLength: 32 };
  const tag = await deriveTag('\x01'.repeat(32), cost, Buffer.alloc(16, 2), {
    secret: Buffer.alloc(8, 3),
    associatedData: Buffer.alloc(12, 4),
  });
  expect(tag.toString('hex')).toBe('0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659');
});

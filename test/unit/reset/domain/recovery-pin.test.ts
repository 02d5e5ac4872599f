// The PIN's grammar, its stored verifier and the digests that count attempts.
import crypto, { argon2Sync, createHmac } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { parsePeppers } from '../../../../lambda/reset/adapters/pepper.ts';
import {
  createPinVerifier,
  digestAttempt,
  isRecoveryPin,
  parseVerifier,
  verifyPin,
} from '../../../../lambda/reset/domain/recovery-pin.ts';
import { anyCharacter } from '../../../support/any-character.ts';

const k1 = 'the first pepper, at least thirty-two characters';
const k2 = 'the second pepper, at least thirty-two characters';
const peppers = parsePeppers(JSON.stringify({ current: 'k1', k1 }));
const rotated = parsePeppers(JSON.stringify({ current: 'k2', k1, k2 }));

describe('the grammar of a PIN', () => {
  it('allows four ASCII digits, leading zeros included', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9999 }), (number) => {
        expect(isRecoveryPin(String(number).padStart(4, '0'))).toBe(true);
      }),
    );
  });

  it('allows nothing else', () => {
    fc.assert(
      fc.property(
        fc
          .oneof(fc.anything(), fc.string({ unit: anyCharacter }), fc.stringMatching(/^[\s\d+-]{0,6}$/))
          .filter((value) => typeof value !== 'string' || !/^[0-9]{4}$/.test(value)),
        (value) => {
          expect(isRecoveryPin(value)).toBe(false);
        },
      ),
    );
  });

  it.each([
    5621,
    ['5621'],
    new String('5621'),
    'x5621',
    '5621x',
    '5621\n',
    '٥٦٢١',
    '５６２１',
    '',
    null,
    undefined,
  ])('does not allow %j', (value) => {
    expect(isRecoveryPin(value)).toBe(false);
  });
});

describe('a PIN verifier', () => {
  it('is a PHC string of Argon2id with the parameters that OWASP recommends and the name of the pepper key', async () => {
    const verifier = await createPinVerifier(peppers, 'alice', '5621');
    expect(verifier).toMatch(
      /^\$argon2id\$v=19\$m=19456,t=2,p=1,keyid=k1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
    );
    expect(await createPinVerifier(peppers, 'alice', '5621')).not.toBe(verifier);
  });

  it('matches only the right PIN of the right user with the right pepper key', async () => {
    const verifier = await createPinVerifier(peppers, 'alice', '5621');
    const otherKey = parsePeppers(JSON.stringify({ current: 'k1', k1: k2 }));
    expect(await verifyPin(peppers, 'alice', '5621', parseVerifier(verifier))).toEqual({
      matches: true,
      outdated: false,
    });
    expect(await verifyPin(peppers, 'alice', '5622', parseVerifier(verifier))).toMatchObject({
      matches: false,
    });
    expect(await verifyPin(peppers, 'bob', '5621', parseVerifier(verifier))).toMatchObject({
      matches: false,
    });
    expect(await verifyPin(otherKey, 'alice', '5621', parseVerifier(verifier))).toMatchObject({
      matches: false,
    });
  });

  it('still matches after a rotation of the pepper, and is then outdated', async () => {
    const verifier = await createPinVerifier(peppers, 'alice', '5621');
    expect(await verifyPin(rotated, 'alice', '5621', parseVerifier(verifier))).toEqual({
      matches: true,
      outdated: true,
    });
    expect(await verifyPin(rotated, 'alice', '1234', parseVerifier(verifier))).toMatchObject({
      matches: false,
    });
  });

  it.each([
    { memory: 8192, passes: 2, parallelism: 1 },
    { memory: 19_456, passes: 1, parallelism: 1 },
    { memory: 19_456, passes: 2, parallelism: 2 },
  ])('is outdated if it was made with other parameters: %j', async (cost) => {
    expect(await verifyPin(peppers, 'alice', '5621', parseVerifier(otherVerifier(cost)))).toEqual({
      matches: true,
      outdated: true,
    });
  });

  it('is not outdated by another length of its salt and tag', async () => {
    const cost = { memory: 19_456, passes: 2, parallelism: 1 };
    const verifier = otherVerifier(cost, 'saltsalt', 16);
    expect(await verifyPin(peppers, 'alice', '5621', parseVerifier(verifier))).toEqual({
      matches: true,
      outdated: false,
    });
  });

  it.each([
    '',
    '$2b$10$abcdefghijklmnopqrstuv',
    '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$argon2id$v=19$m=9999999,t=2,p=1,keyid=k1$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  ])('of another format is a fault, not a mismatch: "%s"', async (verifier) => {
    expect(() => parseVerifier(verifier)).toThrow(/PHC string/);
  });

  it("is compared in constant time, by Node's timingSafeEqual and nothing else", async () => {
    const verifier = await createPinVerifier(peppers, 'alice', '5621');
    const compare = vi.spyOn(crypto, 'timingSafeEqual');
    onTestFinished(() => {
      compare.mockRestore();
      syncBuiltinESMExports();
    });
    syncBuiltinESMExports();
    await verifyPin(peppers, 'alice', '5622', parseVerifier(verifier));
    const storedTag = Buffer.from(verifier.split('$').at(-1) ?? '', 'base64');
    expect(compare.mock.calls).toEqual([[expect.any(Buffer), storedTag]]);
    // Its result alone decides.
    compare.mockReturnValueOnce(false);
    expect(await verifyPin(peppers, 'alice', '5621', parseVerifier(verifier))).toMatchObject({
      matches: false,
    });
  });

  it.each([
    { memory: 65_536, passes: 10, parallelism: 4 },
    { memory: 65_536, passes: 10, parallelism: 1 },
    { memory: 32, passes: 1, parallelism: 4 },
    { memory: 8, passes: 1, parallelism: 1 },
  ])('may have parameters up to their bounds: %j', ({ memory, passes, parallelism }) => {
    const cost = `m=${memory},t=${passes},p=${parallelism}`;
    const verifier = `$argon2id$v=19$${cost},keyid=k1$c2FsdHNhbHRzYWx0c2FsdA$${'A'.repeat(43)}`;
    expect(parseVerifier(verifier).keyId).toBe('k1');
  });

  it.each([
    'm=65537,t=2,p=1',
    'm=99999,t=2,p=1',
    'm=999999,t=99,p=9',
    'm=19456,t=11,p=1',
    'm=19456,t=99,p=1',
    'm=19456,t=0,p=1',
    'm=19456,t=2,p=5',
    'm=19456,t=2,p=0',
    'm=31,t=1,p=4',
    'm=7,t=1,p=1',
    'm=019456,t=2,p=1',
  ])('with parameters outside the bounds is a fault before anything is computed: %s', (cost) => {
    const verifier = `$argon2id$v=19$${cost},keyid=k1$c2FsdHNhbHRzYWx0c2FsdA$${'A'.repeat(43)}`;
    // This one computes nothing at all.
    expect(() => parseVerifier(verifier).keyId).toThrow(/PIN verifier/);
  });

  it('of an unknown pepper key is a fault, not a mismatch', async () => {
    const verifier = await createPinVerifier(rotated, 'alice', '5621');
    await expect(verifyPin(peppers, 'alice', '5621', parseVerifier(verifier))).rejects.toThrow(/pepper/);
  });
});

/** A verifier of PIN 5621 of alice, as an earlier or a later version might have stored it. */
function otherVerifier(
  cost: { memory: number; passes: number; parallelism: number },
  salt = 'saltsaltsaltsalt',
  tagLength = 32,
): string {
  const nonce = Buffer.from(salt);
  const tag = argon2Sync('argon2id', {
    message: Buffer.from('5621'),
    nonce,
    ...cost,
    tagLength,
    secret: Buffer.from(k1),
    associatedData: Buffer.from('alice'),
  });
  const b64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism},keyid=k1$${b64(nonce)}$${b64(tag)}`;
}

it('digests an attempt in the documented way, for other implementations', () => {
  const expected = createHmac('sha256', k1).update('recovery-pin-guess\0alice\x005621').digest('base64url');
  expect(digestAttempt(peppers, 'alice', '5621')).toBe(expected);
});

it('digests an attempt by user, PIN and pepper key', () => {
  const digest = digestAttempt(peppers, 'alice', '5621');
  expect(digest).toMatch(/^[\w-]{43}$/);
  expect(digestAttempt(peppers, 'alice', '5621')).toBe(digest);
  expect(digestAttempt(peppers, 'alice', '5622')).not.toBe(digest);
  expect(digestAttempt(peppers, 'bob', '5621')).not.toBe(digest);
  expect(digestAttempt(rotated, 'alice', '5621')).not.toBe(digest);
});

describe('the format of a PIN verifier', () => {
  const b64 = (length: number) => 'A'.repeat(length);
  const make = ({
    start = '$argon2id$v=19$',
    cost = 'm=19456,t=2,p=1',
    keyId = 'k1',
    salt = b64(22),
    tag = b64(43),
    end = '',
  }) => `${start}${cost},keyid=${keyId}$${salt}$${tag}${end}`;

  it.each<Parameters<typeof make>[0]>([
    {},
    { cost: 'm=8,t=1,p=1' },
    { cost: 'm=65536,t=10,p=4' },
    { keyId: 'k' },
    { keyId: 'K2345678901' },
    { salt: b64(11), tag: b64(22) },
    { salt: `${b64(84)}+/`, tag: `${b64(84)}z9` },
  ])('allows %j', (parts) => {
    expect(parseVerifier(make(parts)).keyId).toBe(parts.keyId ?? 'k1');
  });

  it.each<Parameters<typeof make>[0]>([
    { start: 'x$argon2id$v=19$' },
    { start: '$argon2i$v=19$' },
    { start: '$argon2id$v=16$' },
    { cost: 'm=100000,t=2,p=1' },
    { cost: 'm=abcd,t=2,p=1' },
    { cost: 'm=19456,t=,p=1' },
    { cost: 'm=19456,t=100,p=1' },
    { cost: 'm=19456,t=x,p=1' },
    { cost: 'm=19456,t=2,p=10' },
    { cost: 'm=19456,t=2,p=' },
    { cost: 'm=19456,t=2,p=x' },
    { keyId: '' },
    { keyId: 'k23456789012' },
    { keyId: 'k-1' },
    { salt: b64(10) },
    { salt: b64(87) },
    { salt: `${b64(21)}-` },
    { tag: b64(21) },
    { tag: b64(87) },
    { tag: `${b64(42)}_` },
    { end: '=' },
    { end: '\n' },
  ])('does not allow %j', (parts) => {
    expect(() => parseVerifier(make(parts)).keyId).toThrow('is not a PHC string of Argon2id with a keyid');
  });
});

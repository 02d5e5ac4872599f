// Which new passwords are refused and with which code, and what is stored of accepted ones.
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isCommonPassword } from '../../../../lambda/reset/domain/common-passwords.ts';
import { createPasswordHash, prepareNewPassword } from '../../../../lambda/reset/domain/new-password.ts';

const password = 'five hushed otters paddle upstream';
const keysOf = (token: string) => (purpose: string) => createHmac('sha256', token).update(purpose).digest();
const prepare = (candidate: string, { userId = 'alice', token = 'token', minLength = 15 } = {}) =>
  prepareNewPassword(candidate, userId, minLength, keysOf(token));

it('stores the same hash and digest for the same password and token only', async () => {
  const [first, again, otherPassword, otherToken] = await Promise.all([
    prepare(password),
    prepare(password),
    prepare(`${password}!`),
    prepare(password, { token: 'another token' }),
  ]);
  expect(again).toEqual(first);
  for (const other of [otherPassword, otherToken]) {
    expect(other?.hash).not.toBe(first?.hash);
    expect(other?.digest).not.toBe(first?.digest);
  }
});

it('stores the same as earlier versions, so that a retry can reach a newer version', async () => {
  expect(await prepare(password)).toEqual({
    hash: '$argon2id$v=19$m=19456,t=2,p=1$OIz/gA4rHee3jUtTfay6jg$cGEkyWhf4v5ALWok/aUB9repgdnAhXjhtxZeKYT0BJI',
    digest: '70mNtkDvv4VEChGXhGbaLCkpDjzGKQcdpmNH3kqZIMg',
  });
});

it('derives the salt from the token, independently of the password and the digest', async () => {
  const { hash, digest } = await prepare(password);
  const salt = hash.split('$')[4] ?? '';
  expect(Buffer.from(salt, 'base64')).toHaveLength(16);
  expect((await prepare(`${password}!`)).hash.split('$')[4]).toBe(salt);
  expect((await prepare(password, { token: 'another token' })).hash.split('$')[4]).not.toBe(salt);
  expect(Buffer.from(digest, 'base64url')).toHaveLength(32);
});

it('hashes with a random salt if no key is given', async () => {
  const [one, two] = await Promise.all([createPasswordHash(password), createPasswordHash(password)]);
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  expect(one).not.toBe(two);
});

describe('a new password is refused:', () => {
  it.each([
    ['one character too few', 'fourteen chars', 15, 'password-too-short', { minLength: 15 }],
    ['an empty one', '', 8, 'password-too-short', { minLength: 8 }],
    // Counted as the user sees them: 14 characters, though 28 code points before normalisation, or 28 code units.
    ['14 letters of two code points', 'e\u0301'.repeat(14), 15, 'password-too-short', { minLength: 15 }],
    ['14 characters of two code units', '\u{1f9a6}'.repeat(14), 15, 'password-too-short', { minLength: 15 }],
    ['one character too many', 'x'.repeat(129), 15, 'password-too-long', { maxLength: 128 }],
    ['a common one', 'passwordpassword', 15, 'password-compromised', undefined],
  ])('%s, with its code and limit', async (_name, candidate, minLength, code, data) => {
    await expect(prepare(candidate, { minLength })).rejects.toMatchObject({ code, data: data ?? {} });
  });

  it.each([
    ['one with the user id in another case', 'A song for Alice', 'alice'],
    ['one with a user id that is in capitals', 'a song for alice', 'ALICE'],
    ['one with the user id in decomposed characters', 'Zwo\u0308lfhundert Bo\u0308cke', 'zw\u00f6lf'],
    ['one with a user id that is itself in decomposed characters', 'Zw\u00f6lfhundert Boecke', 'zwo\u0308lf'],
    ['one with a user id of three characters', 'bobsleigh on ice', 'bob'],
  ])('%s', async (_name, candidate, userId) => {
    await expect(prepare(candidate, { userId })).rejects.toThrow('password-compromised');
  });
});

describe('a new password is accepted:', () => {
  it.each([
    ['of 15 characters', 'fifteen charact'],
    ['of 128 characters of four bytes', '\u{1f9a6}\u{1f422}'.repeat(64)],
  ])('one %s', async (_name, candidate) => {
    await expect(prepare(candidate)).resolves.toHaveProperty('hash');
  });

  it('one that contains a user id of two characters', async () => {
    await expect(prepare(password, { userId: 'fi' })).resolves.toHaveProperty('hash');
  });

  it('one of eight characters if the minimum is eight', async () => {
    await expect(prepare('hushed-8', { minLength: 8 })).resolves.toHaveProperty('hash');
  });
});

describe('a password is', () => {
  it.each([
    ['listed', 'passwordpassword'],
    ['listed, in capitals', 'PASSWORDPASSWORD'],
    ['listed and repeated', 'trustno1trustno1'],
    ['listed, repeated and in mixed case', 'TrustNo1trustno1'],
    ['a listed one three times', 'dragondragondragon'],
    ['a listed one four times', 'dragondragondragondragon'],
  ])('common if it is %s', (_name, candidate) => {
    expect(isCommonPassword(candidate)).toBe(true);
  });

  it.each([
    ['if a listed one is only a part of it', 'my dragon eats passwords'],
    ['if another character follows the repetitions', 'dragondragondragonx'],
    ['if another character precedes the repetitions', 'xdragondragondragon'],
    ['if the last letter of a listed one is repeated', 'passwordddddddd'],
    ['if the first letter of a listed one is repeated', 'ppppppppassword'],
    ['if it is one repeated letter, which is not listed', 'z'.repeat(15)],
  ])('not common %s', (_name, candidate) => {
    expect(isCommonPassword(candidate)).toBe(false);
  });
});

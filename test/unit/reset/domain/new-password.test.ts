// Which passwords are refused and with what, and what is stored of those that are not.
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isCommonPassword } from '../../../../lambda/reset/domain/common-passwords.ts';
import { createPasswordHash, prepareNewPassword } from '../../../../lambda/reset/domain/new-password.ts';
import { parseNewPassword } from '../../../../lambda/reset/http/middleware/parse-new-password.ts';

const password = 'five hushed otters paddle upstream';
const keysOf = (token: string) => (purpose: string) => createHmac('sha256', token).update(purpose).digest();
const prepare = (candidate: string, { userId = 'alice', token = 'token', minLength = 15 } = {}) =>
  prepareNewPassword(candidate, userId, minLength, keysOf(token));

it('makes the same of the same password under the same token, and of nothing else', async () => {
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

it('makes the same as ever, so that a request sent again may meet a newer version', async () => {
  expect(await prepare(password)).toEqual({
    hash: '$argon2id$v=19$m=19456,t=2,p=1$OIz/gA4rHee3jUtTfay6jg$cGEkyWhf4v5ALWok/aUB9repgdnAhXjhtxZeKYT0BJI',
    digest: '70mNtkDvv4VEChGXhGbaLCkpDjzGKQcdpmNH3kqZIMg',
  });
});

it('takes the salt from the token, and shares none of it with the digest', async () => {
  const { hash, digest } = await prepare(password);
  const salt = hash.split('$')[4] ?? '';
  expect(Buffer.from(salt, 'base64')).toHaveLength(16);
  expect((await prepare(`${password}!`)).hash.split('$')[4]).toBe(salt);
  expect((await prepare(password, { token: 'another token' })).hash.split('$')[4]).not.toBe(salt);
  expect(Buffer.from(digest, 'base64url')).toHaveLength(32);
});

it('gives a hash of its own salt to whoever brings none', async () => {
  const [one, two] = await Promise.all([createPasswordHash(password), createPasswordHash(password)]);
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  expect(one).not.toBe(two);
});

describe('refuses', () => {
  it.each([
    ['one character too few', 'fourteen chars', 15, 'password-too-short', { minLength: 15 }],
    ['no character', '', 8, 'password-too-short', { minLength: 8 }],
    // Counted as the user sees them: 14 characters, though 28 code points before normalisation, or 28 code units.
    ['letters of two code points', 'e\u0301'.repeat(14), 15, 'password-too-short', { minLength: 15 }],
    ['characters of two code units', '\u{1f9a6}'.repeat(14), 15, 'password-too-short', { minLength: 15 }],
    ['one character too many', 'x'.repeat(129), 15, 'password-too-long', { maxLength: 128 }],
    ['a listed one', 'passwordpassword', 15, 'password-compromised', undefined],
  ])('%s, and says why', async (_name, candidate, minLength, code, data) => {
    await expect(prepare(candidate, { minLength })).rejects.toMatchObject({ code, data: data ?? {} });
  });

  it.each([
    ['the user id in another case', 'A song for Alice', 'alice'],
    ['a user id in another case', 'a song for alice', 'ALICE'],
    ['a user id of other characters, composed another way', 'Zwo\u0308lfhundert Bo\u0308cke', 'zw\u00f6lf'],
    ['a user id composed another way itself', 'Zw\u00f6lfhundert Boecke', 'zwo\u0308lf'],
    ['a user id of three characters', 'bobsleigh on ice', 'bob'],
  ])('%s', async (_name, candidate, userId) => {
    await expect(prepare(candidate, { userId })).rejects.toThrow('password-compromised');
  });
});

describe('accepts', () => {
  it.each([
    ['as short as may be', 'fifteen charact'],
    ['as long as may be, in characters of four bytes', '\u{1f9a6}\u{1f422}'.repeat(64)],
  ])('a password %s', async (_name, candidate) => {
    await expect(prepare(candidate)).resolves.toHaveProperty('hash');
  });

  it('a user id of one or two characters as part of a password', async () => {
    await expect(prepare(password, { userId: 'fi' })).resolves.toHaveProperty('hash');
  });

  it('a password of eight characters where the stage says so', async () => {
    await expect(prepare('hushed-8', { minLength: 8 })).resolves.toHaveProperty('hash');
  });
});

describe('a password is common', () => {
  it.each([
    ['listed', 'passwordpassword'],
    ['listed, in capitals', 'PASSWORDPASSWORD'],
    ['listed and repeated', 'trustno1trustno1'],
    ['listed, repeated, in capitals', 'TrustNo1trustno1'],
    ['listed once it is not repeated', 'dragondragondragon'],
    ['listed and repeated so that its double is repeated too', 'dragondragondragondragon'],
  ])('if it is %s', (_name, candidate) => {
    expect(isCommonPassword(candidate)).toBe(true);
  });

  it.each([
    ['if a listed one is but a part of it', 'my dragon eats passwords'],
    ['if it goes on behind the repetition', 'dragondragondragonx'],
    ['if it begins before the repetition', 'xdragondragondragon'],
    ['if the last letter of a listed one is repeated', 'passwordddddddd'],
    ['if the first letter of a listed one is repeated', 'ppppppppassword'],
    ['if it is one letter again and again, which is in no list', 'z'.repeat(15)],
  ])('not %s', (_name, candidate) => {
    expect(isCommonPassword(candidate)).toBe(false);
  });
});

describe('the middleware', () => {
  async function newPasswordOf(content: object): Promise<unknown> {
    const event = { content, accessToken: { userId: 'alice' }, deriveKey: keysOf('token') };
    await parseNewPassword(15).before?.({ event } as never);
    return (event as { newPassword?: unknown }).newPassword;
  }

  it('hands on what is stored of the password', async () => {
    expect(await newPasswordOf({ password })).toEqual(await prepare(password));
  });

  it('judges it by the length that it was made with, and by the user', async () => {
    await expect(newPasswordOf({ password: 'fourteen chars' })).rejects.toThrow('password-too-short');
    await expect(newPasswordOf({ password: 'the password of Alice' })).rejects.toThrow(
      'password-compromised',
    );
  });

  it('hands on nothing where there is none', async () => {
    expect(await newPasswordOf({ pin: '5621' })).toBeUndefined();
  });
});

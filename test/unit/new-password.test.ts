import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { createPasswordHash, prepareNewPassword } from '../../lambda/new-password.ts';

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

it.each([
  ['the user id in another case', 'A song for Alice', 'alice'],
  ['a user id of other characters, composed another way', 'Zwo\u0308lfhundert Bo\u0308cke', 'zw\u00f6lf'],
  ['a user id of three characters', 'bobsleigh on ice', 'bob'],
])('refuses %s', async (_name, candidate, userId) => {
  await expect(prepare(candidate, { userId })).rejects.toThrow('password-compromised');
});

it('lets a user id of one or two characters be part of a password', async () => {
  await expect(prepare(password, { userId: 'fi' })).resolves.toHaveProperty('hash');
});

it.each([
  ['listed', 'passwordpassword'],
  ['listed, in capitals', 'PASSWORDPASSWORD'],
  ['listed once it is not repeated', 'dragondragondragon'],
])('refuses a password that is %s', async (_name, candidate) => {
  await expect(prepare(candidate)).rejects.toThrow('password-compromised');
});

it.each([
  ['has a listed one in it, as a whole it is not', 'my dragon eats passwords'],
  ['is one letter again and again, which is in no list', 'z'.repeat(15)],
])('accepts a password that %s', async (_name, candidate) => {
  await expect(prepare(candidate)).resolves.toHaveProperty('hash');
});

// The contract over SAM's API: the bundled function in a container, with a table in another one.
import { beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { resetPath, toAnswer } from '../support/http-client.ts';
import { openUsers, type SamUsers } from './users.ts';

let users: SamUsers;
beforeAll(async () => {
  users = await openUsers();
});
beforeEach(() => users.put());

interface Request {
  readonly token?: string;
  readonly query?: string;
  readonly body?: string;
  readonly contentType?: string;
}

/** Sends a request; expects what holds for every answer of the function. */
async function reset({ token, query = '', body, contentType = 'application/json' }: Request) {
  const response = await fetch(`${inject('sam').url}${resetPath}${query}`, {
    method: 'PUT',
    headers: {
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'Content-Type': contentType }),
    },
    ...(body !== undefined && { body }),
  });
  const answer = toAnswer(response.status, Object.fromEntries(response.headers), await response.text());
  expect(answer.headers).toMatchObject({ 'request-id': expect.stringMatching(/^[0-9a-v]{20}$/) });
  expect(answer.headers['cache-control']).toBe('no-store');
  if (answer.status === 204) return answer;
  expect(answer.headers['content-type']).toBe('application/vnd.api+json');
  expect(answer.error).toMatchObject({ id: answer.headers['request-id'], status: String(answer.status) });
  return answer;
}

const paymentMethodsOfAlice = ['visa', 'sepa'];

it('the right PIN removes the password and keeps the payment methods; the same request again changes nothing', async () => {
  const token = await users.sign('alice');
  expect((await reset({ token, query: '?pin=5621' })).code).toBe('204');
  const after = await users.read('alice');
  expect(after).toMatchObject({ passwordSet: false, paymentMethods: paymentMethodsOfAlice });
  expect((await reset({ token, query: '?pin=5621' })).code).toBe('204');
  expect(await users.read('alice')).toEqual(after);
  expect((await reset({ token })).code).toBe('token-revoked');
});

it('no PIN removes the password and clears the payment methods', async () => {
  expect((await reset({ token: await users.sign('alice') })).code).toBe('204');
  expect(await users.read('alice')).toMatchObject({ passwordSet: false, paymentMethods: [] });
});

it('PIN and new password may come in the body', async () => {
  const body = JSON.stringify({ pin: '5621', password: 'seven wet otters on a raft' });
  expect((await reset({ token: await users.sign('alice'), body })).code).toBe('204');
  expect(await users.read('alice')).toMatchObject({
    passwordSet: true,
    paymentMethods: paymentMethodsOfAlice,
    lastReset: { pinVerified: true },
  });
});

it('three different wrong PINs lock the PIN', async () => {
  const token = await users.sign('alice');
  const codes = [];
  for (const pin of ['1357', '1357', '2468', '3691', '5621'])
    codes.push((await reset({ token, query: `?pin=${pin}` })).code);
  const mismatch = 'recovery-pin-mismatch';
  expect(codes).toEqual([mismatch, mismatch, mismatch, mismatch, 'recovery-pin-locked']);
  expect(await users.read('alice')).toMatchObject({ passwordSet: true, pinGuesses: 3 });
});

it.each<[number, string, string | undefined, Request]>([
  [401, 'token-missing', undefined, {}],
  [401, 'token-invalid', undefined, { token: 'not.a.token' }],
  [403, 'user-disabled', 'carol', {}],
  [403, 'recovery-pin-malformed', 'alice', { query: '?pin=' }],
  [403, 'recovery-pin-malformed', 'alice', { query: '?PIN=5621' }],
  [404, 'user-not-found', 'nobody', {}],
  [404, 'recovery-pin-not-set', 'bob', { query: '?pin=5621' }],
  [400, 'body-malformed', 'alice', { body: '{"passwd":"x"}' }],
  [413, 'body-too-large', 'alice', { body: ' '.repeat(4097) }],
  [415, 'media-type-unsupported', 'alice', { body: 'pin=5621', contentType: 'text/plain' }],
  [422, 'password-too-short', 'alice', { body: '{"password":"too short"}' }],
  [422, 'password-compromised', 'alice', { body: '{"password":"passwordpassword"}' }],
])('%i %s, and nothing is changed', async (status, code, user, request) => {
  const before = await users.read('alice');
  const token = user && (await users.sign(user));
  const answer = await reset({ ...(token !== undefined && { token }), ...request });
  expect([answer.status, answer.code]).toEqual([status, code]);
  expect(await users.read('alice')).toEqual(before);
});

it('SAM answers other paths itself', async () => {
  const response = await fetch(`${inject('sam').url}/user/2021-2/user/password`, { method: 'PUT' });
  expect([response.status, await response.json()]).toEqual([
    403,
    { message: 'Missing Authentication Token' },
  ]);
});

// openapi.yaml against the service: every documented answer is received over HTTP, and other answers violate it.
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../lambda/reset/domain/errors.ts';
import { catalogue } from '../../lambda/reset/http/error-catalogue.ts';
import { type HttpAnswer, resetPath } from '../support/http-client.ts';
import { jsonApiViolationsOf } from '../support/json-api-schema.ts';
import { type Answer, documentedOperations, exampleOf, violationsOf } from '../support/openapi.ts';
import { startService, type TestService } from '../support/service.ts';

const now = Math.floor(Date.now() / 1000);
const scope = 'reset';

let service: TestService;
let strict: TestService;
beforeAll(async () => {
  const users = [
    { userId: 'alice', pin: '5621', linkedIdentities: ['bank'] },
    { userId: 'nopin', linkedIdentities: ['bank'] },
    { userId: 'disabled', status: 'disabled' },
    { userId: 'revoked', tokensValidFrom: now + 600 },
  ] as const;
  service = await startService();
  strict = await startService({
    TOKEN_SCOPE: scope,
    TOKEN_MAX_AGE: '300',
    REQUIRED_LINKED_IDENTITY: 'bank',
    DOCUMENTATION_URL: 'https://docs.example.com/errors',
    DEPRECATION: '2026-06-01 2027-06-01 https://docs.example.com/migrate',
  });
  await service.put(...users);
  await strict.put(...users);
});
afterAll(async () => {
  await service.close();
  await strict.close();
});

async function resetWith(body: string, contentType = 'application/json'): Promise<HttpAnswer> {
  return service.reset(await service.token('alice'), '', { body, headers: { 'Content-Type': contentType } });
}

/** A request that provokes each error. */
const provocations: Readonly<Record<ErrorCode, () => Promise<HttpAnswer>>> = {
  'not-found': () => service.send({ path: '/' }),
  'token-missing': () => service.reset(undefined),
  'token-invalid': () => service.reset('not.a.jwt'),
  'token-expired': async () =>
    service.reset(await service.token('alice', { iat: now - 900, exp: now - 300 })),
  'token-revoked': async () => service.reset(await service.token('revoked')),
  'authentication-too-old': async () =>
    strict.reset(await strict.token('alice', { scope, auth_time: now - 900 })),
  'missing-linked-identity': async () => strict.reset(await strict.token('disabled', { scope })),
  'insufficient-scope': async () => strict.reset(await strict.token('alice')),
  'user-disabled': async () => service.reset(await service.token('disabled')),
  'user-not-found': async () => service.reset(await service.token('nobody')),
  'recovery-pin-malformed': async () => service.reset(await service.token('alice'), '?pin='),
  'recovery-pin-mismatch': async () => service.reset(await service.token('alice'), '?pin=9073'),
  'recovery-pin-locked': async () => {
    await service.put({ userId: 'locked', pin: '5621' });
    const token = await service.token('locked');
    for (const pin of ['1357', '2468', '3691']) await service.reset(token, `?pin=${pin}`);
    return service.reset(token, '?pin=5621');
  },
  'recovery-pin-not-set': async () => service.reset(await service.token('nopin'), '?pin=5621'),
  'body-malformed': () => resetWith('{"passwd":"x"}'),
  'body-too-large': () => resetWith(' '.repeat(4097)),
  'media-type-unsupported': () => resetWith('pin=5621', 'application/x-www-form-urlencoded'),
  'password-too-short': () => resetWith('{"password":"too short"}'),
  'password-too-long': () => resetWith(JSON.stringify({ password: 'long '.repeat(26) })),
  'password-compromised': () => resetWith('{"password":"passwordpassword"}'),
  'internal-error': async () => {
    const token = await service.token('alice');
    service.proxy.intercept = async ({ response }) => {
      response.destroy();
      return true;
    };
    return service.reset(token).finally(() => {
      service.proxy.intercept = undefined;
    });
  },
};

describe('a documented answer is received from the service:', () => {
  it.each(documentedOperations)('204 to $method $path', async ({ method, path }) => {
    await service.put({ userId: 'once' });
    const headers = { Authorization: `Bearer ${await service.token('once')}` };
    expect((await service.send({ method, path: `/user/2021-2${path}`, headers })).status).toBe(204);
  });

  it.each(Object.keys(catalogue) as ErrorCode[])('%s', async (code) => {
    const { id: _id, ...example } = exampleOf(code);
    expect(provocations, `add a request that provokes ${code} to "provocations"`).toHaveProperty(code);
    const answer = await provocations[code]();
    expect(answer.error, `lambda/reset/openapi.yaml shows another example for ${code}`).toMatchObject(
      example,
    );
    expect(answer.status).toBe(Number(example.status));
  });
});

const headers = { 'request-id': 'cbgmhslmp1o9or9kh1p0', 'cache-control': 'no-store' };
const good = {
  status: 404,
  headers: { ...headers, 'content-type': 'application/vnd.api+json' },
  body: JSON.stringify({ errors: [exampleOf('not-found')] }),
};

it('a stage that names its documentation and its end says so in every answer', async () => {
  const { error, headers } = await strict.reset(undefined);
  expect(error?.links).toEqual({ about: 'https://docs.example.com/errors#token-missing' });
  expect(headers).toMatchObject({
    deprecation: '@1780272000',
    sunset: 'Tue, 01 Jun 2027 00:00:00 GMT',
    link: expect.stringMatching(/^<https:\/\/docs.example.com\/migrate>; rel="deprecation"/),
  });
});

describe('openapi.yaml', () => {
  const withoutChallenge = {
    ...good,
    status: 401,
    body: JSON.stringify({ errors: [exampleOf('token-missing')] }),
  };
  const violationsOfPut = (answer: Answer) => violationsOf(answer, 'PUT', resetPath);
  const changed = (change: Record<string, unknown>) =>
    JSON.stringify({ errors: [{ ...exampleOf('not-found'), ...change }] });

  it('allows the good answer that the cases below change', () => {
    expect(violationsOfPut(good)).toEqual([]);
  });

  it.each([
    ['another status', { ...good, status: 500 }],
    ['a code of another status', { ...good, body: changed({ code: 'user-disabled' }) }],
    ['a status that is a number', { ...good, body: changed({ status: 404 }) }],
    ['an id that is not an xid', { ...good, body: changed({ id: 'CBGMHSLMP1O9OR9KH1P0' }) }],
    ['an unknown member', { ...good, body: changed({ stack: 'Error' }) }],
    ['two errors', { ...good, body: JSON.stringify({ errors: [{}, {}] }) }],
    ['another media type', { ...good, headers: { ...good.headers, 'content-type': 'application/json' } }],
    ['an unknown header', { ...good, headers: { ...good.headers, server: 'x' } }],
    ['an answer that may be cached', { ...good, headers: { ...good.headers, 'cache-control': 'private' } }],
    ['an answer without an id', { ...good, headers: { 'content-type': 'application/vnd.api+json' } }],
    ['a 204 with a body', { ...good, status: 204 }],
    ['a 401 without a challenge', withoutChallenge],
  ])('does not allow %s', (_name, answer) => {
    expect(violationsOfPut(answer)).not.toEqual([]);
  });
});

describe('an operation that openapi.yaml lacks', () => {
  it.each([
    ['DELETE', resetPath],
    ['PUT', '/user/2021-2/user/pin'],
  ])('answers not-found and nothing else: %s %s', (method, path) => {
    expect(violationsOf(good, method, path)).toEqual([]);
    expect(violationsOf({ status: 204, headers, body: '' }, method, path)).not.toEqual([]);
  });
});

it.each([
  {},
  { errors: {} },
  { errors: [{ status: 404 }] },
  { errors: [{ id: 1 }] },
  { errors: [{ code: 'x', reason: 'y' }] },
  { errors: [], data: null },
])('the schema of JSON:API, against which every answer is held too, refuses %j', (document) => {
  expect(jsonApiViolationsOf(document)).not.toEqual([]);
});

it('no file of lambda/ loads openapi.yaml, so that no bundle contains it', () => {
  const folder = new URL('../../lambda/', import.meta.url);
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  expect(sources.length).toBeGreaterThan(10);
  for (const name of sources) expect(readFileSync(new URL(name, folder), 'utf8')).not.toMatch(/openapi/i);
});

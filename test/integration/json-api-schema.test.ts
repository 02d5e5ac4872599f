// Every error document, as the service answers it, against a third party's JSON Schema of JSON:API.
import { Ajv } from 'ajv';
import draft6 from 'ajv/dist/refs/json-schema-draft-06.json' with { type: 'json' };
import schema from 'jsonapi-validator/lib/schema.json' with { type: 'json' };
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ErrorCode } from '../../lambda/reset/domain/errors.ts';
import { catalogue } from '../../lambda/reset/http/error-catalogue.ts';
import type { HttpRequest } from '../support/http-client.ts';
import { startService, type TestService } from '../support/service.ts';

// The schema uses formats for URLs only, which our documents do not have.
const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true })
  .addMetaSchema(draft6)
  .compile(schema);

let service: TestService;
beforeAll(async () => {
  service = await startService({
    TOKEN_SCOPE: 'reset',
    TOKEN_MAX_AGE: '300',
    REQUIRED_LINKED_IDENTITY: 'bank',
  });
  await service.put(
    { userId: 'alice', pin: '5621', linkedIdentities: ['bank'] },
    { userId: 'locked', pin: '5621', linkedIdentities: ['bank'] },
    { userId: 'pinless', linkedIdentities: ['bank'] },
    { userId: 'unlinked' },
    { userId: 'disabled', status: 'disabled', linkedIdentities: ['bank'] },
    { userId: 'revoked', tokensValidFrom: now + 60, linkedIdentities: ['bank'] },
  );
  const token = await service.token('locked', { scope: 'reset' });
  for (const pin of ['1000', '1001', '1002']) await service.reset(token, `?pin=${pin}`);
});
afterAll(() => service.close());

const now = Math.floor(Date.now() / 1000);

/** The request that causes each error: the claims of its token, if any, and the rest. */
const causes: Record<ErrorCode, [object | undefined, (Partial<HttpRequest> & { query?: string })?]> = {
  'not-found': [{}, { method: 'POST' }],
  'token-missing': [undefined],
  'token-invalid': [{ aud: 'other' }],
  'token-expired': [{ iat: now - 60, exp: now - 1 }],
  'token-revoked': [{ sub: 'revoked' }],
  'authentication-too-old': [{ auth_time: now - 400 }],
  'missing-linked-identity': [{ sub: 'unlinked' }],
  'insufficient-scope': [{ scope: 'other' }],
  'body-too-large': [{}, body(' '.repeat(5_000))],
  'media-type-unsupported': [{}, { body: 'x' }],
  'body-malformed': [{}, body('{"a/b~c":1}')],
  'password-too-short': [{}, body('{"password":"short"}')],
  'password-too-long': [{}, body(`{"password":"${'long '.repeat(40)}"}`)],
  'password-compromised': [{}, body('{"password":"passwordpassword"}')],
  'user-disabled': [{ sub: 'disabled' }],
  'recovery-pin-malformed': [{}, { query: '?lang=de?pin=5621' }],
  'recovery-pin-mismatch': [{}, { query: '?pin=9073' }],
  'recovery-pin-locked': [{ sub: 'locked' }, { query: '?pin=5621' }],
  'user-not-found': [{ sub: 'nobody' }],
  'recovery-pin-not-set': [{ sub: 'pinless' }, { query: '?pin=5621' }],
  'internal-error': [{}],
};

function body(content: string): Partial<HttpRequest> {
  return { body: content, headers: { 'Content-Type': 'application/json' } };
}

it.each(Object.keys(catalogue) as ErrorCode[])('the error of %s matches the schema', async (code) => {
  expect(causes, `add a request that provokes ${code} to "causes"`).toHaveProperty(code);
  const [claims, { query = '', ...request } = {}] = causes[code];
  const token = claims && (await service.token('alice', { scope: 'reset', ...claims }));
  if (code === 'internal-error') {
    service.proxy.intercept = async ({ response }) => {
      response.socket?.destroy();
      return true;
    };
  }
  const answer = await service.reset(token, query, request);
  service.proxy.intercept = undefined;
  expect(answer.code).toBe(code);
  expect([validate(JSON.parse(answer.body)), validate.errors]).toEqual([true, null]);
});

it.each([
  {},
  { errors: {} },
  { errors: [{ status: 404 }] },
  { errors: [{ id: 1 }] },
  { errors: [{ code: 'x', reason: 'y' }] },
  { errors: [], data: null },
])('the schema does refuse a malformed document: %j', (document) => {
  expect(validate(document)).toBe(false);
});

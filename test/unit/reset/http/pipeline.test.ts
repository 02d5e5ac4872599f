// The pipeline with stores that a test sets up: how a request is answered, logged and counted, and in which order it is
// checked.
import { execFile } from 'node:child_process';
import crypto, { createHmac } from 'node:crypto';
import { METHODS } from 'node:http';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { parsePeppers } from '../../../../lambda/reset/adapters/pepper.ts';
import {
  type ErrorCode,
  ServiceError,
  type ServiceErrorOptions,
} from '../../../../lambda/reset/domain/errors.ts';
import { prepareNewPassword } from '../../../../lambda/reset/domain/new-password.ts';
import { createPinVerifier } from '../../../../lambda/reset/domain/recovery-pin.ts';
import type { ResetRequest, ResetTime, UserStore } from '../../../../lambda/reset/domain/reset-password.ts';
import { catalogue } from '../../../../lambda/reset/http/error-catalogue.ts';
import { errorDocument } from '../../../../lambda/reset/http/json-api.ts';
import { createHandler, type HandlerDependencies } from '../../../../lambda/reset/http/pipeline.ts';
import { resetPath } from '../../../support/http-client.ts';
import { documentedOperations } from '../../../support/openapi.ts';
import { createRecorder } from '../../../support/recorder.ts';
import { replaceInCrypto } from '../../../support/replaced-crypto.ts';
import { within } from '../../../support/within.ts';

/** Whether hashes never end; nothing can abort one. */
const hashing = { hangs: false };
const { argon2 } = crypto;
replaceInCrypto({ argon2: (...call) => hashing.hangs || argon2(...call) });

const run = promisify(execFile);
const id = 'cbgmhslmp1o9or9kh1p0';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const path = '/reset';
const json = { 'Content-Type': 'application/json' };
const password = 'five hushed otters paddle upstream';
const peppers = parsePeppers(JSON.stringify({ current: 'k1', k1: '1'.repeat(32) }));
const pinVerifier = await createPinVerifier(peppers, 'alice', '5621');

/** A handler and a record of what it did. A token is its user's id; verifying one takes 7 ms, a PIN-less reset 35. */
function createFixture({
  users = {} as Partial<UserStore>,
  corsOrigins = [] as string[],
  paths = [path],
  replaced = {} as Partial<HandlerDependencies>,
} = {}) {
  let time = Date.UTC(2026, 0, 1);
  const requests: (ResetRequest & ResetTime)[] = [];
  const metrics: string[] = [];
  const recorder = createRecorder();
  const handler = createHandler({
    paths,
    corsOrigins,
    minPasswordLength: 15,
    documentationUrl: undefined,
    deprecation: {},
    now: () => time,
    async verifyAccessToken(token) {
      time += 7;
      if (token === 'bad') throw new ServiceError('token-invalid', { reason: 'wrong signature' });
      return { userId: token, tokenId: 'token', issuedAt: 0 };
    },
    users: {
      async resetWithoutPin(reset, resetTime) {
        requests.push({ ...reset, ...resetTime });
        time += 35;
        return { paymentMethodsCleared: 2 };
      },
      reserveAttempt: async () => ({ pinVerifier, attempts: 1, isMarkedLocked: false }),
      async resetWithPin(reset, resetTime) {
        requests.push({ ...reset, ...resetTime });
        return 'done';
      },
      markPinLocked: async () => true,
      raiseTokensValidFrom: async () => {},
      ...users,
    },
    loadPeppers: async () => peppers,
    logger: recorder.logger,
    metrics: {
      addMetric: (name, unit, value) => metrics.push(`${name}: ${value} ${unit}`),
      publishStoredMetrics: () => metrics.push('published'),
    },
    ...replaced,
  });
  return { handler, requests, metrics, lines: recorder.lines };
}

/** A clock that goes on by a second each time that it is read. */
function secondBySecond(): () => number {
  let time = Date.UTC(2026, 0, 1);
  return () => {
    time += 1_000;
    return time;
  };
}

function event({ method = 'PUT', at = path, token = 'alice', headers = {}, query = {}, body = '' } = {}) {
  return {
    httpMethod: method,
    path: at,
    headers: { 'Request-Id': id, ...(token !== '' && { Authorization: `Bearer ${token}` }), ...headers },
    queryStringParameters: query,
    body,
  };
}

/** The error code of an answer; its status if it has no body. */
async function codeOf(
  request: Parameters<typeof event>[0],
  fixture: Parameters<typeof createFixture>[0] = {},
): Promise<string> {
  const { statusCode, body } = await createFixture(fixture).handler(event(request), {});
  return body === '' ? String(statusCode) : JSON.parse(body).errors[0].code;
}

describe('a reset', () => {
  const answer = { statusCode: 204, headers: { 'Request-Id': id, 'Cache-Control': 'no-store' }, body: '' };
  const line = {
    level: 'info',
    message: 'request',
    requestId: id,
    invocationId: expect.stringMatching(uuid),
    code: 'reset',
    status: 204,
    userId: 'alice',
  };

  it('without a PIN', async () => {
    const { handler, requests, metrics, lines } = createFixture();
    expect(await handler(event(), {})).toEqual(answer);
    expect(requests).toMatchObject([
      {
        invocationId: lines[0]?.invocationId,
        at: new Date('2026-01-01T00:00:00.007Z'),
        tokensValidFrom: Date.UTC(2026, 0, 1) / 1_000 + 1,
        accessToken: { userId: 'alice', tokenId: 'token', issuedAt: 0 },
        signal: expect.any(AbortSignal),
      },
    ]);
    expect(lines).toEqual([{ ...line, pinVerified: false, paymentMethodsCleared: 2, durationMs: 42 }]);
    expect(metrics).toEqual(['PasswordReset: 1 Count', 'PaymentMethodsCleared: 2 Count', 'published']);
  });

  it('with the PIN', async () => {
    const { handler, requests, metrics, lines } = createFixture();
    expect(await handler(event({ query: { pin: '5621' } }), {})).toEqual(answer);
    expect(requests).toMatchObject([{ pin: '5621' }]);
    expect(lines).toEqual([{ ...line, pinVerified: true, paymentMethodsCleared: 0, durationMs: 7 }]);
    expect(metrics).toEqual(['PasswordReset: 1 Count', 'published']);
  });

  it('with the PIN in the body', async () => {
    const { handler, requests } = createFixture();
    expect(await handler(event({ headers: json, body: '{"pin":"5621"}' }), {})).toEqual(answer);
    expect(requests).toMatchObject([{ pin: '5621', newPassword: undefined }]);
  });

  it('with a new password', async () => {
    const { handler, requests } = createFixture();
    expect(await handler(event({ headers: json, body: JSON.stringify({ password }) }), {})).toEqual(answer);
    const deriveKey = (purpose: string) => createHmac('sha256', 'alice').update(purpose).digest();
    const newPassword = await prepareNewPassword(password, 'alice', 15, deriveKey);
    expect(requests).toMatchObject([{ pin: undefined, newPassword }]);
  });

  it('that is a repetition is not counted', async () => {
    const { handler, metrics, lines } = createFixture({ users: { resetWithoutPin: async () => 'replayed' } });
    expect(await handler(event(), {})).toEqual(answer);
    expect(lines).toMatchObject([{ level: 'info', code: 'replayed', paymentMethodsCleared: 0 }]);
    expect(metrics).toEqual([]);
  });
});

describe('a refusal', () => {
  const refusing = (code: ErrorCode, options: ServiceErrorOptions = {}) =>
    createFixture({ users: { resetWithoutPin: () => Promise.reject(new ServiceError(code, options)) } });

  const challenges: Partial<Record<ErrorCode, string>> = {
    'token-missing': '',
    'token-invalid': ', error="invalid_token", error_description="Access token invalid"',
    'token-expired': ', error="invalid_token", error_description="Access token expired"',
    'token-revoked': ', error="invalid_token", error_description="Access token revoked"',
    'authentication-too-old':
      ', error="insufficient_user_authentication", error_description="More recent authentication required", max_age="300"',
    'missing-linked-identity':
      ', error="insufficient_user_authentication", error_description="Missing linked identity for authorized access"',
    'insufficient-scope':
      ', error="insufficient_scope", error_description="Insufficient scope", scope="reset"',
  };
  const counted: Partial<Record<ErrorCode, string>> = {
    'token-invalid': 'TokenRejected',
    'token-expired': 'TokenRejected',
    'token-revoked': 'TokenRejected',
    'authentication-too-old': 'TokenRejected',
    'recovery-pin-mismatch': 'RecoveryPinMismatch',
    'internal-error': 'InternalError',
  };

  /** The data of all codes together. */
  const data = {
    remainingAttempts: 2,
    minLength: 15,
    maxLength: 128,
    maxAge: 300,
    scope: 'reset',
    pointer: '',
  };

  it.each(Object.keys(catalogue) as ErrorCode[])('with %s is answered, logged and counted', async (code) => {
    const { handler, metrics, lines } = refusing(code, { data, reason: 'for a reason' });
    const { statusCode, headers, body } = await handler(event(), {});
    const { status } = catalogue[code];
    expect(statusCode).toBe(status);
    expect(headers).toEqual({
      'Request-Id': id,
      'Cache-Control': 'no-store',
      'Content-Type': 'application/vnd.api+json',
      ...(code in challenges && { 'WWW-Authenticate': `Bearer realm="password-reset"${challenges[code]}` }),
    });
    expect(JSON.parse(body)).toEqual(errorDocument(new ServiceError(code, { data }), id));
    expect(lines).toMatchObject([{ message: 'request', requestId: id, code, status, userId: 'alice' }]);
    expect(metrics).toEqual(code in counted ? [`${counted[code]}: 1 Count`, 'published'] : []);
  });

  it('that locks a PIN is counted as that too, and does not show it', async () => {
    const { handler, metrics } = refusing('recovery-pin-mismatch', {
      data: { remainingAttempts: 0 },
      isNewLock: true,
    });
    const { body } = await handler(event(), {});
    expect(JSON.parse(body).errors[0].meta).toEqual({ remainingAttempts: 0 });
    expect(metrics).toEqual(['RecoveryPinMismatch: 1 Count', 'RecoveryPinLocked: 1 Count', 'published']);
  });

  it.each([
    [{ query: { pin: '5622' } }, { parameter: 'pin' }],
    [{ headers: json, body: '{"pin":"5622"}' }, { pointer: '/pin' }],
    [{ headers: json, body: '{"pin":5622}' }, { pointer: '/pin' }],
    [{ headers: { Pin: '5622' } }, { parameter: 'pin' }],
  ])('of a PIN says where it stood: %j', async (request, source) => {
    const { body } = await createFixture().handler(event(request), {});
    expect(JSON.parse(body).errors[0].source).toEqual(source);
  });

  it('of a token is logged with its reason and without a user id', async () => {
    const { handler, lines } = createFixture();
    await handler(event({ token: 'bad' }), { awsRequestId: 'as-in-the-access-log' });
    expect(lines).toEqual([
      {
        level: 'info',
        message: 'request',
        requestId: id,
        invocationId: expect.stringMatching(uuid),
        functionRequestId: 'as-in-the-access-log',
        code: 'token-invalid',
        status: 401,
        pinVerified: false,
        paymentMethodsCleared: 0,
        durationMs: 7,
        reason: 'wrong signature',
      },
    ]);
  });
});

it('an error links to its code on the page that is set, if there is one', async () => {
  const linksOf = async (documentationUrl: string | undefined) => {
    const { handler } = createFixture({ replaced: { documentationUrl } });
    return JSON.parse((await handler(event({ token: 'bad' }), {})).body).errors[0].links;
  };
  expect(await linksOf('https://docs.test/errors')).toEqual({
    about: 'https://docs.test/errors#token-invalid',
  });
  expect(await linksOf(undefined)).toBeUndefined();
});

describe('a fault', () => {
  it.each<[string, unknown, object]>([
    [
      'an error',
      Object.assign(new TypeError('secret'), { code: 'ECONNRESET' }),
      { name: 'TypeError', code: 'ECONNRESET' },
    ],
    ['a string', 'secret', { name: 'string' }],
    ['undefined', undefined, { name: 'undefined' }],
  ])('that is %s is answered 501, and its kind is only logged', async (_name, fault, described) => {
    const { handler, lines, metrics } = createFixture({
      users: { resetWithoutPin: () => Promise.reject(fault) },
    });
    const { statusCode, body } = await handler(event(), {});
    expect([statusCode, JSON.parse(body).errors[0].code]).toEqual([501, 'internal-error']);
    expect(lines).toMatchObject([{ level: 'error', message: 'request', status: 501, fault: described }]);
    expect(metrics).toEqual(['InternalError: 1 Count', 'published']);
    expect(JSON.stringify([body, lines])).not.toContain('secret');
  });

  it('is not printed by middy, which by default prints the whole error', async () => {
    const program = `
      import middy from '@middy/core';
      import { jsonApiErrors } from './lambda/reset/http/middleware/json-api-errors.ts';
      const fail = () => Promise.reject(new Error('secret'));
      const { statusCode } = await middy().use(jsonApiErrors()).handler(fail)({ requestId: 'id' }, {});
      console.log(statusCode);
    `;
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', program]);
    expect([stdout, stderr]).toEqual(['501\n', '']);
  });

  it('that does not change the answer is logged in a line of its own', async () => {
    const { handler, lines } = createFixture({
      users: {
        reserveAttempt: async () => ({ pinVerifier, attempts: 3, isMarkedLocked: false }),
        markPinLocked: () => Promise.reject(new RangeError('secret')),
      },
    });
    const { body } = await handler(event({ query: { pin: '5622' } }), {});
    expect(JSON.parse(body).errors[0]).toMatchObject({
      code: 'recovery-pin-mismatch',
      source: { parameter: 'pin' },
      meta: { remainingAttempts: 0 },
    });
    expect(lines).toMatchObject([
      { level: 'error', message: 'A locked recovery PIN could not be marked', fault: { name: 'RangeError' } },
      { level: 'info', message: 'request', code: 'recovery-pin-mismatch' },
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });
});

describe('the remaining time', () => {
  /** Half a second before the time-out of the function is in a millisecond. */
  const context = { getRemainingTimeInMillis: () => 501 };
  const never = new Promise<never>(() => {});
  const withPin = { query: { pin: '5621' } };
  const withWrongPin = { query: { pin: '5622' } };
  const third = { pinVerifier, attempts: 3, isMarkedLocked: false };
  const withPassword = {
    headers: json,
    body: JSON.stringify({ password }),
  };

  it.each<[string, Parameters<typeof event>[0], Parameters<typeof createFixture>[0]]>([
    ['the token check', {}, { replaced: { verifyAccessToken: () => never } }],
    ['the hash of a new password', withPassword, undefined],
    ['the fetch of the pepper', withPin, { replaced: { loadPeppers: () => never } }],
    ['the count of an attempt', withPin, { users: { reserveAttempt: () => never } }],
    ['the check of a PIN', withPin, undefined],
    [
      'the mark of a lock',
      withWrongPin,
      { users: { reserveAttempt: async () => third, markPinLocked: () => never } },
    ],
    ['the reset with a PIN', withPin, { users: { resetWithPin: () => never } }],
    ['the reset without a PIN', {}, { users: { resetWithoutPin: () => never } }],
    [
      'the revocation of tokens issued during the reset',
      {},
      { users: { raiseTokensValidFrom: () => never }, replaced: { now: secondBySecond() } },
    ],
  ])('ends %s if it hangs: 501, logged and counted', async (step, request, options) => {
    hashing.hangs = options === undefined;
    onTestFinished(() => {
      hashing.hangs = false;
    });
    const { handler, lines, metrics } = createFixture(options);
    const { statusCode, headers, body } = await within(5_000, handler(event(request), context));
    expect([step, statusCode, JSON.parse(body).errors[0].code]).toEqual([step, 501, 'internal-error']);
    expect(headers).toMatchObject({
      'Request-Id': id,
      'Cache-Control': 'no-store',
      'Content-Type': 'application/vnd.api+json',
    });
    expect(lines).toMatchObject([{ level: 'error', code: 'internal-error', reason: 'out of time' }]);
    expect(metrics).toEqual(['InternalError: 1 Count', 'published']);
  });

  it.each([
    ['a reset', {}, 204],
    ['a refusal', { token: 'bad' }, 401],
  ])('of %s is spent on neither log nor metrics, even if they hang', async (_what, request, status) => {
    const hanging = { info: () => never, warn: () => never, error: () => never };
    const metrics = { addMetric: () => never, publishStoredMetrics: () => never };
    const { handler } = createFixture({ replaced: { logger: hanging, metrics } as never });
    expect((await within(5_000, handler(event(request), {}))).statusCode).toBe(status);
  });

  it('that is over aborts the write of a request that goes on', async () => {
    let resume = () => {};
    const hanging = new Promise<void>((resolve) => {
      resume = resolve;
    });
    const seen: boolean[] = [];
    const { handler } = createFixture({
      replaced: {
        async verifyAccessToken(userId) {
          await hanging;
          return { userId, tokenId: 'token', issuedAt: 0 };
        },
      },
      users: {
        async resetWithoutPin({ signal }) {
          seen.push(signal.aborted);
          return 'replayed';
        },
      },
    });
    expect((await handler(event(), context)).statusCode).toBe(501);
    resume();
    await vi.waitFor(() => expect(seen).toEqual([true]));
  });

  it.each([undefined, null, 'context', {}, { getRemainingTimeInMillis: () => 9_000 }])(
    'does not end a request if the context has enough or does not say: %j',
    async (context) => {
      expect((await createFixture().handler(event(), context)).statusCode).toBe(204);
    },
  );
});

describe('the route', () => {
  it('has the methods that openapi.yaml has for it, and no others', async () => {
    const answered: string[] = [];
    for (const method of METHODS) {
      if ((await codeOf({ method, token: '' })) !== 'not-found') answered.push(method);
    }
    const own = documentedOperations.filter(({ path }) => resetPath.endsWith(path));
    expect(answered.sort()).toEqual(own.map(({ method }) => method).sort());
  });

  it.each(['/one', '/two'])('is PUT on a configured path: %s', async (at) => {
    expect(await codeOf({ at }, { paths: ['/one', '/two'] })).toBe('204');
  });

  it.each([
    ['POST', '/one'],
    ['put', '/one'],
    ['', '/one'],
    ['PUT', '/one/'],
    ['PUT', '/On'],
    ['PUT', ''],
  ])('is not %s %s', async (method, at) => {
    expect(await codeOf({ method, at, token: '' }, { paths: ['/one', '/two'] })).toBe('not-found');
  });
});

describe('a request with several faults is answered with the first:', () => {
  const pin = { pin: '1' };
  const users: Partial<UserStore> = {
    reserveAttempt: () => Promise.reject(new ServiceError('user-not-found')),
  };

  it.each([
    ['not-found', { method: 'POST', token: '', query: pin, body: 'x' }],
    ['token-missing', { token: '', query: pin, body: 'x' }],
    ['token-invalid', { token: 'bad', query: pin, body: 'x' }],
    ['media-type-unsupported', { query: pin, body: 'x' }],
    ['body-malformed', { query: pin, body: 'x', headers: json }],
    ['password-too-short', { query: pin, body: '{"password":"fourteen chars"}', headers: json }],
    ['password-compromised', { query: pin, body: '{"password":"the password of Alice"}', headers: json }],
    ['recovery-pin-malformed', { query: pin }],
    ['recovery-pin-malformed', { headers: { 'X-Pin': '5621' } }],
    ['user-not-found', { query: { pin: '5621' } }],
  ])('%s', async (code, request) => {
    expect(await codeOf(request, { users })).toBe(code);
  });
});

describe('the Request-Id of an answer', () => {
  async function idOf(multiValueHeaders: object): Promise<string | undefined> {
    const { handler, lines } = createFixture();
    const { headers, body } = await handler({ multiValueHeaders }, {});
    const answered = headers['Request-Id'];
    expect([JSON.parse(body).errors[0].id, lines[0]?.requestId]).toEqual([answered, answered]);
    expect(answered).toMatch(/^[0-9a-v]{19}[0g]$/);
    return answered;
  }

  it.each([id, '00000000000000000000'])('is that of the request if it is an xid: %s', async (given) => {
    expect(await idOf({ 'request-ID': [given] })).toBe(given);
  });

  it.each([
    [''],
    ['x'],
    [id.toUpperCase()],
    [id.slice(1)],
    [`${id}0`],
    [` ${id}`],
    [`${id.slice(0, 19)}1`],
    [id, id],
    [id, 'x'],
  ])('is a new one if the request has "%s", "%s"', async (...given) => {
    expect(given).not.toContain(await idOf({ 'Request-Id': given }));
  });

  it.each([{}, { 'Request-Id': [] }])('is a new one if the request has none: %j', async (headers) => {
    expect(await idOf(headers)).not.toBe(await idOf(headers));
  });
});

describe('a page of another origin', () => {
  const corsOrigins = ['https://app.test', 'https://shop.test'];

  async function headersOf(headers: object, origins: string[]): Promise<object> {
    const { handler } = createFixture({ corsOrigins: origins });
    const answers = [await handler(event({ headers }), {}), await handler(event({ headers, token: '' }), {})];
    const [done, refused] = answers.map((answer) => {
      const names = Object.keys(answer.headers).filter((name) => /^(Vary|Access-.*)$/.test(name));
      return Object.fromEntries(names.map((name) => [name, answer.headers[name]]));
    });
    expect(refused).toEqual(done);
    return done ?? {};
  }

  it.each(corsOrigins)('may read answers and refusals if its origin is listed: %s', async (Origin) => {
    expect(await headersOf({ Origin }, corsOrigins)).toEqual({
      Vary: 'Origin',
      'Access-Control-Allow-Origin': Origin,
      'Access-Control-Expose-Headers':
        'Request-Id, WWW-Authenticate, x-amzn-Remapped-WWW-Authenticate, Deprecation, Sunset, Link',
    });
  });

  it.each([
    {},
    { Origin: '' },
    { Origin: 'null' },
    { Origin: 'http://app.test' },
    { Origin: 'https://app.test.evil.test' },
    { Origin: 'https://app.test,https://shop.test' },
  ])('may read no answer to a request with %j', async (headers) => {
    expect(await headersOf(headers, corsOrigins)).toEqual({ Vary: 'Origin' });
  });

  it('may read no answer if no origin is listed', async () => {
    expect(await headersOf({ Origin: 'https://app.test' }, [])).toEqual({});
  });
});

// The PIN and a new password in the body, over HTTP: what they do, and that every other body is refused.
import { argon2 } from 'node:crypto';
import { promisify } from 'node:util';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type HttpAnswer, invoke as invokeHandler } from '../support/http-client.ts';
import { useQuickArgon2 } from '../support/replaced-crypto.ts';
import { expectNoneOf } from '../support/secrets.ts';
import { type Item, startService, type TestService } from '../support/service.ts';

useQuickArgon2();

const password = 'five hushed otters paddle upstream';
const json = { 'Content-Type': 'application/json' };

let service: TestService;
/** The user's item before each test; hashing the PIN again each time would take most of the time. */
let untouched: Item;
// The clock stands still, since a write that is answered in another second is followed by one more.
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  service = await startService();
  await service.put({
    userId: 'alice',
    password: 'old',
    pin: '5621',
    paymentMethods: { visa: { kind: 'creditcard' } },
  });
  untouched = await alice();
});
afterAll(async () => {
  await service.close();
  vi.useRealTimers();
});

beforeEach(async () => {
  await putItem(untouched);
  service.recorder.clear();
  service.proxy.calls.length = 0;
});

async function putItem(Item: Item): Promise<void> {
  await service.client.send(new PutItemCommand({ TableName: service.tableName, Item }));
}

async function resetWith(
  body: string | Uint8Array,
  { query = '', headers = json as Record<string, string | string[]>, token = '' } = {},
): Promise<HttpAnswer> {
  return service.reset(token || (await service.token('alice')), query, { body, headers });
}

async function alice(): Promise<Item> {
  return (await service.item('alice')) ?? {};
}

/** Whether a PHC string of Argon2id matches a password. */
async function verifies(phc: string | undefined, candidate: string): Promise<boolean> {
  const [, , , cost = '', salt = '', tag = ''] = phc?.split('$') ?? [];
  const [, memory, passes, parallelism] = /^m=(\d+),t=(\d+),p=(\d+)$/.exec(cost)?.map(Number) ?? [];
  const derived = await promisify(argon2)('argon2id', {
    message: candidate,
    nonce: Buffer.from(salt, 'base64'),
    memory: memory ?? 0,
    passes: passes ?? 0,
    parallelism: parallelism ?? 0,
    tagLength: 32,
  });
  return derived.toString('base64').replace(/=+$/, '') === tag;
}

describe('the PIN in the body', () => {
  it.each([['application/json'], ['application/json;charset="utf-8"; profile="x"']])(
    'keeps the payment methods, sent as %s',
    async (contentType) => {
      expect((await resetWith('{"pin":"5621"}', { headers: { 'Content-Type': contentType } })).code).toBe(
        '204',
      );
      const { passwordHash, paymentMethods } = await alice();
      expect(passwordHash).toBeUndefined();
      expect(Object.keys(paymentMethods?.M ?? {})).toEqual(['visa']);
      expect(service.proxy.calls).toEqual(['UpdateItem', 'UpdateItem']);
    },
  );

  it('makes the same request as the PIN in the query', async () => {
    const token = await service.token('alice');
    expect((await resetWith('{"pin":"5621"}', { token })).code).toBe('204');
    const after = await alice();
    expect((await service.reset(token, '?pin=5621')).code).toBe('204');
    expect(await alice()).toEqual(after);
  });

  it.each([
    ['a number', '{"pin":5621}'],
    ['an empty string', '{"pin":""}'],
    ['a trailing line break', '{"pin":"5621\\n"}'],
  ])('gets 403 recovery-pin-malformed without a write: %s', async (_name, body) => {
    const before = await alice();
    const answer = await resetWith(body);
    expect([answer.status, answer.code]).toEqual([403, 'recovery-pin-malformed']);
    expect(answer.error?.source).toEqual({ pointer: '/pin' });
    expect(await alice()).toEqual(before);
    expect(service.proxy.calls).toEqual([]);
  });

  it.each(['?pin=5621', '?PIN=5621'])(
    'gets 403 recovery-pin-malformed beside another one in the query: %s',
    async (query) => {
      const answer = await resetWith('{"pin":"5621"}', { query });
      expect([answer.code, answer.error?.source]).toEqual(['recovery-pin-malformed', { pointer: '/pin' }]);
      expect(service.proxy.calls).toEqual([]);
    },
  );

  it('may be absent: a misspelt one in the query still gets 403 recovery-pin-malformed', async () => {
    const answer = await resetWith(JSON.stringify({ password }), { query: '?PIN=5621' });
    expect([answer.code, answer.error?.source]).toEqual(['recovery-pin-malformed', { parameter: 'pin' }]);
  });

  it.each([
    ['recovery-pin-mismatch', '{"pin":"9073"}', { pin: '5621' }],
    ['recovery-pin-not-set', '{"pin":"5621"}', {}],
  ])('is the source of %s', async (code, body, user) => {
    await service.put({ userId: 'alice', ...user });
    const answer = await resetWith(body);
    expect([answer.code, answer.error?.source]).toEqual([code, { pointer: '/pin' }]);
  });

  it('is the source of recovery-pin-locked', async () => {
    for (const pin of ['1357', '2468', '3691']) await resetWith(JSON.stringify({ pin }));
    const answer = await resetWith('{"pin":"5621"}');
    expect([answer.code, answer.error?.source]).toEqual(['recovery-pin-locked', { pointer: '/pin' }]);
  });
});

describe('a request without a body', () => {
  it.each([
    ['application/json', ''],
    ['', ''],
    ['application/json', ' { } '],
  ])('may have Content-Type "%s" with "%s"', async (contentType, body) => {
    expect((await resetWith(body, { headers: { 'Content-Type': contentType } })).code).toBe('204');
    const { passwordHash, paymentMethods, lastReset } = await alice();
    expect([passwordHash, paymentMethods, lastReset?.M?.password]).toEqual([undefined, { M: {} }, undefined]);
    expect(service.proxy.calls).toEqual(['UpdateItem']);
  });
});

describe('a new password', () => {
  it('is set in the one write of a reset without a PIN', async () => {
    expect((await resetWith(JSON.stringify({ password }))).code).toBe('204');
    const { passwordHash, paymentMethods } = await alice();
    expect(await verifies(passwordHash?.S, password)).toBe(true);
    expect(passwordHash?.S).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(paymentMethods).toEqual({ M: {} });
    // With any engine, a successful write is followed by no read.
    expect(service.proxy.calls).toEqual(['UpdateItem']);
  });

  it('is set in the second write of a reset with the PIN, and the payment methods stay', async () => {
    expect((await resetWith(JSON.stringify({ password, pin: '5621' }))).code).toBe('204');
    const { passwordHash, paymentMethods, pinGuesses } = await alice();
    expect(await verifies(passwordHash?.S, password)).toBe(true);
    expect(Object.keys(paymentMethods?.M ?? {})).toEqual(['visa']);
    expect(pinGuesses).toBeUndefined();
    expect(service.proxy.calls).toEqual(['UpdateItem', 'UpdateItem']);
  });

  it('works with the PIN in the query', async () => {
    expect((await resetWith(JSON.stringify({ password }), { query: '?pin=5621' })).code).toBe('204');
    expect(await verifies((await alice()).passwordHash?.S, password)).toBe(true);
  });

  it('is normalised to NFC before it is hashed', async () => {
    const composed = 'Zwölf Boxkämpfer jagen Viktor';
    expect((await resetWith(JSON.stringify({ password: composed.normalize('NFD') }))).code).toBe('204');
    expect(await verifies((await alice()).passwordHash?.S, composed)).toBe(true);
  });

  it('needs no pepper without a PIN', async () => {
    const unpeppered = await startService({
      PIN_PEPPER: '',
      PIN_PEPPER_SECRET_ID: 'none',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:1',
    });
    await unpeppered.put({ userId: 'alice' });
    const body = JSON.stringify({ password });
    const answer = await unpeppered.reset(await unpeppered.token('alice'), '', { body, headers: json });
    await unpeppered.close();
    expect(answer.code).toBe('204');
  });

  it.each(['"pin":"9073",', ''])('is not stored if the reset is refused ({%s"password":…})', async (pin) => {
    await service.put({ userId: 'alice', ...(pin === '' ? { status: 'disabled' } : { pin: '5621' }) });
    const { pinGuesses: _, ...before } = await alice();
    const answer = await resetWith(`{${pin}"password":"${password}"}`);
    expect(answer.code).toBe(pin === '' ? 'user-disabled' : 'recovery-pin-mismatch');
    const { pinGuesses: __, ...after } = await alice();
    expect(after).toEqual(before);
  });

  it.each([
    ['password-too-short', 'fourteen chars', { minLength: 15 }],
    ['password-too-long', `${'five hushed otters '.repeat(7)}`.slice(0, 129), { maxLength: 128 }],
    ['password-compromised', 'passwordpassword', undefined],
  ])('is refused with 422 %s before an attempt is counted: %j', async (code, refused, meta) => {
    const before = await alice();
    const answer = await resetWith(JSON.stringify({ password: refused, pin: '9073' }));
    expect([answer.status, answer.code]).toEqual([422, code]);
    expect([answer.error?.source, answer.error?.meta]).toEqual([{ pointer: '/password' }, meta]);
    expect(await alice()).toEqual(before);
    expect(service.proxy.calls).toEqual([]);
  });

  it.each([
    ['15 characters', 'fifteen charact'],
    ['128 characters of four bytes each', '🦦🐢'.repeat(64)],
    ['spaces, quotes and control characters', ' "five\t\u0000hushed\\otters\u007f '],
  ])('may have %s', async (_name, accepted) => {
    expect((await resetWith(JSON.stringify({ password: accepted }))).code).toBe('204');
    expect(await verifies((await alice()).passwordHash?.S, accepted)).toBe(true);
  });

  it('may be shorter if the stage allows it, and the refusal gives that minimum', async () => {
    const stage = await startService({ PASSWORD_MIN_LENGTH: '8' });
    await stage.put({ userId: 'alice' });
    const reset = async (candidate: string) =>
      stage.reset(await stage.token('alice'), '', {
        body: JSON.stringify({ password: candidate }),
        headers: json,
      });
    expect((await reset('sevench')).error?.meta).toEqual({ minLength: 8 });
    expect((await reset('trustno1trustno1')).code).toBe('password-compromised');
    expect((await reset('hushed-8')).code).toBe('204');
    await stage.close();
  });

  it('is not named by an answer if it is in the wrong place, however short the stage allows it', async () => {
    const stage = await startService({ PASSWORD_MIN_LENGTH: '8' });
    const body = JSON.stringify({ 'hushed-8': '' });
    const answer = await stage.reset(await stage.token('alice'), '', { body, headers: json });
    expect([answer.code, answer.error?.source]).toEqual(['body-malformed', { pointer: '' }]);
    await stage.close();
  });

  it('appears in no answer, log line or metric', async () => {
    const answers = [
      await resetWith(JSON.stringify({ password, pin: '9073' })),
      await resetWith(JSON.stringify({ password: 'letmeinletmein' })),
      await resetWith(JSON.stringify({ [password]: password })),
      await resetWith(JSON.stringify({ '5621': password })),
      await resetWith(`{"password":"${password}`),
      await resetWith(JSON.stringify({ password, pin: '5621' })),
    ];
    const { lines, counted } = service.recorder;
    expect(lines).toHaveLength(answers.length);
    expectNoneOf([password, 'letmeinletmein', '5621', '9073'], [answers, lines, [...counted]]);
  });
});

describe('a repeated request with a new password', () => {
  it.each(['', '"pin":"5621",'])(
    'is answered 204 and leaves the item unchanged ({%s"password":…})',
    async (pin) => {
      const token = await service.token('alice');
      const body = `{${pin}"password":"${password}"}`;
      expect((await resetWith(body, { token })).code).toBe('204');
      const after = await alice();
      vi.advanceTimersByTime(1_000);
      expect((await resetWith(body, { token })).code).toBe('204');
      expect(await alice()).toEqual(after);
    },
  );

  it('is answered 204 even after the user has set another password elsewhere', async () => {
    const token = await service.token('alice');
    await resetWith(JSON.stringify({ password }), { token });
    const elsewhere = { ...(await alice()), passwordHash: { S: '$argon2id$set$elsewhere' } };
    await putItem(elsewhere);
    expect((await resetWith(JSON.stringify({ password }), { token })).code).toBe('204');
    expect(await alice()).toEqual(elsewhere);
  });

  it.each([
    ['another password', { password }, { password: `${password}!` }],
    ['no password', { password }, {}],
    ['a password where there was none', {}, { password }],
    ['a PIN in addition', { password }, { password, pin: '5621' }],
    [
      'another password with the same PIN',
      { password, pin: '5621' },
      { password: `${password}!`, pin: '5621' },
    ],
  ])('is answered 401 token-revoked with %s', async (_name, first, second) => {
    const token = await service.token('alice');
    expect((await resetWith(JSON.stringify(first), { token })).code).toBe('204');
    const after = await alice();
    expect((await resetWith(JSON.stringify(second), { token })).code).toBe('token-revoked');
    expect(await alice()).toEqual(after);
  });

  it('is recognized by a digest that differs between tokens', async () => {
    const digests: (string | undefined)[] = [];
    const hashes: (string | undefined)[] = [];
    for (const userId of ['digest-1', 'digest-2']) {
      await service.put({ userId });
      await resetWith(JSON.stringify({ password }), { token: await service.token(userId) });
      const item = await service.item(userId);
      digests.push(item?.lastReset?.M?.password?.S);
      hashes.push(item?.passwordHash?.S);
    }
    expect(digests[0]).toMatch(/^[\w-]{43}$/);
    expect(new Set(digests).size).toBe(2);
    expect(new Set(hashes).size).toBe(2);
  });

  it('resets once when sent twice at once, and of two different passwords only one is set', async () => {
    const token = await service.token('alice');
    const body = JSON.stringify({ password, pin: '5621' });
    const equal = await Promise.all([resetWith(body, { token }), resetWith(body, { token })]);
    expect(equal.map(({ code }) => code)).toEqual(['204', '204']);
    expect(service.recorder.counted.get('PasswordReset')).toEqual([1]);

    await service.put({ userId: 'alice', pin: '5621' });
    const other = JSON.stringify({ password: `${password}!`, pin: '5621' });
    const different = await Promise.all([body, other].map((each) => resetWith(each, { token })));
    expect(different.map(({ code }) => code).sort()).toEqual(['204', 'token-revoked']);
    const winner = different[0]?.code === '204' ? password : `${password}!`;
    expect(await verifies((await alice()).passwordHash?.S, winner)).toBe(true);
  });
});

describe('a body', () => {
  it.each<[string, string | Buffer, string]>([
    ['a byte that is not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), ''],
    ['the PIN twice', '{"pin":"5621","pin":"5621"}', ''],
    ['a name that a JSON pointer escapes', '{"a/b~c":1}', '/a~1b~0c'],
  ])('gets 400 body-malformed without a write: %s', async (_name, body, pointer) => {
    const before = await alice();
    const answer = await resetWith(body);
    expect([answer.status, answer.code, answer.error?.source]).toEqual([400, 'body-malformed', { pointer }]);
    expect(await alice()).toEqual(before);
    expect(service.proxy.calls).toEqual([]);
  });

  it.each(['application/x-www-form-urlencoded', 'application/json; charset=utf-16', ''])(
    'gets 415 media-type-unsupported without a write: "%s"',
    async (contentType) => {
      const before = await alice();
      const answer = await resetWith('{"pin":"5621"}', { headers: { 'Content-Type': contentType } });
      expect([answer.status, answer.code]).toEqual([415, 'media-type-unsupported']);
      expect(await alice()).toEqual(before);
    },
  );

  it('gets 415 media-type-unsupported without a Content-Type', async () => {
    expect((await resetWith('{"pin":"5621"}', { headers: {} })).code).toBe('media-type-unsupported');
  });

  it.each([
    ['4096 bytes', 4096, '204'],
    ['4097 bytes', 4097, 'body-too-large'],
    ['a megabyte', 1_000_000, 'body-too-large'],
  ])('is measured: %s', async (_name, length, code) => {
    // Blanks after the object are valid JSON.
    expect((await resetWith('{"pin":"5621"}'.padEnd(length))).code).toBe(code);
  });
});

describe('a request with several faults is answered with the first:', () => {
  it.each([
    ['token-missing', { headers: {} }, 'x'.repeat(5_000)],
    ['body-too-large', { query: '?pin=', headers: {} }, 'x'.repeat(5_000)],
    ['media-type-unsupported', { query: '?pin=', headers: { 'Content-Type': 'text/plain' } }, 'x'],
    ['password-too-short', { query: '?pin=', headers: json, userId: 'nobody' }, '{"password":"short"}'],
    ['user-not-found', { query: '?pin=9073', headers: json, userId: 'nobody' }, JSON.stringify({ password })],
  ])('%s', async (code, request: { query?: string; headers: object; userId?: string }, body) => {
    const { query = '', headers, userId = 'alice' } = request;
    const token = code === 'token-missing' ? undefined : await service.token(userId);
    const answer = await service.reset(token, query, { body, headers: { ...headers } });
    expect(answer.code).toBe(code);
  });
});

describe('the body of an event', () => {
  async function invoke(body: unknown, isBase64Encoded: unknown): Promise<HttpAnswer> {
    const event = {
      httpMethod: 'PUT',
      path: '/user/2021-2/user/password/reset',
      headers: {
        authorization: `Bearer ${await service.token('alice')}`,
        'content-type': 'application/json',
      },
      body,
      isBase64Encoded,
    };
    return invokeHandler(service.handler, event);
  }
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  it.each([
    ['is decoded from base64', base64('{"pin":"5621"}'), true, '204'],
    ['is not decoded without the flag', base64('{"pin":"5621"}'), false, 'body-malformed'],
    ['is checked after decoding', base64('{"pin":"9073"}'), true, 'recovery-pin-mismatch'],
    ['is measured after decoding', base64('{"pin":"5621"}'.padEnd(4096)), true, '204'],
    ['is refused if it is not base64, and not read as empty', '%%%%', true, 'body-malformed'],
    [
      'is refused if other characters follow the base64',
      `${base64('{"pin":"5621"}')}=%`,
      true,
      'body-malformed',
    ],
    [
      'is refused with half a surrogate pair',
      '{"password":"five hushed otters\ud83e"}',
      false,
      'body-malformed',
    ],
    ['is refused if it is an object', { pin: '5621' }, false, 'body-malformed'],
    ['is refused if it is false', false, false, 'body-malformed'],
    ['is refused if it is a number', 5621, undefined, 'body-malformed'],
  ])('%s', async (_name, body, isBase64Encoded, code) => {
    const before = await alice();
    expect((await invoke(body, isBase64Encoded)).code).toBe(code);
    const { paymentMethods } = await alice();
    expect(paymentMethods).toEqual(before.paymentMethods);
  });

  it.each([
    ['null', null, false],
    ['empty base64', '', true],
  ])('counts as no body if it is %s', async (_name, body, isBase64Encoded) => {
    expect((await invoke(body, isBase64Encoded)).code).toBe('204');
    expect((await alice()).paymentMethods).toEqual({ M: {} });
  });
});

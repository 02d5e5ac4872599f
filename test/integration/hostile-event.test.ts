// Events that no client can cause over HTTP: other shapes, missing parts, maps that disagree. The handler always
// answers.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { invoke as invokeHandler, resetPath } from '../support/http-client.ts';
import { useQuickArgon2 } from '../support/replaced-crypto.ts';
import { startService, type TestService } from '../support/service.ts';

useQuickArgon2();

let service: TestService;
let token: string;
beforeAll(async () => {
  service = await startService();
  token = await service.token('alice');
});
beforeEach(() =>
  service.put({ userId: 'alice', password: 'old', pin: '5621', paymentMethods: { visa: {} } }),
);
afterAll(() => service.close());

const invoke = (event: unknown, context?: unknown) => invokeHandler(service.handler, event, context);

/** API Gateway's event for a good request with the right PIN. */
function goodEvent() {
  return {
    resource: resetPath,
    path: resetPath,
    httpMethod: 'PUT',
    headers: { Authorization: `Bearer ${token}` } as unknown,
    multiValueHeaders: { Authorization: [`Bearer ${token}`] } as unknown,
    queryStringParameters: { pin: '5621' } as unknown,
    multiValueQueryStringParameters: { pin: ['5621'] } as unknown,
    pathParameters: null,
    stageVariables: null,
    requestContext: { requestId: 'r', stage: 'local' } as unknown,
    body: null as unknown,
    isBase64Encoded: false as unknown,
  };
}

async function expectPaymentMethodsKept(): Promise<void> {
  const item = await service.item('alice');
  expect(Object.keys(item?.paymentMethods?.M ?? {})).toEqual(['visa']);
}

describe('an event that is not from API Gateway', () => {
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a string', 'hello'],
    ['a number', 1],
    ['true', true],
    ['an array', []],
    ['an empty object', {}],
    ["the console's test event", { key1: 'value1', key2: 'value2', key3: 'value3' }],
    ['an SQS event', { Records: [{ eventSource: 'aws:sqs', body: '{}' }] }],
    ['a scheduled event', { 'detail-type': 'Scheduled Event', source: 'aws.events', detail: {} }],
    [
      'payload format 2.0 (HTTP API, function URL)',
      {
        version: '2.0',
        rawPath: resetPath,
        rawQueryString: 'pin=5621',
        requestContext: { http: { method: 'PUT', path: resetPath } },
      },
    ],
    ['a WebSocket event', { requestContext: { eventType: 'MESSAGE', routeKey: '$default' }, body: '{}' }],
    ['an authorizer event', { type: 'TOKEN', authorizationToken: 'Bearer x', methodArn: 'arn' }],
    ['a method that is not a string', { httpMethod: ['PUT'], path: resetPath }],
    ['a path that is not a string', { httpMethod: 'PUT', path: [resetPath] }],
    ['a lower-case method', { httpMethod: 'put', path: resetPath }],
  ])('is answered 404 not-found: %s', async (_name, event) => {
    expect((await invoke(event)).code).toBe('not-found');
    await expectPaymentMethodsKept();
  });

  it.each<[string, Record<string, unknown>]>([
    [
      'a query that is a string',
      { queryStringParameters: 'pin=5621', multiValueQueryStringParameters: null },
    ],
    ['a query that is an array', { multiValueQueryStringParameters: ['pin=5621'] }],
    ['a query that is an array of pairs', { queryStringParameters: [['pin', '5621']] }],
    ['a query that is a number', { queryStringParameters: 5621 }],
    ['headers that are a string', { headers: `Authorization: Bearer x` }],
    ['headers that are an array', { multiValueHeaders: [] }],
  ])('is answered 404 not-found, and never resets without a PIN: %s', async (_name, parts) => {
    expect((await invoke({ ...goodEvent(), ...parts })).code).toBe('not-found');
    await expectPaymentMethodsKept();
    expect((await service.item('alice'))?.passwordHash).toBeDefined();
  });
});

describe('an event with missing parts is answered:', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['null for single-value maps', { headers: null, queryStringParameters: null }, '204'],
    ['no single-value maps', { headers: undefined, queryStringParameters: undefined }, '204'],
    ['null for multi-value maps', { multiValueHeaders: null, multiValueQueryStringParameters: null }, '204'],
    ['null for headers', { headers: null, multiValueHeaders: null }, 'token-missing'],
    ['null for the request context', { requestContext: null }, '204'],
    ['a request context of another type', { requestContext: 'x' }, '204'],
  ])('%s', async (_name, parts, code) => {
    expect((await invoke({ ...goodEvent(), ...parts })).code).toBe(code);
    await expectPaymentMethodsKept();
  });

  it.each([undefined, null, {}, 'context', 0, { getRemainingTimeInMillis: () => 9_000 }])(
    'context %j',
    async (context) => {
      expect((await invoke(goodEvent(), context)).code).toBe('204');
    },
  );
});

describe('an event whose two maps disagree', () => {
  it.each<[string, Record<string, unknown>]>([
    ['two PINs', { queryStringParameters: { pin: '1000' } }],
    ['a PIN and an empty string', { queryStringParameters: { pin: '' } }],
    ['a PIN and null', { queryStringParameters: { pin: null } }],
    ['a PIN and a number', { multiValueQueryStringParameters: { pin: [5621] } }],
    ['a number alone', { queryStringParameters: { pin: 5621 }, multiValueQueryStringParameters: null }],
    ['an object', { queryStringParameters: { pin: {} }, multiValueQueryStringParameters: null }],
    ['true', { queryStringParameters: { pin: true }, multiValueQueryStringParameters: null }],
    ['an array in the map of strings', { queryStringParameters: { pin: ['5621'] } }],
    ['an empty array', { queryStringParameters: null, multiValueQueryStringParameters: { pin: [] } }],
    ['null for the array', { queryStringParameters: null, multiValueQueryStringParameters: { pin: null } }],
    [
      'an array in the array',
      { queryStringParameters: null, multiValueQueryStringParameters: { pin: [['5621']] } },
    ],
    ['names in different case', { queryStringParameters: { PIN: '5621' } }],
  ])('about the PIN is answered 403 recovery-pin-malformed: %s', async (_name, parts) => {
    const before = await service.item('alice');
    expect((await invoke({ ...goodEvent(), ...parts })).code).toBe('recovery-pin-malformed');
    expect(await service.item('alice')).toEqual(before);
  });

  it('has the PIN that only one of them has', async () => {
    expect((await invoke({ ...goodEvent(), queryStringParameters: { utm_source: 'mail' } })).code).toBe(
      '204',
    );
    await expectPaymentMethodsKept();
  });

  it('has the PIN that is a string in place of an array', async () => {
    const parts = { multiValueQueryStringParameters: { pin: '5621' } };
    expect((await invoke({ ...goodEvent(), ...parts })).code).toBe('204');
    await expectPaymentMethodsKept();
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['two tokens', { headers: { Authorization: 'Bearer other' } }, 'token-invalid'],
    ['one header in two cases', { headers: { authorization: 'Bearer other' } }, 'token-invalid'],
    ['null', { headers: { Authorization: null } }, 'token-invalid'],
    ['an array in the map of strings', { headers: { Authorization: [`Bearer x`] } }, 'token-invalid'],
    ['an empty array', { headers: null, multiValueHeaders: { Authorization: [] } }, 'token-missing'],
    ['a number', { headers: null, multiValueHeaders: { Authorization: [1] } }, 'token-missing'],
    ['an object', { headers: { Authorization: {} }, multiValueHeaders: null }, 'token-missing'],
  ])('about the Authorization header is answered 401: %s', async (_name, parts, code) => {
    const before = await service.item('alice');
    expect((await invoke({ ...goodEvent(), ...parts })).code).toBe(code);
    expect(await service.item('alice')).toEqual(before);
  });

  it('has only own properties as headers and parameters', async () => {
    const polluted = JSON.parse(`{"__proto__":{"pin":"5621"},"constructor":"x","toString":null}`);
    const event = {
      ...goodEvent(),
      headers: { ...(goodEvent().headers as object), ...JSON.parse('{"__proto__":"x"}') },
      queryStringParameters: polluted,
      multiValueQueryStringParameters: null,
    };
    expect((await invoke(event)).code).toBe('204');
    expect((await service.item('alice'))?.paymentMethods?.M).toEqual({});
    expect(({} as Record<string, unknown>).pin).toBeUndefined();
  });
});

describe('an event with an unusual body is not answered 501:', () => {
  it.each<[string, unknown, unknown]>([
    ['base64 of JSON', Buffer.from('{}').toString('base64'), true],
    ['a string wrongly flagged as base64', 'no base64 at all!', true],
    ['base64 of bytes that are not UTF-8', Buffer.from([0xff, 0xfe]).toString('base64'), true],
    ['a flag that is not a boolean', '{}', 'yes'],
    ['an object', {}, false],
    ['a number', 1, false],
    ['a long string', 'x'.repeat(1_000_000), false],
    ['nested JSON', '['.repeat(100_000), false],
  ])('%s', async (_name, body, isBase64Encoded) => {
    const { status } = await invoke({ ...goodEvent(), body, isBase64Encoded });
    expect(status).not.toBe(501);
    await expectPaymentMethodsKept();
  });
});

describe('the Request-Id of an event', () => {
  it.each(['cbgmhslmp1o9or9kh1p0', '00000000000000000000'])('is used if it is an xid: %s', async (id) => {
    const event = { ...goodEvent(), headers: null, multiValueHeaders: { 'request-ID': [id] } };
    expect((await invoke(event)).error?.id).toBe(id);
  });

  it.each([
    '',
    'x',
    'CBGMHSLMP1O9OR9KH1P0',
    'cbgmhslmp1o9or9kh1pz',
    'cbgmhslmp1o9or9kh1p',
    'cbgmhslmp1o9or9kh1p00',
    'cbgmhslmp1o9or9kh1p0\r\nX: 1',
    ' cbgmhslmp1o9or9kh1p0',
  ])('is replaced if it is not an xid: %j', async (id) => {
    const event = { ...goodEvent(), headers: null, multiValueHeaders: { 'Request-Id': [id] } };
    expect((await invoke(event)).error?.id).not.toBe(id);
  });

  it('is replaced if there are two', async () => {
    const ids = ['cbgmhslmp1o9or9kh1p0', 'cbgmhslmp1o9or9kh1pg'];
    const event = { ...goodEvent(), headers: null, multiValueHeaders: { 'Request-Id': ids } };
    expect(ids).not.toContain((await invoke(event)).error?.id);
  });
});

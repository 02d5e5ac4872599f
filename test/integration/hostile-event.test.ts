// Events that no client sends over HTTP: other shapes, missing parts, maps that disagree. The handler always answers.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { assertContract, type HttpAnswer, resetPath, toAnswer } from '../support/http-client.ts';
import { startService, type TestService } from '../support/service.ts';

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

async function invoke(event: unknown, context: unknown = {}): Promise<HttpAnswer> {
  const { statusCode, headers, body } = await service.handler(event, context);
  const answer = toAnswer(statusCode, headers, body);
  assertContract(answer);
  return answer;
}

/** What API Gateway sends for a good request with the right PIN. */
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

async function expectKept(): Promise<void> {
  const item = await service.item('alice');
  expect(Object.keys(item?.paymentMethods?.M ?? {})).toEqual(['visa']);
}

describe('events that are none of API Gateway', () => {
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'hello'],
    ['a number', 1],
    ['true', true],
    ['a list', []],
    ['an empty object', {}],
    ["the console's test event", { key1: 'value1', key2: 'value2', key3: 'value3' }],
    ['a queue', { Records: [{ eventSource: 'aws:sqs', body: '{}' }] }],
    ['a schedule', { 'detail-type': 'Scheduled Event', source: 'aws.events', detail: {} }],
    [
      'payload format 2.0 (HTTP API, function URL)',
      {
        version: '2.0',
        rawPath: resetPath,
        rawQueryString: 'pin=5621',
        requestContext: { http: { method: 'PUT', path: resetPath } },
      },
    ],
    ['a WebSocket', { requestContext: { eventType: 'MESSAGE', routeKey: '$default' }, body: '{}' }],
    ['an authorizer', { type: 'TOKEN', authorizationToken: 'Bearer x', methodArn: 'arn' }],
    ['a method that is no text', { httpMethod: ['PUT'], path: resetPath }],
    ['a path that is no text', { httpMethod: 'PUT', path: [resetPath] }],
    ['a lower-case method', { httpMethod: 'put', path: resetPath }],
  ])('%s: 404 not-found', async (_name, event) => {
    expect((await invoke(event)).code).toBe('not-found');
    await expectKept();
  });

  it.each<[string, Record<string, unknown>]>([
    ['a query that is a text', { queryStringParameters: 'pin=5621', multiValueQueryStringParameters: null }],
    ['a query that is a list', { multiValueQueryStringParameters: ['pin=5621'] }],
    ['a query that is a list of pairs', { queryStringParameters: [['pin', '5621']] }],
    ['a query that is a number', { queryStringParameters: 5621 }],
    ['headers that are a text', { headers: `Authorization: Bearer x` }],
    ['headers that are a list', { multiValueHeaders: [] }],
  ])('%s: 404 not-found, and never a reset without a PIN', async (_name, parts) => {
    expect((await invoke({ ...goodEvent(), ...parts })).code).toBe('not-found');
    await expectKept();
    expect((await service.item('alice'))?.passwordHash).toBeDefined();
  });
});

describe('maps that are missing', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['no single-value maps', { headers: null, queryStringParameters: null }, '204'],
    ['no single-value maps at all', { headers: undefined, queryStringParameters: undefined }, '204'],
    ['no multi-value maps', { multiValueHeaders: null, multiValueQueryStringParameters: null }, '204'],
    ['no headers', { headers: null, multiValueHeaders: null }, 'token-missing'],
    ['no request context', { requestContext: null }, '204'],
    ['a request context of another type', { requestContext: 'x' }, '204'],
  ])('%s', async (_name, parts, code) => {
    expect((await invoke({ ...goodEvent(), ...parts })).code).toBe(code);
    await expectKept();
  });

  it.each([undefined, null, {}, 'context', 0, { getRemainingTimeInMillis: () => 9_000 }])(
    'context %j',
    async (context) => {
      expect((await invoke(goodEvent(), context)).code).toBe('204');
    },
  );
});

describe('maps that disagree: neither is trusted', () => {
  it.each<[string, Record<string, unknown>]>([
    ['two PINs', { queryStringParameters: { pin: '1000' } }],
    ['a PIN here and an empty one there', { queryStringParameters: { pin: '' } }],
    ['a PIN here and null there', { queryStringParameters: { pin: null } }],
    ['a PIN and a number', { multiValueQueryStringParameters: { pin: [5621] } }],
    ['a number alone', { queryStringParameters: { pin: 5621 }, multiValueQueryStringParameters: null }],
    ['an object', { queryStringParameters: { pin: {} }, multiValueQueryStringParameters: null }],
    ['true', { queryStringParameters: { pin: true }, multiValueQueryStringParameters: null }],
    ['a list in the map of texts', { queryStringParameters: { pin: ['5621'] } }],
    ['no value', { queryStringParameters: null, multiValueQueryStringParameters: { pin: [] } }],
    ['null for values', { queryStringParameters: null, multiValueQueryStringParameters: { pin: null } }],
    [
      'a list in a list',
      { queryStringParameters: null, multiValueQueryStringParameters: { pin: [['5621']] } },
    ],
    ['another case there', { queryStringParameters: { PIN: '5621' } }],
  ])('%s: 403 recovery-pin-malformed', async (_name, parts) => {
    const before = await service.item('alice');
    expect((await invoke({ ...goodEvent(), ...parts })).code).toBe('recovery-pin-malformed');
    expect(await service.item('alice')).toEqual(before);
  });

  it('takes a PIN that only one of the maps has', async () => {
    expect((await invoke({ ...goodEvent(), queryStringParameters: { utm_source: 'mail' } })).code).toBe(
      '204',
    );
    await expectKept();
  });

  it('takes a text where a list of texts belongs', async () => {
    const parts = { multiValueQueryStringParameters: { pin: '5621' } };
    expect((await invoke({ ...goodEvent(), ...parts })).code).toBe('204');
    await expectKept();
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['two tokens', { headers: { Authorization: 'Bearer other' } }, 'token-invalid'],
    ['two names of one header', { headers: { authorization: 'Bearer other' } }, 'token-invalid'],
    ['null', { headers: { Authorization: null } }, 'token-invalid'],
    ['a list', { headers: { Authorization: [`Bearer x`] } }, 'token-invalid'],
    ['a list that is empty', { headers: null, multiValueHeaders: { Authorization: [] } }, 'token-missing'],
    ['a number', { headers: null, multiValueHeaders: { Authorization: [1] } }, 'token-missing'],
    ['an object', { headers: { Authorization: {} }, multiValueHeaders: null }, 'token-missing'],
  ])('Authorization, %s: 401', async (_name, parts, code) => {
    const before = await service.item('alice');
    expect((await invoke({ ...goodEvent(), ...parts })).code).toBe(code);
    expect(await service.item('alice')).toEqual(before);
  });

  it('takes no name of every object for a parameter or a header', async () => {
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

describe('bodies: whatever they are, they are answered', () => {
  it.each<[string, unknown, unknown]>([
    ['base64 of JSON', Buffer.from('{}').toString('base64'), true],
    ['text that claims to be base64', 'no base64 at all!', true],
    ['base64 of bytes that are no UTF-8', Buffer.from([0xff, 0xfe]).toString('base64'), true],
    ['a flag that is no flag', '{}', 'yes'],
    ['an object', {}, false],
    ['a number', 1, false],
    ['a long text', 'x'.repeat(1_000_000), false],
    ['nested JSON', '['.repeat(100_000), false],
  ])('%s', async (_name, body, isBase64Encoded) => {
    const { status } = await invoke({ ...goodEvent(), body, isBase64Encoded });
    expect(status).not.toBe(501);
    await expectKept();
  });
});

describe('the request id', () => {
  it.each(['cbgmhslmp1o9or9kh1p0', '00000000000000000000'])('takes over %s', async (id) => {
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
  ])('replaces %j', async (id) => {
    const event = { ...goodEvent(), headers: null, multiValueHeaders: { 'Request-Id': [id] } };
    expect((await invoke(event)).error?.id).not.toBe(id);
  });

  it('replaces two', async () => {
    const ids = ['cbgmhslmp1o9or9kh1p0', 'cbgmhslmp1o9or9kh1pg'];
    const event = { ...goodEvent(), headers: null, multiValueHeaders: { 'Request-Id': ids } };
    expect(ids).not.toContain((await invoke(event)).error?.id);
  });
});

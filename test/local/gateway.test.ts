// The local gateway against what API Gateway's REST API is documented to send, and how the function reads it.
import { createServer } from 'node:http';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { expect, it } from 'vitest';
import { createGateway } from '../../infra/local/gateway.ts';
import { listen } from '../../infra/local/listen.ts';
import { parseApiGatewayEvent } from '../../lambda/reset/http/api-gateway.ts';
import { send } from '../support/http-client.ts';

/** The event that a request becomes. */
async function eventOf(request: Parameters<typeof send>[1]): Promise<APIGatewayProxyEvent> {
  let seen: unknown;
  const gateway = createGateway(async (event) => {
    seen = event;
    const headers = { 'Request-Id': '00000000000000000000', 'Cache-Control': 'no-store' };
    return { statusCode: 204, headers, body: '' };
  });
  await send(await listen(gateway, 0, 'PORT'), request);
  gateway.close();
  return seen as APIGatewayProxyEvent;
}

it('gives headers and query in both forms, decoded, the last value in the single one', async () => {
  const event = await eventOf({
    path: '/a/b?pin=%35621&x=1&x=2+3&bare&%C3%A4=%zz',
    headers: { 'X-Two': ['1', '2'], Accept: 'application/json' },
  });
  expect(event).toMatchObject({
    path: '/a/b',
    httpMethod: 'PUT',
    queryStringParameters: { pin: '5621', x: '2 3', bare: '', ä: '%zz' },
    multiValueQueryStringParameters: { pin: ['5621'], x: ['1', '2 3'], bare: [''], ä: ['%zz'] },
    headers: { 'X-Two': '2', Accept: 'application/json' },
    multiValueHeaders: { 'X-Two': ['1', '2'], Accept: ['application/json'] },
    body: null,
    isBase64Encoded: false,
    pathParameters: null,
    stageVariables: null,
    requestContext: {
      httpMethod: 'PUT',
      stage: 'local',
      path: '/local/a/b',
      identity: { sourceIp: '127.0.0.1' },
    },
  });
});

it('says null where there is no query, and hands the body on', async () => {
  const event = await eventOf({ path: '/', body: '{"a":1}' });
  expect([event.queryStringParameters, event.multiValueQueryStringParameters, event.body]).toEqual([
    null,
    null,
    '{"a":1}',
  ]);
});

it.each([
  [
    'bytes that are no UTF-8 as replacement characters',
    Buffer.from('{"a":"\xf6"}', 'latin1'),
    '{"a":"\ufffd"}',
  ],
  ['a byte order mark', '\ufeff{}', '\ufeff{}'],
  ['a byte order mark alone', '\ufeff', '\ufeff'],
  ['characters of several bytes', '{"a":"ö🦦"}', '{"a":"ö🦦"}'],
])('hands on %s in the body, as API Gateway does', async (_name, sent, body) => {
  expect((await eventOf({ path: '/', body: sent })).body).toBe(body);
});

it('is read back whole by the function', async () => {
  const { method, path, headers, query } = parseApiGatewayEvent(
    await eventOf({ path: '/p?x=1&x=2&y', headers: { Authorization: ['a', 'b'] } }),
  );
  expect([method, path, headers.get('authorization')]).toEqual(['PUT', '/p', ['a', 'b']]);
  expect([...query]).toEqual([
    ['x', ['1', '2']],
    ['y', ['']],
  ]);
});

it.each([
  ['nothing', undefined],
  ['null', null],
  ['a text', 'event'],
  ['null maps', { headers: null, multiValueHeaders: null, queryStringParameters: null }],
  ['maps of another type', { headers: 1, multiValueHeaders: 'x', queryStringParameters: true }],
])('the function reads %s as an empty request', (_name, event) => {
  const { method, path } = parseApiGatewayEvent(event);
  expect([method, path]).toEqual(['', '']);
});

it('the function sees every value where the two maps of an event disagree', () => {
  const { query, headers } = parseApiGatewayEvent({
    queryStringParameters: { pin: '2', only: '1', number: 5 },
    multiValueQueryStringParameters: { pin: ['1'], none: [], odd: 'x' },
    headers: { AUTHORIZATION: 'b' },
    multiValueHeaders: { authorization: ['a'] },
  });
  expect(Object.fromEntries(query)).toEqual({
    pin: ['1', '2'],
    only: ['1'],
    number: [''],
    none: [],
    odd: ['x'],
  });
  expect(headers.get('authorization')).toEqual(['a', 'b']);
});

it('says which port is in use and what to do', async () => {
  const first = createServer();
  const port = Number(new URL(await listen(first, 0, 'PORT')).port);
  await expect(listen(createServer(), port, 'ISSUER_PORT')).rejects.toThrow(
    `port ${port} is in use: set ISSUER_PORT to a free one.`,
  );
  first.close();
});

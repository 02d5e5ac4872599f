// The events of the local gateway, as documented for API Gateway's REST API, and how the function reads them.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createGateway } from '../../infra/local/gateway.ts';
import { listen } from '../../infra/local/listen.ts';
import { parseApiGatewayEvent } from '../../lambda/reset/http/api-gateway.ts';
import { exchange } from '../support/http-client.ts';
import { exampleOf } from '../support/openapi.ts';

it('an answer has the challenge under the name that a REST API gives it, and all other headers as they are', async () => {
  const error = exampleOf('token-missing');
  const headers = {
    'Request-Id': error.id,
    'Cache-Control': 'no-store',
    'Content-Type': 'application/vnd.api+json',
    'WWW-Authenticate': 'Bearer realm="password-reset"',
  };
  const body = JSON.stringify({ errors: [error] });
  const gateway = createGateway(async () => ({ statusCode: 401, headers, body }));
  const answer = await exchange(await listen(gateway, 0, 'PORT'), { path: '/' });
  gateway.close();
  expect(answer.headers).toMatchObject({
    'request-id': error.id,
    'cache-control': 'no-store',
    'x-amzn-remapped-www-authenticate': 'Bearer realm="password-reset"',
  });
  expect(answer.headers).not.toHaveProperty('www-authenticate');
});

/** The event that the gateway makes of a request. */
async function eventOf(request: Parameters<typeof exchange>[1]): Promise<APIGatewayProxyEvent> {
  let seen: unknown;
  const gateway = createGateway(async (event) => {
    seen = event;
    const headers = { 'Request-Id': '00000000000000000000', 'Cache-Control': 'no-store' };
    return { statusCode: 204, headers, body: '' };
  });
  await exchange(await listen(gateway, 0, 'PORT'), request);
  gateway.close();
  return seen as APIGatewayProxyEvent;
}

it('an event has headers and query decoded in both maps, with the last value in the single-value map', async () => {
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

it('an event has null for a missing query, and the body', async () => {
  const event = await eventOf({ path: '/', body: '{"a":1}' });
  expect([event.queryStringParameters, event.multiValueQueryStringParameters, event.body]).toEqual([
    null,
    null,
    '{"a":1}',
  ]);
});

it.each([
  [
    'replacement characters for bytes that are not UTF-8',
    Buffer.from('{"a":"\xf6"}', 'latin1'),
    '{"a":"\ufffd"}',
  ],
  ['a byte order mark', '\ufeff{}', '\ufeff{}'],
  ['a byte order mark alone', '\ufeff', '\ufeff'],
  ['characters of several bytes', '{"a":"ö🦦"}', '{"a":"ö🦦"}'],
])('the body of an event has %s, as with API Gateway', async (_name, sent, body) => {
  expect((await eventOf({ path: '/', body: sent })).body).toBe(body);
});

it('nothing is printed for a client that goes away in the middle of a body, but for a handler that throws', async () => {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
  onTestFinished(() => printed.mockRestore());
  const gateway = createGateway(async () => {
    throw new Error('a bug');
  });
  const url = await listen(gateway, 0, 'PORT');
  const { port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write('PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{');
  await once(gateway, 'request');
  socket.destroy();
  await expect(exchange(url, { path: '/' })).rejects.toThrow();
  gateway.close();
  expect(printed.mock.calls).toEqual([['gateway:', expect.objectContaining({ message: 'a bug' })]]);
});

it('the function reads every value of an event back', async () => {
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
  ['a string', 'event'],
  ['null maps', { headers: null, multiValueHeaders: null, queryStringParameters: null }],
  ['maps of another type', { headers: 1, multiValueHeaders: 'x', queryStringParameters: true }],
])('the function reads %s as an empty request', (_name, event) => {
  const { method, path } = parseApiGatewayEvent(event);
  expect([method, path]).toEqual(['', '']);
});

it('the function reads all values if the two maps of an event disagree', () => {
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

it('a port in use is reported with the variable to set', async () => {
  const first = createServer();
  const port = Number(new URL(await listen(first, 0, 'PORT')).port);
  await expect(listen(createServer(), port, 'ISSUER_PORT')).rejects.toThrow(
    `port ${port} is in use: set ISSUER_PORT to a free one.`,
  );
  first.close();
});

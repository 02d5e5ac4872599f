// What a download accepts and refuses: statuses, sizes, broken connections, and the abort signal.
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { listen } from '../../../../infra/local/listen.ts';
import { download } from '../../../../lambda/reset/adapters/download.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

/** A server that counts the requests and connections it has seen. */
async function serve(answer: RequestListener) {
  const seen = { requests: 0, connections: 0, openSockets: 0, uri: '' };
  const server = createServer((request, response) => {
    seen.requests++;
    answer(request, response);
  });
  server.on('connection', (socket) => {
    seen.connections++;
    seen.openSockets++;
    socket.on('close', () => seen.openSockets--);
  });
  seen.uri = await listen(server, 0, 'PORT');
  open.push({
    close() {
      server.close();
      server.closeAllConnections();
    },
  });
  return seen;
}

it('returns the bytes, and leaves no connection open', async () => {
  const seen = await serve((_request, response) => response.end('abc'));
  expect(await download(seen.uri, { maxBytes: 3 })).toEqual(Buffer.from('abc'));
  await expect.poll(() => seen.openSockets).toBe(0);
});

it('asks for JSON without compression, and has a User-Agent, without which firewalls refuse it', async () => {
  const headers: IncomingHttpHeaders[] = [];
  const seen = await serve((request, response) => {
    headers.push(request.headers);
    response.end();
  });
  await download(seen.uri, { maxBytes: 0 });
  expect(headers).toMatchObject([
    { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'password-reset' },
  ]);
});

it.each([201, 204, 206, 301, 302, 304, 400, 404, 500, 503])(
  'fails on status %i, no retry',
  async (status) => {
    const seen = await serve((_request, response) =>
      response.writeHead(status, { Location: seen.uri }).end(),
    );
    const failure = { name: 'CodedError', code: 'HTTP_STATUS', httpStatus: status };
    await expect(download(seen.uri, { maxBytes: 3 })).rejects.toMatchObject(failure);
    expect(seen.requests).toBe(1);
  },
);

it('closes the connection on an error status whose body never ends', async () => {
  const seen = await serve((_request, response) => void response.writeHead(500).write('a'));
  await expect(download(seen.uri, { maxBytes: 3 })).rejects.toMatchObject({ httpStatus: 500 });
  await expect.poll(() => seen.openSockets).toBe(0);
});

it.each([
  ['at once', 'abcd'],
  ['byte by byte', 'a,b,c,d'],
])('fails on more than maxBytes, sent %s, and closes the connection', async (_how, text) => {
  const seen = await serve(async (_request, response) => {
    for (const part of text.split(',')) {
      response.write(part);
      await sleep(10);
    }
  });
  await expect(download(seen.uri, { maxBytes: 3 })).rejects.toMatchObject({ code: 'TOO_LARGE' });
  expect(seen.requests).toBe(1);
  await expect.poll(() => seen.openSockets).toBe(0);
});

it.each<[string, RequestListener]>([
  ['closed before the answer', (_request, response) => response.destroy()],
  [
    'reset half-way through the answer',
    (_request, response) => {
      response.writeHead(200, { 'Content-Length': 3 });
      response.write('a', () => response.socket?.resetAndDestroy());
    },
  ],
  [
    'closed half-way through the answer',
    (_request, response) => {
      response.writeHead(200, { 'Content-Length': 3 });
      response.write('a', () => response.destroy());
    },
  ],
])('retries once if the connection is %s', async (_when, cut) => {
  const seen = await serve((request, response) =>
    seen.requests === 1 ? cut(request, response) : void response.end('abc'),
  );
  expect(String(await download(seen.uri, { maxBytes: 3 }))).toBe('abc');
  expect([seen.requests, seen.connections]).toEqual([2, 2]);
});

it('does not retry twice', async () => {
  const seen = await serve((_request, response) => response.destroy());
  await expect(download(seen.uri, { maxBytes: 3 })).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(seen.requests).toBe(2);
});

it.each<[string, RequestListener]>([
  ['before the answer', () => {}],
  ['during the answer', (_request, response) => response.write('a')],
])('is aborted by its signal %s, and closes the connection', async (_when, answer) => {
  const abortion = new AbortController();
  const seen = await serve((request, response) => {
    answer(request, response);
    setTimeout(() => abortion.abort(), 50);
  });
  await expect(download(seen.uri, { maxBytes: 3, signal: abortion.signal })).rejects.toThrow();
  expect(seen.requests).toBe(1);
  await expect.poll(() => seen.openSockets).toBe(0);
});

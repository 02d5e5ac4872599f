// What `npm start` serves beside the API: only to pages of this machine, and without a change to the API's answers.
import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGateway } from '../../infra/local/gateway.ts';
import { listen } from '../../infra/local/listen.ts';
import { createLocalPage } from '../../infra/local/page/page-server.ts';
import { createWireLog } from '../../infra/local/page/wire-log.ts';
import { loadConfig } from '../../lambda/reset/config.ts';
import { maxAttempts } from '../../lambda/reset/domain/recovery-pin.ts';
import { resetPath, send } from '../support/http-client.ts';
import { startService, type TestService } from '../support/service.ts';

let service: TestService;
let gateway: ReturnType<typeof createGateway>;
let url: string;
const restored: string[] = [];
beforeAll(async () => {
  service = await startService();
  await service.put({ userId: 'alice', pin: '5621' });
  const actions = {
    users: [
      { userId: 'alice', pin: '5621' },
      { userId: 'a/b ~', pin: undefined },
    ],
    describe: async (userId: string) => ({ userId }),
    restore: async (userId: string) => {
      restored.push(userId);
    },
    events: async () => [{ 'detail-type': 'PasswordReset' }],
    issueToken: (userId: string) => service.token(userId),
  };
  gateway = createGateway(service.handler, createLocalPage(actions, createWireLog()));
  url = await listen(gateway, 0, 'PORT');
});
afterAll(async () => {
  gateway.close();
  gateway.closeAllConnections();
  await service.close();
});

interface Page {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Sends a path unchanged, which `fetch` does not do. */
async function sendRaw(
  path: string,
  { method = 'GET', ...headers }: Record<string, string> = {},
): Promise<Page> {
  const { hostname, port } = new URL(url);
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    request({ hostname, port, path, method, headers }, resolve).on('error', reject).end();
  });
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
}

describe('the files of the page', () => {
  it.each([
    ['/', 'text/html'],
    ['/?utm_source=x', 'text/html'],
    ['/~local/page.js', 'text/javascript'],
    ['/~local/page.css', 'text/css'],
    ['/~local/icon.svg', 'image/svg+xml'],
    ['/~local/openapi.yaml', 'application/yaml'],
    ['/~local/reference', 'text/html'],
    ['/~local/base.css', 'text/css'],
    ['/~local/inter.woff2', 'font/woff2'],
  ])('include %s, which may load nothing from other origins', async (path, type) => {
    const { status, headers, body } = await sendRaw(path);
    expect(status).toBe(200);
    expect(headers['content-type']).toContain(type);
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(body.length).toBeGreaterThan(100);
  });

  it.each([
    '/~local/../../package.json',
    '/~local/%2e%2e/%2e%2e/package.json',
    '/~local/..%2f..%2fpackage.json',
    '/~local//etc/passwd',
    '/~local/constructor',
    '/~local/',
    '/~local/users/alice/%',
    '/~local/exchanges/cbgmhslmp1o9or9kh1p0',
  ])('do not include %s', async (path) => {
    expect((await sendRaw(path)).status).toBe(404);
  });
});

describe('the requests of the page', () => {
  it('are answered', async () => {
    expect(JSON.parse((await sendRaw('/~local/state')).body)).toMatchObject({
      issuesTokens: true,
      maxAttempts,
      users: [{ userId: 'alice', pin: '5621', restores: 0, state: { userId: 'alice' } }, { userId: 'a/b ~' }],
      events: [{ 'detail-type': 'PasswordReset' }],
    });
    expect((await sendRaw('/~local/users/a%2Fb%20~/restore', { method: 'POST' })).status).toBe(200);
    expect(restored).toEqual(['a/b ~']);
    const { token } = JSON.parse((await sendRaw('/~local/users/alice/token', { method: 'POST' })).body);
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it.each([
    ['GET', 'alice/restore'],
    ['GET', 'alice/token'],
    ['POST', 'alice/forged-token'],
    ['POST', 'nobody/token'],
    ['POST', 'alice/delete'],
  ])('are not found with another method or path: %s %s', async (method, path) => {
    expect((await sendRaw(`/~local/users/${path}`, { method })).status).toBe(404);
  });

  it('find each exchange of a connection alone, even if its requests were sent at once', async () => {
    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(`PUT ${resetPath} HTTP/1.1\r\nHost: here\r\n\r\n`.repeat(3));
    let received = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk;
    });
    const answers = () => received.split(/(?=HTTP\/1\.1 401)/);
    const isWhole = (answer: string) => answer.endsWith(']}');
    await expect.poll(() => answers().filter(isWhole).length).toBe(3);
    for (const answer of answers()) {
      const [, id] = /^Request-Id: (\w+)/im.exec(answer) ?? [];
      expect(JSON.parse((await sendRaw(`/~local/exchanges/${id}`)).body).answer).toBe(answer);
    }
    socket.destroy();
  });

  it('restore only users that the page shows', async () => {
    restored.length = 0;
    expect((await sendRaw('/~local/users/mallory/restore', { method: 'POST' })).status).toBe(404);
    expect(restored).toEqual([]);
  });

  it.each([
    ['another origin', { Origin: 'https://evil.example' }],
    ['a file or a sandbox', { Origin: 'null' }],
    ['another port', { Origin: 'http://127.0.0.1:1' }],
    ['another host name that resolves to this machine (DNS rebinding)', { Host: 'evil.example' }],
    ['such a host name with a port', { Host: 'evil.example:80' }],
  ])('are refused from a page of %s', async (_name, headers) => {
    restored.length = 0;
    for (const method of ['GET', 'POST']) {
      const answer = await sendRaw('/~local/users/alice/restore', { method, ...headers });
      expect(answer.status).toBe(403);
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    }
    expect((await sendRaw('/', headers)).status).toBe(403);
    expect(restored).toEqual([]);
  });

  it.each(['127.0.0.1', 'localhost'])('are answered to the page at %s', async (name) => {
    const Host = `${name}:${new URL(url).port}`;
    const { status } = await sendRaw('/~local/state', { Host, Origin: `http://${Host}` });
    expect(status).toBe(200);
  });
});

describe('the API beside the page', () => {
  it.each(['evil.example', 'evil.example:3000', '127.0.0.1.evil.example', 'localhost.evil.example.'])(
    'is refused to a page whose name %s was made to resolve to this machine (DNS rebinding)',
    async (Host) => {
      const { length } = service.recorder.lines;
      expect((await sendRaw(resetPath, { method: 'PUT', Host })).status).toBe(403);
      expect(service.recorder.lines).toHaveLength(length);
    },
  );

  it.each(['10.0.2.2:3000', '[::1]:3000', 'localhost', 'gateway:3000', 'host.docker.internal:3000'])(
    'is there under %s, by which emulators and containers call it',
    async (Host) => {
      expect((await sendRaw(resetPath, { method: 'PUT', Host })).status).toBe(401);
    },
  );

  it('still answers not-found at / to other methods than GET', async () => {
    for (const method of ['PUT', 'POST', 'DELETE'])
      expect((await send(url, { method, path: '/' })).code).toBe('not-found');
  });

  it('cannot have the base path of the page', () => {
    const environment = {
      TABLE_NAME: 't',
      TOKEN_ISSUER: 'https://i.test',
      TOKEN_AUDIENCE: 'a',
      PIN_PEPPER_SECRET_ID: 's',
    };
    expect(() => loadConfig({ ...environment, BASE_PATHS: '~local' })).toThrow('BASE_PATHS');
  });

  it('has each exchange recorded byte for byte', async () => {
    const body = '{"pin":"5621"}';
    const headers = {
      Authorization: `Bearer ${await service.token('alice')}`,
      'Content-Type': 'application/json',
      'X-Twice': ['1', '2'],
    };
    const answer = await send(url, { path: `${resetPath}?a=b%20c`, headers, body });
    expect(answer.code).toBe('204');
    const recorded = JSON.parse((await sendRaw(`/~local/exchanges/${answer.headers['request-id']}`)).body);
    expect(recorded.request).toMatch(/^PUT \/user\/2021-2\/user\/password\/reset\?a=b%20c HTTP\/1\.1\r\n/);
    expect(recorded.request).toContain('\r\nX-Twice: 1\r\nX-Twice: 2\r\n');
    expect(recorded.request.endsWith(`\r\n\r\n${body}`)).toBe(true);
    expect(recorded.answer).toMatch(/^HTTP\/1\.1 204 No Content\r\n(?:[\w-]+: [^\r]+\r\n)+\r\n$/);
    expect(recorded.answer).toContain(`Request-Id: ${answer.headers['request-id']}\r\n`);

    const refused = await send(url, { path: resetPath });
    const exchange = JSON.parse((await sendRaw(`/~local/exchanges/${refused.headers['request-id']}`)).body);
    expect(exchange.answer.endsWith(`\r\n\r\n${refused.body}`)).toBe(true);
  });

  it('has only the latest fifty exchanges recorded', async () => {
    const first = await send(url, { path: resetPath });
    for (let i = 0; i < 50; i++) await send(url, { path: resetPath });
    expect((await sendRaw(`/~local/exchanges/${first.headers['request-id']}`)).status).toBe(404);
  });
});

// Ports of the loopback address: found for later, and refused.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { UsageError } from '../../infra/command-line/usage-error.ts';
import { checkProxy, explainPort, findFreePort, listen } from '../../infra/local/listen.ts';

test('a port found for later is outside the range of ephemeral ports', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, () => findFreePort()));
  expect(Math.max(...ports)).toBeLessThan(32_768);
  expect(Math.min(...ports)).toBeGreaterThan(1_023);
});

test('a port in use is refused with the variable that sets it', async () => {
  const server = createServer();
  onTestFinished(() => void server.close());
  const port = Number(new URL(await listen(server, 0, 'PORT')).port);
  await expect(findFreePort(port, 'DYNAMODB_PORT')).rejects.toThrow(
    `port ${port} is in use: set DYNAMODB_PORT to a free one.`,
  );
});

test('a machine without IPv4 on its loopback interface is told what it lacks', async () => {
  // An address that no machine has (RFC 5737), in place of the one that this machine has.
  const server = createServer().listen(0, '192.0.2.1');
  const [error] = await once(server, 'error');
  expect(explainPort(error, 3000, 'PORT')).toEqual(
    new UsageError(
      'this machine has no address 127.0.0.1: give its loopback interface IPv4 (Linux: ip addr add 127.0.0.1/8 dev lo).',
    ),
  );
});

describe('a proxy of the shell', () => {
  const proxy = 'http://proxy.example:3128';
  const hint = (name: string) =>
    `${name} sends requests for 127.0.0.1 to a proxy: add 127.0.0.1 to NO_PROXY in this shell.`;

  test.each([
    [{ http_proxy: proxy }, 'http_proxy'],
    [{ HTTP_PROXY: proxy, NO_PROXY: 'localhost,.example.com' }, 'HTTP_PROXY'],
    [{ ALL_PROXY: proxy, NODE_USE_ENV_PROXY: '1' }, 'ALL_PROXY'],
  ])('is told to people who use curl: %j', (env, name) => {
    expect(checkProxy(env)).toBe(hint(name));
  });

  test.each([
    { http_proxy: proxy, NODE_USE_ENV_PROXY: '1' },
    { http_proxy: proxy, NODE_OPTIONS: '--no-warnings --use-env-proxy' },
  ])('is refused if Node asks it too: %j', (env) => {
    expect(() => checkProxy(env)).toThrow(new UsageError(hint('http_proxy')));
  });

  test.each([
    {},
    { HTTPS_PROXY: proxy, NODE_USE_ENV_PROXY: '1' },
    { http_proxy: proxy, NODE_USE_ENV_PROXY: '1', NO_PROXY: 'localhost, 127.0.0.1' },
    { http_proxy: proxy, NODE_USE_ENV_PROXY: '1', no_proxy: '*' },
  ])('does not matter if it is not asked: %j', (env) => {
    expect(checkProxy(env)).toBeUndefined();
  });
});

// Ports of the loopback address: found for later, and refused.
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { findFreePort, listen } from '../../infra/local/listen.ts';

test('a port found for later is none of those that systems give to programs which ask for any', async () => {
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

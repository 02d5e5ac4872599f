// The sample of docs/samples that runs everywhere. Those in Kotlin and Swift need compilers: docs/api.md has their commands.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runShell } from '../support/local-process.ts';
import { startService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

it.each([
  ['9073', 403],
  ['5621', 204],
])('docs/samples/reset.sh with the PIN %s is answered %i', async (PIN, status) => {
  // A reset revokes tokens of the same second, so each test has a user of its own.
  const userId = `alice-${status}`;
  await service.put({ userId, pin: '5621' });
  const environment = { URL: service.url, TOKEN: await service.token(userId), PIN };
  const { stdout } = await runShell('bash docs/samples/reset.sh', environment);
  expect(stdout).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
});

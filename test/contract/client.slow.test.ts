// A client generated from openapi.yaml, as a user of the API would generate it, against the service.
import createClient from 'openapi-fetch';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openApiUrl } from '../support/openapi.ts';
import { startService, type TestService } from '../support/service.ts';
import type { paths } from './generated-client.ts';
import { generateClient } from './generator/generate-client.ts';

const path = '/user/password/reset';

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

it('the generated client is up to date with openapi.yaml (vitest -u renews it)', async () => {
  await expect(await generateClient(openApiUrl)).toMatchFileSnapshot('./generated-client.ts');
});

it('the generated client resets without a PIN', async () => {
  await service.put({ userId: 'nopin', password: 'old' });
  const { response, error } = await (await clientOf('nopin')).PUT(path);
  expect([response.status, error]).toEqual([204, undefined]);
  expect(await service.item('nopin')).not.toHaveProperty('passwordHash');
});

it('the generated client knows the error codes', async () => {
  await service.put({ userId: 'wrong', pin: '5621' });
  const client = await clientOf('wrong');
  const { error } = await client.PUT(path, { params: { query: { pin: '9073' } } });
  const [first] = error?.errors ?? [];
  expect([first?.code, first?.meta?.remainingAttempts]).toEqual(['recovery-pin-mismatch', 2]);
});

it('the generated client sends a PIN and a new password in the body', async () => {
  await service.put({ userId: 'body', pin: '5621', paymentMethods: { visa: {} } });
  const client = await clientOf('body');
  const { response } = await client.PUT(path, {
    body: { pin: '5621', password: 'five hushed otters paddle upstream' },
  });
  expect(response.status).toBe(204);
  expect(await service.item('body')).toMatchObject({
    passwordHash: { S: expect.any(String) },
    paymentMethods: { M: { visa: {} } },
  });
});

async function clientOf(userId: string) {
  const headers = { Authorization: `Bearer ${await service.token(userId)}` };
  return createClient<paths>({ baseUrl: `${service.url}/user/2021-2`, headers });
}

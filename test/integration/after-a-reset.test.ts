// The way to a new password after a reset that had none: docs/api.md, "After a reset".
import { afterAll, beforeAll, expect, it } from 'vitest';
import { useQuickArgon2 } from '../support/replaced-crypto.ts';
import { startService, type TestService } from '../support/service.ts';

useQuickArgon2();

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const now = Math.floor(Date.now() / 1000);

function reset(token: string, content: object) {
  const headers = { 'Content-Type': 'application/json' };
  return service.reset(token, '', { headers, body: JSON.stringify(content) });
}

async function tokensValidFrom(): Promise<number> {
  return Number((await service.item('erin'))?.tokensValidFrom?.N);
}

it('a new password can be set with a token of the next second, and a later reset removes it', async () => {
  await service.put({ userId: 'erin', pin: '5621', password: 'old', tokensValidFrom: now - 60 });
  const password = 'five hushed otters paddle upstream';
  const recovery = await service.token('erin', { iat: now - 1 });
  expect((await reset(recovery, { pin: '5621' })).code).toBe('204');

  const validFrom = await tokensValidFrom();
  expect((await reset(recovery, { pin: '5621', password })).code).toBe('token-revoked');
  const sameSecond = await service.token('erin', { iat: validFrom - 1 });
  expect((await reset(sameSecond, { pin: '5621', password })).code).toBe('token-revoked');
  const nextSecond = await service.token('erin', { iat: validFrom });
  expect((await reset(nextSecond, { pin: '5621', password })).code).toBe('204');
  expect(await service.item('erin')).toHaveProperty('passwordHash');

  const later = await service.token('erin', { iat: await tokensValidFrom() });
  expect((await reset(later, { pin: '5621' })).code).toBe('204');
  expect(await service.item('erin')).not.toHaveProperty('passwordHash');
});

// Many concurrent requests over HTTP, on the atomicity of a real table engine.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { useQuickArgon2 } from '../support/replaced-crypto.ts';
import { startService, type TestService } from '../support/service.ts';

useQuickArgon2();

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

// thousand-pins.slow.test.ts has a thousand.
const pins = Array.from({ length: 60 }, (_, i) => String(1000 + i));

it('at most three of 60 different PINs are checked, and then not even the right one', async () => {
  await service.put({ userId: 'alice', pin: '5621', paymentMethods: { visa: {} } });
  const token = await service.token('alice');
  const answers = await Promise.all(pins.map((pin) => service.reset(token, `?pin=${pin}`)));
  const codes = answers.map(({ code }) => code);
  expect(codes.filter((code) => code === 'recovery-pin-mismatch')).toHaveLength(3);
  expect(codes.filter((code) => code === 'recovery-pin-locked')).toHaveLength(57);
  expect((await service.item('alice'))?.pinGuesses?.SS).toHaveLength(3);
  expect((await service.reset(token, '?pin=5621')).code).toBe('recovery-pin-locked');
  expect(Object.keys((await service.item('alice'))?.paymentMethods?.M ?? {})).toEqual(['visa']);
});

it.each(['', '?pin=5621'])('concurrent equal requests cause one reset (query "%s")', async (query) => {
  await service.put({ userId: 'bob', pin: '5621', paymentMethods: { visa: {}, sepa: {} } });
  service.recorder.clear();
  const token = await service.token('bob');
  const answers = await Promise.all(Array.from({ length: 8 }, () => service.reset(token, query)));
  expect(answers.map(({ code }) => code)).toEqual(Array(8).fill('204'));
  expect(service.recorder.counted.get('PasswordReset')).toEqual([1]);
  const done = service.recorder.lines.filter(({ code }) => code === 'reset');
  expect(done).toHaveLength(1);
  expect((await service.item('bob'))?.lastReset?.M?.id?.S).toBe(done[0]?.invocationId);
});

it('of two concurrent resets, one with and one without a PIN, only one is done', async () => {
  for (let round = 0; round < 4; round++) {
    const userId = `carol-${round}`;
    await service.put({ userId, pin: '5621', paymentMethods: { visa: {} } });
    const token = await service.token(userId);
    const [withPin, without] = await Promise.all([service.reset(token, '?pin=5621'), service.reset(token)]);
    const { lastReset, paymentMethods } = (await service.item(userId)) ?? {};
    expect([withPin.code, without.code].sort()).toEqual(['204', 'token-revoked']);
    const pinVerified = withPin.code === '204';
    expect(lastReset?.M?.pinVerified?.BOOL).toBe(pinVerified);
    expect(Object.keys(paymentMethods?.M ?? {})).toEqual(pinVerified ? ['visa'] : []);
  }
});

it('eight concurrent requests with the same wrong PIN count as one attempt', async () => {
  await service.put({ userId: 'dave', pin: '5621' });
  const token = await service.token('dave');
  const answers = await Promise.all(Array.from({ length: 8 }, () => service.reset(token, '?pin=1000')));
  expect(answers.map(({ error }) => error?.meta)).toEqual(Array(8).fill({ remainingAttempts: 2 }));
});

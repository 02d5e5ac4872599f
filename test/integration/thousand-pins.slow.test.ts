// A burst of attempts over as many connections as PINs, on the atomicity of a real table engine.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const pins = Array.from({ length: 1_000 }, (_, index) => String(1_000 + index));

it('at most three of 1,000 different PINs are checked', async () => {
  await service.put({ userId: 'alice', password: 'old', pin: '5621', paymentMethods: { visa: {} } });
  const before = await service.item('alice');
  const token = await service.token('alice');
  const answers = await Promise.all(pins.map((pin) => service.reset(token, `?pin=${pin}`)));
  const codes = answers.map(({ code }) => code).toSorted();
  expect(codes).toEqual([
    ...Array(997).fill('recovery-pin-locked'),
    ...Array(3).fill('recovery-pin-mismatch'),
  ]);
  const { pinGuesses, pinLock: _mark, ...rest } = (await service.item('alice')) ?? {};
  expect(pinGuesses?.SS).toHaveLength(3);
  expect(rest).toEqual(before);
  expect((await service.reset(token, '?pin=5621')).code).toBe('recovery-pin-locked');
});

// A burst of attempts over as many connections as PINs, on the atomicity of a real table engine.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const pins = Array.from({ length: 1_000 }, (_, index) => String(1_000 + index));

it('at most three of 1,000 different PINs are checked', { timeout: 60_000 }, async () => {
  await service.put({ userId: 'alice', password: 'old', pin: '5621', paymentMethods: { visa: {} } });
  const before = await service.item('alice');
  const token = await service.token('alice');
  const checked = new Set<string>();
  let left = pins;
  // A machine short of sockets resets some connections or answers 501; those requests are sent again, as callers do.
  const sendPin = (pin: string) =>
    service.reset(token, `?pin=${pin}`).then(
      ({ code }) => code,
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ECONNRESET') throw error;
        return 'cut off';
      },
    );
  for (let round = 0; round < 10 && left.length > 0; round++) {
    const codes = await Promise.all(left.map(sendPin));
    left = left.filter((pin, index) => {
      if (codes[index] === 'recovery-pin-mismatch') checked.add(pin);
      else if (codes[index] === 'internal-error' || codes[index] === 'cut off') return true;
      else expect(codes[index]).toBe('recovery-pin-locked');
      return false;
    });
  }
  expect(left).toEqual([]);
  expect(checked.size).toBe(3);
  const { pinGuesses, pinLock: _mark, ...rest } = (await service.item('alice')) ?? {};
  expect(pinGuesses?.SS).toHaveLength(3);
  expect(rest).toEqual(before);
  expect((await service.reset(token, '?pin=5621')).code).toBe('recovery-pin-locked');
});

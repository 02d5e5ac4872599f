// The recovery PIN over HTTP: what may be meant as a PIN and is not one is refused, writes nothing, and clears no payment
// methods. What may be meant as a PIN is the subject of test/unit/reset/http/pin-parameter.test.ts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useQuickArgon2 } from '../support/replaced-crypto.ts';
import { startService, type TestService } from '../support/service.ts';

useQuickArgon2();

let service: TestService;
beforeAll(async () => {
  service = await startService();
  await service.put({ userId: 'alice', password: 'old', pin: '5621', paymentMethods: { visa: {} } });
});
afterAll(() => service.close());

describe('a query that may mean a PIN, and is not one pin of four ASCII digits, gets 403 without a write:', () => {
  it.each([
    '?pin=',
    '?pin',
    '?pin=123',
    '?pin=56210',
    '?pin=12a4',
    '?pin=5621&pin=1000',
    '?pin=5621&pin=5621',
    '?PIN=5621',
    '?pin[]=5621',
    '?user[pin]=5621',
    '?lang=de?pin=5621',
    '?params=pin,5621',
    '?5621',
    '?request=[object%20Object]',
    `?pin=${'5621'.repeat(2_560)}`,
  ])('%s', async (query) => {
    const before = await service.item('alice');
    service.proxy.calls.length = 0;
    const answer = await service.reset(await service.token('alice'), query);
    expect([answer.status, answer.code]).toEqual([403, 'recovery-pin-malformed']);
    expect(answer.error?.source).toEqual({ parameter: 'pin' });
    expect(service.proxy.calls).toEqual([]);
    expect(await service.item('alice')).toEqual(before);
  });
});

describe('the right PIN is answered 204 and keeps the payment methods in every valid encoding:', () => {
  it.each([
    ['5621', '?pin=5621'],
    ['5621', '?%70%69%6E=562%31&'],
    ['5621', '?utm_source=mail&pin=5621&utm_campaign=pin'],
    ['0007', '?pin=0007'],
  ])('PIN %s as %s', async (pin, query) => {
    await service.put({ userId: 'bob', password: 'old', pin, paymentMethods: { visa: {} } });
    expect((await service.reset(await service.token('bob'), query)).code).toBe('204');
    const item = await service.item('bob');
    expect(Object.keys(item?.paymentMethods?.M ?? {})).toEqual(['visa']);
    expect(item?.passwordHash).toBeUndefined();
  });

  it('7000 does not match 0007', async () => {
    await service.put({ userId: 'bob', pin: '0007' });
    expect((await service.reset(await service.token('bob'), '?pin=7000')).code).toBe('recovery-pin-mismatch');
  });
});

describe('a query without a PIN resets without a PIN, whatever other parameters it has:', () => {
  it.each([
    '?',
    '?utm_source=mail&utm_campaign=pin+of+the+week&uber-trace-id=6a1f:5621:0:1',
    '?shipping=5621&build=1000',
    '?p%ff=5621&x=caf%e9',
  ])('%s', async (query) => {
    await service.put({ userId: 'carol', pin: '5621', paymentMethods: { visa: {} } });
    expect((await service.reset(await service.token('carol'), query)).code).toBe('204');
    expect((await service.item('carol'))?.paymentMethods?.M).toEqual({});
  });
});

describe('a PIN outside the query writes nothing:', () => {
  it.each([';pin=5621', '%3Fpin=5621', '#pin=5621', '/5621', '/?pin=5621', '%00?pin=5621'])(
    '404 not-found for %s after the path',
    async (end) => {
      const before = await service.item('alice');
      const answer = await service.reset(await service.token('alice'), end);
      expect([answer.status, answer.code]).toEqual([404, 'not-found']);
      expect(await service.item('alice')).toEqual(before);
    },
  );

  it.each(['Pin', 'X-RecoveryPin'])('403 recovery-pin-malformed for the header %s', async (name) => {
    const before = await service.item('alice');
    const answer = await service.reset(await service.token('alice'), '', { headers: { [name]: '5621' } });
    expect([answer.status, answer.code]).toEqual([403, 'recovery-pin-malformed']);
    expect(answer.error?.source).toEqual({ parameter: 'pin' });
    expect(await service.item('alice')).toEqual(before);
  });

  it.each(['X-Shipping'])('204 for the header %s, which means no PIN', async (name) => {
    await service.put({ userId: 'carol', pin: '5621', paymentMethods: { visa: {} } });
    const headers = { [name]: '5621', 'uber-trace-id': '6a1f:5621:0:1' };
    expect((await service.reset(await service.token('carol'), '', { headers })).code).toBe('204');
  });
});

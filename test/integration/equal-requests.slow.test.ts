// Requests that share everything that a caller can choose (token, Request-Id) and the millisecond: the effect of one is
// never mistaken for the effect of another.
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type HttpAnswer, resetPath, send } from '../support/http-client.ts';
import { type LocalProcess, startLocal } from '../support/local-process.ts';
import { startService, type TestService } from '../support/service.ts';

const requestId = 'cbgmhslmp1o9or9kh1p0';
const alice = { userId: 'alice', password: 'old', pin: '5621', paymentMethods: { visa: {} } };

describe('with the same token and Request-Id in the same millisecond,', () => {
  let service: TestService;
  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2033-05-18T03:33:20.250Z') });
    service = await startService();
  });
  afterAll(async () => {
    await service.close();
    vi.useRealTimers();
  });
  beforeEach(() => service.put(alice));

  const reset = (token: string, query: string, password?: string) =>
    service.reset(token, query, {
      headers: {
        'Request-Id': requestId,
        ...(password !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(password !== undefined && { body: JSON.stringify({ password }) }),
    });

  it.each(['?pin=1000', '?pin=5621'])(
    'a PIN is not checked after a reset without a PIN (query "%s")',
    async (query) => {
      const token = await service.token('alice');
      expect((await reset(token, '')).code).toBe('204');
      const after = await service.item('alice');
      expect((await reset(token, query)).code).toBe('token-revoked');
      expect(await service.item('alice')).toEqual(after);
    },
  );

  it.each(['?pin=1003', '?pin=5621'])('a locked PIN stays locked (query "%s")', async (query) => {
    const token = await service.token('alice');
    for (const wrong of ['1000', '1001', '1002']) await reset(token, `?pin=${wrong}`);
    expect((await reset(token, query)).code).toBe('recovery-pin-locked');
    expect((await reset(token, '')).code).toBe('204');
    expect((await reset(token, query)).code).toBe('token-revoked');
  });

  it('a reset with another new password is refused, since that was not stored', async () => {
    const token = await service.token('alice');
    expect((await reset(token, '', 'five hushed otters paddle upstream')).code).toBe('204');
    const after = await service.item('alice');
    expect((await reset(token, '', 'six hushed otters paddle upstream')).code).toBe('token-revoked');
    expect(await service.item('alice')).toEqual(after);
  });

  it('two resets by two tokens of a user are recorded as two, each with an id of its own', async () => {
    const [first, second] = [
      await service.token('alice'),
      await service.token('alice', { iat: seconds() + 3 }),
    ];
    expect((await reset(first, '')).code).toBe('204');
    const before = await service.item('alice');
    expect((await reset(second, '')).code).toBe('204');
    const after = await service.item('alice');
    expect(after?.lastReset?.M?.at).toEqual(before?.lastReset?.M?.at);
    expect(after?.lastReset?.M?.id).not.toEqual(before?.lastReset?.M?.id);
    expect(service.recorder.lines.slice(-2)).toMatchObject([{ code: 'reset' }, { code: 'reset' }]);
  });

  const seconds = () => Math.floor(Date.now() / 1_000);
});

describe('with the same token and Request-Id in four processes at once,', () => {
  let service: TestService;
  let processes: LocalProcess[];
  beforeAll(async () => {
    service = await startService();
    // DynamoDB Local tells databases apart by credentials and region.
    const { AWS_REGION = '', AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = process.env;
    const aws = { AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY };
    const start = () => startLocal({ ...service.environment, ...aws });
    processes = await Promise.all([start(), start(), start(), start()]);
  });
  afterAll(async () => {
    await Promise.all(processes.map((one) => one.stop()));
    await service.close();
  });

  const bursts = 20;
  const pins = ['1003', '1004', '1005', '1006', '1007', '5621'];

  it('a locked PIN is not checked, even during a reset without a PIN', async () => {
    const codes = new Map<string, number>();
    for (let burst = 0; burst < bursts; burst++) {
      const userId = `locked-${burst}`;
      await service.put({ ...alice, userId });
      const token = await service.token(userId);
      for (const wrong of ['1000', '1001', '1002']) await service.reset(token, `?pin=${wrong}`);
      const headers = { Authorization: `Bearer ${token}`, 'Request-Id': requestId };
      const sendTo = (index: number, query: string): Promise<HttpAnswer> =>
        send((processes[index % processes.length] as LocalProcess).url, { path: resetPath + query, headers });
      const [withoutPin, ...withPin] = await Promise.all([
        sendTo(0, ''),
        ...pins.map((pin, index) => sendTo(index + 1, `?pin=${pin}`)),
      ]);
      expect(['204', 'internal-error']).toContain(withoutPin.code);
      for (const { code } of withPin) codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    expect([...codes.keys()]).toEqual(expect.arrayContaining(['recovery-pin-locked', 'token-revoked']));
    expect(codes.get('recovery-pin-mismatch')).toBeUndefined();
    expect(codes.get('204')).toBeUndefined();
  });
});

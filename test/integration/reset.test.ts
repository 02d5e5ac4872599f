// What a reset does to the item, how many round trips it takes, what is reported, and that a repetition changes nothing.
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { documented } from '../support/openapi.ts';
import { useQuickArgon2 } from '../support/replaced-crypto.ts';
import { startService, type TestService } from '../support/service.ts';

useQuickArgon2();

const alice = {
  userId: 'alice',
  password: 'old',
  pin: '5621',
  paymentMethods: { visa: { kind: 'creditcard' }, sepa: { kind: 'sepa' } },
  linkedIdentities: ['bank'],
} as const;

let service: TestService;
// The clock stands still, since a write that is answered in another second is followed by one more.
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  service = await startService();
});
afterAll(async () => {
  await service.close();
  vi.useRealTimers();
});
beforeEach(async () => {
  await service.put(alice);
  service.proxy.calls.length = 0;
  service.recorder.clear();
});

const seconds = () => Math.floor(Date.now() / 1000);

describe('a reset without a PIN', () => {
  it('removes the password, clears the payment methods, revokes the token, and keeps the rest', async () => {
    const before = await service.item('alice');
    const token = await service.token('alice');
    const answer = await service.reset(token);
    const { passwordResetAt, lastReset, tokensValidFrom, ...rest } = (await service.item('alice')) ?? {};
    const { passwordHash: _, ...kept } = before ?? {};
    expect(answer.code).toBe('204');
    expect(rest).toEqual({ ...kept, paymentMethods: { M: {} } });
    expect(lastReset?.M).toEqual({
      id: { S: service.invocationId(answer) },
      token: { S: expect.stringMatching(/^[\w-]{43}$/) },
      at: passwordResetAt,
      pinVerified: { BOOL: false },
    });
    expect(passwordResetAt).toEqual({ S: new Date().toISOString() });
    expect(tokensValidFrom).toEqual({ N: String(seconds() + 1) });
  });

  it('takes one round trip', async () => {
    await service.reset(await service.token('alice'));
    expect(service.proxy.calls).toEqual(['UpdateItem']);
  });

  it('keeps the counted attempts, and so allows no new ones', async () => {
    await service.reset(await service.token('alice'), '?pin=1000');
    await service.reset(await service.token('alice'));
    expect((await service.item('alice'))?.pinGuesses?.SS).toHaveLength(1);
  });

  it('revokes the tokens issued before it, and none from the next second on', async () => {
    const early = await service.token('alice');
    await service.reset(await service.token('alice'));
    expect((await service.reset(early)).code).toBe('token-revoked');
    vi.advanceTimersByTime(1_000);
    expect((await service.reset(await service.token('alice'))).code).toBe('204');
  });

  it("revokes its own token even if the issuer's clock is ahead", async () => {
    const token = await service.token('alice', { iat: seconds() + 4, exp: seconds() + 60 });
    await service.reset(token);
    expect((await service.reset(token, '?pin=5621')).code).toBe('token-revoked');
  });

  it('logs one line, and counts the reset and the cleared payment methods', async () => {
    const answer = await service.reset(await service.token('alice'));
    expect(service.recorder.lines).toEqual([
      {
        level: 'info',
        message: 'request',
        requestId: answer.headers['request-id'],
        invocationId: service.invocationId(answer),
        functionRequestId: expect.stringMatching(/^[\da-f-]{36}$/),
        code: 'reset',
        status: 204,
        userId: 'alice',
        pinVerified: false,
        paymentMethodsCleared: 2,
        durationMs: expect.any(Number),
      },
    ]);
    expect(Object.fromEntries(service.recorder.counted)).toEqual({
      PasswordReset: [1],
      PaymentMethodsCleared: [2],
    });
  });
});

describe('a reset with the right PIN', () => {
  it('removes the password and the attempts, and keeps the payment methods and the verifier', async () => {
    await service.reset(await service.token('alice'), '?pin=1000');
    const { passwordHash: _, pinGuesses, ...kept } = (await service.item('alice')) ?? {};
    const answer = await service.reset(await service.token('alice'), '?pin=5621');
    const { passwordResetAt, lastReset, tokensValidFrom, ...rest } = (await service.item('alice')) ?? {};
    expect(pinGuesses?.SS).toHaveLength(1);
    expect(answer.code).toBe('204');
    expect(rest).toEqual(kept);
    expect(lastReset?.M?.pinVerified).toEqual({ BOOL: true });
  });

  it('takes two round trips, and one if the PIN is wrong', async () => {
    await service.reset(await service.token('alice'), '?pin=1000');
    expect(service.proxy.calls).toEqual(['UpdateItem']);
    await service.reset(await service.token('alice'), '?pin=5621');
    expect(service.proxy.calls).toEqual(['UpdateItem', 'UpdateItem', 'UpdateItem']);
  });

  it('accepts the PIN percent-encoded and among other parameters', async () => {
    const answer = await service.reset(
      await service.token('alice'),
      '?utm_source=mail&pin=%356%321&ping=1&spin=2',
    );
    expect(answer.code).toBe('204');
    expect((await service.item('alice'))?.lastReset?.M?.pinVerified).toEqual({ BOOL: true });
  });

  it('logs that the PIN was verified, and counts the reset', async () => {
    await service.reset(await service.token('alice'), '?pin=5621');
    expect(service.recorder.lines).toMatchObject([
      { code: 'reset', pinVerified: true, paymentMethodsCleared: 0 },
    ]);
    expect(Object.fromEntries(service.recorder.counted)).toEqual({ PasswordReset: [1] });
  });

  it('counts each mismatch, and the lock once, however many attempts follow', async () => {
    for (const pin of ['1000', '1001', '1002', '1003', '1002', '1004']) {
      await service.reset(await service.token('alice'), `?pin=${pin}`);
    }
    expect(Object.fromEntries(service.recorder.counted)).toEqual({
      RecoveryPinMismatch: [1, 1, 1, 1],
      RecoveryPinLocked: [1],
    });
  });

  it('stores an attempt as a digest that differs between users', async () => {
    await service.put({ ...alice, userId: 'bob' });
    await service.reset(await service.token('alice'), '?pin=1000');
    await service.reset(await service.token('bob'), '?pin=1000');
    const [ofAlice] = (await service.item('alice'))?.pinGuesses?.SS ?? [];
    const [ofBob] = (await service.item('bob'))?.pinGuesses?.SS ?? [];
    expect(ofAlice).toMatch(/^[\w-]{43}$/);
    expect(ofBob).not.toBe(ofAlice);
  });
});

describe('a write that the SDK retries after a lost answer', () => {
  it.each(['', '?pin=5621'])('is logged and counted as one reset (query "%s")', async (query) => {
    const last = query === '' ? 1 : 2;
    service.proxy.intercept = async (call) => {
      if (service.proxy.calls.length !== last) return false;
      await call.forward();
      call.response.socket?.destroy();
      return true;
    };
    const answer = await service.reset(await service.token('alice'), query);
    service.proxy.intercept = undefined;
    expect(answer.code).toBe('204');
    expect(service.recorder.lines).toMatchObject([{ code: 'reset', pinVerified: query !== '' }]);
    expect(service.recorder.counted.get('PasswordReset')).toEqual([1]);
    expect((await service.item('alice'))?.lastReset?.M?.id?.S).toBe(service.invocationId(answer));
  });
});

describe('a token issued during the write of a reset', () => {
  /** Lets two seconds pass before a reset's write is carried out, or between that and its answer. */
  function delay(query: string, landing: 'before it lands' | 'after it landed') {
    const last = query === '' ? 1 : 2;
    service.proxy.intercept = async (call) => {
      if (service.proxy.calls.length !== last) return false;
      if (landing === 'after it landed') await call.forward();
      vi.advanceTimersByTime(2_000);
      if (landing === 'before it lands') return false;
      // The answer is lost, and the SDK sends the write again.
      call.response.socket?.destroy();
      return true;
    };
  }

  it.each([
    ['', 'before it lands'],
    ['', 'after it landed'],
    ['?pin=5621', 'before it lands'],
    ['?pin=5621', 'after it landed'],
  ] as const)('is revoked too (query "%s", issued %s)', async (query, landing) => {
    const startedAt = seconds();
    const token = await service.token('alice');
    delay(query, landing);
    const answer = await service.reset(token, query);
    service.proxy.intercept = undefined;
    expect(answer.code).toBe('204');
    const issued = await service.token('alice', { iat: startedAt + 2 });
    expect((await service.reset(issued)).code).toBe('token-revoked');
    expect((await service.item('alice'))?.tokensValidFrom?.N).toBe(String(startedAt + 3));
    expect((await service.reset(token, query)).code).toBe('204');
    vi.advanceTimersByTime(1_000);
    expect((await service.reset(await service.token('alice'))).code).toBe('204');
  });

  it('is reported if it cannot be revoked, and the reset is answered 204', async () => {
    delay('', 'before it lands');
    const late = service.proxy.intercept;
    service.proxy.intercept = async (call) => {
      if (!call.body.includes('"SET tokensValidFrom')) return (await late?.(call)) ?? false;
      call.response.writeHead(400, { 'Content-Type': 'application/x-amz-json-1.0' });
      call.response.end('{"__type":"com.amazonaws.dynamodb.v20120810#AccessDeniedException"}');
      return true;
    };
    const answer = await service.reset(await service.token('alice'));
    service.proxy.intercept = undefined;
    expect(answer.code).toBe('204');
    expect(service.recorder.lines).toMatchObject([
      { level: 'error', message: 'Tokens issued while a reset was in flight could not be revoked' },
      { code: 'reset' },
    ]);
  });
});

describe('a repeated request', () => {
  it.each(['', '?pin=5621'])('is answered 204 and changes nothing (query "%s")', async (query) => {
    const token = await service.token('alice');
    await service.reset(token, query);
    const after = await service.item('alice');
    service.recorder.clear();
    for (let i = 0; i < 8; i++) expect((await service.reset(token, query)).code).toBe('204');
    expect(await service.item('alice')).toEqual(after);
    expect(service.recorder.lines.map(({ code }) => code)).toEqual(Array(8).fill('replayed'));
    expect(service.recorder.counted.size).toBe(0);
  });

  it.each<[string, object, object]>([
    ['without a jti', { jti: undefined }, { jti: undefined, extra: 1 }],
    ['with the same jti, issued at another time', { jti: 'one' }, { jti: 'one', iat: seconds() - 1 }],
    ['with the same jti, issued at the same time', { jti: 'one' }, { jti: 'one', extra: 1 }],
  ])('is answered token-revoked with another token %s', async (_name, claims, otherClaims) => {
    const token = await service.token('alice', { iat: seconds(), ...claims });
    await service.reset(token);
    expect((await service.reset(token)).code).toBe('204');
    const other = await service.token('alice', { iat: seconds(), ...otherClaims });
    expect((await service.reset(other)).code).toBe('token-revoked');
  });

  it.each([
    ['', '?pin=5621'],
    ['?pin=5621', ''],
  ])(
    'is answered token-revoked if its kind differs: first the query "%s", then "%s"',
    async (first, second) => {
      const token = await service.token('alice');
      await service.reset(token, first);
      const after = await service.item('alice');
      expect((await service.reset(token, second)).code).toBe('token-revoked');
      expect(await service.item('alice')).toEqual(after);
    },
  );

  it('with the same wrong PIN costs one attempt in all', async () => {
    const token = await service.token('alice');
    for (let i = 0; i < 8; i++) {
      const answer = await service.reset(token, '?pin=1000');
      expect([answer.code, answer.error?.meta]).toEqual(['recovery-pin-mismatch', { remainingAttempts: 2 }]);
    }
    expect((await service.item('alice'))?.pinGuesses?.SS).toHaveLength(1);
  });
});

describe('the Request-Id of a request', () => {
  it('is used in the answer if it is an xid; the item has an id that no caller knows', async () => {
    const headers = { 'request-id': 'cbgmhslmp1o9or9kh1p0' };
    const answer = await service.reset(await service.token('alice'), '', { headers });
    expect(answer.headers['request-id']).toBe('cbgmhslmp1o9or9kh1p0');
    expect((await service.item('alice'))?.lastReset?.M?.id).toEqual({ S: service.invocationId(answer) });
    expect(service.invocationId(answer)).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(JSON.stringify([answer.headers, answer.error])).not.toContain(service.invocationId(answer));
  });

  it.each([
    'cbgmhslmp1o9or9kh1p1',
    'CBGMHSLMP1O9OR9KH1P0',
    'cbgmhslmp1o9or9kh1p',
    'wwwwwwwwwwwwwwwwwww0',
    '../../etc/passwd',
    ['cbgmhslmp1o9or9kh1p0', 'cbgmhslmp1o9or9kh1p0'],
  ])('is replaced if it is anything else: %s', async (id) => {
    const answer = await service.reset(undefined, '', { headers: { 'Request-Id': id } });
    expect([id].flat()).not.toContain(answer.headers['request-id']);
  });
});

// The events are made of the item, so what is not in the item is in no event either.
it('a PIN, password or token in a header that the function reads does not get into the item', async () => {
  const token = await service.token('alice');
  for (const text of ['5621', 'five hushed otters paddle upstream', token]) {
    await service.put(alice);
    const names = documented.requestHeaders.filter(
      (name) => !['Authorization', 'Content-Type'].includes(name),
    );
    const headers = Object.fromEntries(names.map((name) => [name, text]));
    expect((await service.reset(token, '?pin=5621', { headers })).code).toBe('204');
    expect(JSON.stringify(await service.item('alice'))).not.toContain(`"${text}"`);
  }
});

describe('requests as the public SDKs send them are answered:', () => {
  it.each([
    [
      'iOS',
      { Accept: 'application/json', 'User-Agent': 'PACECloudSDK/1.0 (iPhone)', 'uber-trace-id': '1:2:3:1' },
    ],
    ['Android', { Accept: 'application/json', 'Content-Type': 'application/json' }],
  ])('%s', async (_name, headers) => {
    const token = await service.token('alice');
    expect((await service.reset(undefined, '?utm_source=app', { headers })).code).toBe('token-missing');
    expect((await service.reset(token, '?utm_source=app', { headers })).code).toBe('204');
  });
});

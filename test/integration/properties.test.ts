// Properties of every event: generated events against the composed handler and a real table engine.
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hostileEvents, type KnownToken } from '../support/hostile-events.ts';
import { assertContract, toAnswer } from '../support/http-client.ts';
import { scaled, scaledTimeout } from '../support/scale.ts';
import { expectNoneOf } from '../support/secrets.ts';
import { type Item, startService, type TestService } from '../support/service.ts';
import { createTokenSigner } from '../support/token-signer.ts';

let service: TestService;
let tokens: KnownToken[];
const metricNames = [
  'PasswordReset',
  'PaymentMethodsCleared',
  'RecoveryPinMismatch',
  'RecoveryPinLocked',
  'TokenRejected',
];

/** The users' items before the events; restored after a reset, which would revoke the tokens of all later events. */
let items: Item[];

async function restoreUsers(): Promise<void> {
  for (const Item of items)
    await service.client.send(new PutItemCommand({ TableName: service.tableName, Item }));
}

beforeAll(async () => {
  service = await startService();
  await service.put(
    { userId: 'reset', password: 'old', pin: '7302', paymentMethods: { visa: {} } },
    { userId: 'locked', password: 'old', pin: '7302' },
    { userId: 'without', password: 'old' },
    { userId: 'disabled', status: 'disabled', pin: '7302' },
  );
  for (const pin of ['1000', '1001', '1002'])
    await service.reset(await service.token('locked'), `?pin=${pin}`);
  items = (await Promise.all(['reset', 'locked', 'without'].map(service.item))).filter(
    (item) => item !== undefined,
  );
  const now = Math.floor(Date.now() / 1000);
  const stranger = await createTokenSigner();
  const good = ['reset', 'locked', 'without', 'disabled', 'nobody'].map((userId) => service.token(userId));
  const bad = [
    service.token('reset', { exp: now - 1, iat: now - 60 }),
    service.token('reset', { aud: 'other' }),
    service.token('reset', { sub: undefined }),
    service.token('reset', {}, { crit: ['x'], x: 1 }),
    stranger.sign({ sub: 'reset' }),
  ];
  tokens = [
    ...(await Promise.all(good)).map((token) => ({ token, good: true })),
    ...(await Promise.all(bad)).map((token) => ({ token, good: false })),
  ];
});
afterAll(() => service.close());

it('every event is answered by the contract, only good requests reach the table, and no secret is disclosed', {
  timeout: scaledTimeout,
}, async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(hostileEvents(tokens), async ({ event, mayWrite, secrets }) => {
      service.proxy.calls.length = 0;
      service.recorder.clear();
      const result = await service.handler(event, {});
      const answer = toAnswer(result.statusCode, result.headers, result.body);
      assertContract(answer);
      expect(answer.code).not.toBe('internal-error');
      if (!mayWrite) {
        expect(service.proxy.calls).toEqual([]);
        expect([401, 403, 404]).toContain(answer.status);
      }
      expect(service.recorder.lines).toHaveLength(1);
      expect(metricNames).toEqual(expect.arrayContaining([...service.recorder.counted.keys()]));
      expectNoneOf(secrets, [result, service.recorder.lines, ...service.recorder.counted]);
      if (answer.status === 204) await restoreUsers();
      seen.set(answer.code, (seen.get(answer.code) ?? 0) + 1);
    }),
    { numRuns: scaled(3_000, 100_000) },
  );
  console.log(`properties: ${scaled(3_000, 100_000)} events, ${JSON.stringify(Object.fromEntries(seen))}`);
  // Otherwise the generated events would prove nothing.
  expect([...seen.keys()]).toEqual(
    expect.arrayContaining([
      '204',
      'token-missing',
      'token-invalid',
      'token-expired',
      'recovery-pin-malformed',
      'recovery-pin-mismatch',
      'recovery-pin-locked',
      'recovery-pin-not-set',
      'user-not-found',
      'user-disabled',
      'not-found',
    ]),
  );
});

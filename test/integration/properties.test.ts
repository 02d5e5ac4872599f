// Properties of every event: generated events against the composed handler. Good ones reach a real table engine.
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { scaled, scaledTimeout } from '../support/generated-cases.ts';
import { invoke } from '../support/http-client.ts';
import { useQuickArgon2 } from '../support/replaced-crypto.ts';
import { expectNoneOf } from '../support/secrets.ts';
import {
  composeWithoutUsers,
  type Item,
  startService,
  type TestFunction,
  type TestService,
} from '../support/service.ts';
import { createTokenSigner } from '../support/token-signer.ts';
import { type GeneratedEvent, hostileEvents, type KnownToken } from './hostile-events.ts';

useQuickArgon2();

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

/** Calls a handler with an event; expects what holds for every answer, line and metric. */
async function answerOf({ handler, recorder }: TestFunction, { event, secrets }: GeneratedEvent) {
  recorder.clear();
  const answer = await invoke(handler, event);
  expect(answer.code).not.toBe('internal-error');
  expect(recorder.lines).toHaveLength(1);
  expect(metricNames).toEqual(expect.arrayContaining([...recorder.counted.keys()]));
  expectNoneOf(secrets, [answer.headers, answer.body, recorder.lines, ...recorder.counted]);
  seen.add(answer.code);
  return answer;
}

/** The codes of the answers: without each of them the generated events would prove nothing. */
const seen = new Set<string>();
beforeEach(() => seen.clear());

it('every bad event is refused by the contract before the table is reached, and no secret is disclosed', {
  timeout: scaledTimeout,
}, async () => {
  const withoutUsers = await composeWithoutUsers();
  await fc.assert(
    fc.asyncProperty(
      hostileEvents(tokens).filter(({ mayWrite }) => !mayWrite),
      async (generated) => {
        const { status } = await answerOf(withoutUsers, generated);
        expect([401, 403, 404]).toContain(status);
        expect(withoutUsers.calls).toEqual([]);
      },
    ),
    { numRuns: scaled(300, 80_000) },
  );
  const codes = ['token-missing', 'token-invalid', 'token-expired', 'recovery-pin-malformed', 'not-found'];
  expect([...seen]).toEqual(expect.arrayContaining(codes));
});

it('every good event is answered by the contract, and no secret is disclosed', {
  timeout: scaledTimeout,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      hostileEvents(tokens).filter(({ mayWrite }) => mayWrite),
      async (generated) => {
        if ((await answerOf(service, generated)).status === 204) await restoreUsers();
      },
    ),
    { numRuns: scaled(60, 20_000) },
  );
  expect([...seen]).toEqual(
    expect.arrayContaining([
      '204',
      'recovery-pin-mismatch',
      'recovery-pin-locked',
      'recovery-pin-not-set',
      'user-not-found',
      'user-disabled',
    ]),
  );
});

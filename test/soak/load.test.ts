// Load for as long as it is let: 50 connections, each living the lives of users against a model that says what every
// answer must be, with clients that hang up and hostile requests in between. At the end of each life the item must be
// what the answers said.
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type AttributeValue, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toItem } from '../../infra/local/seed.ts';
import { parsePeppers } from '../../lambda/reset/adapters/pepper.ts';
import type { ServiceError } from '../../lambda/reset/domain/errors.ts';
import { digestAttempt } from '../../lambda/reset/domain/recovery-pin.ts';
import type { AccessToken, ResetRequest } from '../../lambda/reset/domain/reset-password.ts';
import { resetPath } from '../support/http-client.ts';
import { pepperJson, startService, type TestService } from '../support/service.ts';
import { createUserModel, type ModelItem, type UserModel } from '../support/user-model.ts';

const connections = 50;
const seconds = 30;
/** How long a client waits before each request, on average. */
const thinkMilliseconds = 700;
const peppers = parsePeppers(pepperJson);
const pin = '5621';

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const hostile: readonly (readonly [string, () => Promise<{ readonly code: string }>])[] = [
  ['token-missing', () => service.reset(undefined)],
  ['token-missing', () => service.reset(undefined, '?pin=5621')],
  ['token-invalid', () => service.reset('a.b.c')],
  ['token-invalid', () => service.reset('x'.repeat(9_000))],
  ['not-found', () => service.send({ path: `${resetPath}/../reset` })],
  ['recovery-pin-malformed', async () => service.reset(await service.token('user-0-0', {}, quick), '?pin=')],
  [
    'recovery-pin-malformed',
    async () => service.reset(await service.token('user-0-0', {}, quick), '?pin[]=5621'),
  ],
  ['token-expired', async () => service.reset(await service.token('user-0-0', { iat: 1, exp: 2 }, quick))],
  ['token-invalid', async () => service.reset(await service.token('user-0-0', {}, { kid: 'nobody' }))],
  ['user-not-found', async () => service.reset(await service.token('nobody', {}, quick), '?pin=5621')],
  ['not-found', () => service.send({ method: 'POST', path: resetPath, body: 'x'.repeat(100_000) })],
];

/** What a connection has seen. */
interface Tally {
  requests: number;
  lives: number;
  hungUp: number;
  readonly codes: Map<string, number>;
}

it('answers rightly, loses nothing and does nothing twice, and its memory stays flat', {
  timeout: 120_000,
}, async () => {
  const tally: Tally = { requests: 0, lives: 0, hungUp: 0, codes: new Map() };
  const startedAt = performance.now();
  const warm = await runFor(5, tally);
  const end = await runFor(seconds - 5, tally);
  const perSecond = (1_000 * tally.requests) / (performance.now() - startedAt);
  console.log(
    `load: ${tally.requests} requests over ${connections} connections (${perSecond.toFixed(0)} a second), ` +
      `${tally.lives} lives, ${tally.hungUp} clients hung up, ${JSON.stringify(Object.fromEntries(tally.codes))}`,
  );
  console.log(
    `memory after 5 s and at the end, in MB: heap ${warm.heap} and ${end.heap}, whole process ${warm.rss} and ${end.rss}`,
  );
  expect(tally.lives).toBeGreaterThan(connections);
  expect(tally.codes.get('internal-error') ?? 0).toBeLessThan(tally.requests / 100);
  expect(end.heap - warm.heap).toBeLessThan(20);
});

async function runFor(duration: number, tally: Tally) {
  const until = performance.now() + duration * 1_000;
  const connection = async (_: unknown, index: number) => {
    while (performance.now() < until) await live(`user-${index}-${tally.lives++}`, tally);
  };
  await Promise.all(Array.from({ length: connections }, connection));
  for (const { code, fault } of service.recorder.lines) {
    if (code === 'internal-error') console.log('load: answered 501 for', JSON.stringify(fault));
  }
  // What the test itself keeps.
  service.recorder.clear();
  service.proxy.calls.length = 0;
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: Math.round(heapUsed / 1e6), rss: Math.round(rss / 1e6) };
}

/** A new user, a dozen requests, and a look at what they left. */
async function live(userId: string, tally: Tally): Promise<void> {
  const Item = await toItem({ userId, pin, paymentMethods: { visa: {}, sepa: {} } }, peppers);
  Item.passwordHash = { S: 'hash' };
  await service.client.send(new PutItemCommand({ TableName: service.tableName, Item }));
  const model = createUserModel(toModel(Item) as ModelItem);
  const issuedAt = Math.floor(Date.now() / 1_000) - 60;
  const callers = await Promise.all(
    ['first', 'second'].map(async (jti) => {
      const token = await service.token(userId, { jti, iat: issuedAt }, quick);
      const signed = token.slice(0, token.lastIndexOf('.'));
      const tokenId = createHash('sha256').update(signed).digest('base64url');
      return { token, accessToken: { userId, tokenId, issuedAt } };
    }),
  );
  for (let step = 0; step < 12; step++) {
    // People think before they tap, and Argon2 makes a few dozen requests a second a full load for one core.
    await sleep(Math.random() * 2 * thinkMilliseconds);
    await act(tally, model, pickOne(callers));
  }
  expect(toModel(await service.item(userId))).toEqual(toModelTimes(model.item));
}

/** Signing is the test's own load, and this is the cheapest. */
const quick = { alg: 'EdDSA' };

interface Caller {
  readonly token: string;
  readonly accessToken: AccessToken;
}

const requestIds = ['cbgmhslmp1o9or9kh1p0', 'cbgmhslmp1o9or9kh1pg'];
const attempts = [undefined, pin, pin, '1000', '1000', '1001', '1002', '1003', '1004'];

/** One request, and what it must be answered. */
async function act(tally: Tally, model: UserModel, caller: Caller): Promise<void> {
  if (Math.random() < 0.25) {
    const [code, ask] = pickOne(hostile);
    return expectCode(tally, code, ask);
  }
  const attempt = pickOne(attempts);
  const query = attempt === undefined ? '?utm_source=soak' : `?pin=${attempt}`;
  const code = await predict(model, caller.accessToken, attempt);
  if (Math.random() < 0.2) {
    tally.hungUp++;
    await hangUp(caller.token, query);
  }
  // Everybody chooses from the same few ids, and some send the same twice at once.
  const headers = { 'Request-Id': pickOne(requestIds) };
  const copies = Math.random() < 0.2 ? 2 : 1;
  await Promise.all(
    Array.from({ length: copies }, () =>
      expectCode(tally, code, () => service.reset(caller.token, query, { headers })),
    ),
  );
}

/** Asks until there is an answer other than 501, as clients do; such answers are counted like all others. */
async function expectCode(
  tally: Tally,
  code: string,
  ask: () => Promise<{ readonly code: string }>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const answer = await ask();
    tally.requests++;
    tally.codes.set(answer.code, (tally.codes.get(answer.code) ?? 0) + 1);
    if (answer.code === 'internal-error' && attempt < 8) {
      await sleep(100 * attempt);
      continue;
    }
    expect(answer.code).toBe(code);
    return;
  }
}

/** What the model answers, having done it. */
async function predict(
  model: UserModel,
  accessToken: AccessToken,
  attempt: string | undefined,
): Promise<string> {
  const signal = new AbortController().signal;
  const reset: ResetRequest = { invocationId: '', accessToken, pin: attempt, signal };
  const time = { at: new Date(0), tokensValidFrom: accessToken.issuedAt + 1 };
  try {
    if (attempt === undefined) {
      await model.resetWithoutPin(reset, time);
      return '204';
    }
    const reserved = await model.reserveAttempt(reset, digestAttempt(peppers, accessToken.userId, attempt));
    if (reserved === 'replayed') return '204';
    if (attempt !== pin) {
      if (reserved.attempts >= 3) await model.markPinLocked(reset, time.at, reserved.pinVerifier);
      return 'recovery-pin-mismatch';
    }
    await model.resetWithPin(reset, time, { checked: reserved.pinVerifier, next: reserved.pinVerifier });
    return '204';
  } catch (error) {
    return (error as ServiceError).code;
  }
}

/** Sends a request and goes away before, while or after it is carried out. */
async function hangUp(token: string, query: string): Promise<void> {
  const outgoing = request(`${service.url}${resetPath}${query}`, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${token}` },
  });
  outgoing.on('error', () => {}).on('response', (response) => response.resume().on('error', () => {}));
  outgoing.end();
  await sleep(Math.random() * 40);
  outgoing.destroy();
}

function pickOne<T>(list: readonly T[]): T {
  return list[Math.floor(Math.random() * list.length)] as T;
}

/** The item in the model's terms; of the time from which tokens are good only whether there is one. */
function toModel(item: Record<string, AttributeValue> | undefined): ModelItem | undefined {
  return (
    item && {
      active: item.status?.S === 'active',
      hasPassword: item.passwordHash !== undefined,
      pinVerifier: item.pinVerifier?.S,
      attempts: [...(item.pinGuesses?.SS ?? [])].sort(),
      lockedBy: item.pinLock === undefined ? undefined : '',
      paymentMethods: Object.keys(item.paymentMethods?.M ?? {}).sort(),
      tokensValidFrom: item.tokensValidFrom === undefined ? 0 : 1,
      lastReset: item.lastReset?.M && {
        id: '',
        token: item.lastReset.M.token?.S ?? '',
        pinVerified: item.lastReset.M.pinVerified?.BOOL === true,
        password: item.lastReset.M.password?.S,
      },
    }
  );
}

function toModelTimes(item: ModelItem | undefined): ModelItem | undefined {
  return item && { ...item, tokensValidFrom: Math.min(item.tokensValidFrom, 1) };
}

// Load over 50 connections. Each one plays users one after the other, with hostile requests and clients that close the
// connection among theirs; a model of the item predicts every answer, and the item of each user at the end.
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
/** Average milliseconds that a client waits before each request. */
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

/** What happened over all connections. */
interface Tally {
  requests: number;
  users: number;
  closed: number;
  readonly codes: Map<string, number>;
}

it('under load every answer and item is correct, and the memory does not grow', {
  timeout: 120_000,
}, async () => {
  const tally: Tally = { requests: 0, users: 0, closed: 0, codes: new Map() };
  const startedAt = performance.now();
  const warm = await runFor(5, tally);
  const end = await runFor(seconds - 5, tally);
  const perSecond = (1_000 * tally.requests) / (performance.now() - startedAt);
  console.log(
    `load: ${tally.requests} requests over ${connections} connections (${perSecond.toFixed(0)} a second), ` +
      `${tally.users} users, ${tally.closed} connections closed by clients, ${JSON.stringify(Object.fromEntries(tally.codes))}`,
  );
  console.log(
    `memory in MB after 5 s and at the end: heap ${warm.heap} and ${end.heap}, process ${warm.rss} and ${end.rss}`,
  );
  expect(tally.users).toBeGreaterThan(connections);
  expect(tally.codes.get('internal-error') ?? 0).toBeLessThan(tally.requests / 100);
  expect(end.heap - warm.heap).toBeLessThan(20);
});

async function runFor(duration: number, tally: Tally) {
  const until = performance.now() + duration * 1_000;
  const connection = async (_: unknown, index: number) => {
    while (performance.now() < until) await playUser(`user-${index}-${tally.users++}`, tally);
  };
  await Promise.all(Array.from({ length: connections }, connection));
  for (const { code, fault } of service.recorder.lines) {
    if (code === 'internal-error') console.log('load: answered 501 for', JSON.stringify(fault));
  }
  // Records of the test itself, which would grow.
  service.recorder.clear();
  service.proxy.calls.length = 0;
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: Math.round(heapUsed / 1e6), rss: Math.round(rss / 1e6) };
}

/** Puts a new user, sends a dozen requests, and compares the item with the model. */
async function playUser(userId: string, tally: Tally): Promise<void> {
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
    // Users pause before they tap, and with Argon2 a few dozen requests a second are full load for one core.
    await sleep(Math.random() * 2 * thinkMilliseconds);
    await act(tally, model, pickOne(callers));
  }
  expect(toModel(await service.item(userId))).toEqual(withModelTime(model.item));
}

/** Signing is load of the test itself, and this algorithm is the fastest. */
const quick = { alg: 'EdDSA' };

interface Caller {
  readonly token: string;
  readonly accessToken: AccessToken;
}

const requestIds = ['cbgmhslmp1o9or9kh1p0', 'cbgmhslmp1o9or9kh1pg'];
const attempts = [undefined, pin, pin, '1000', '1000', '1001', '1002', '1003', '1004'];

/** Sends one request, and expects the answer that the model predicts. */
async function act(tally: Tally, model: UserModel, caller: Caller): Promise<void> {
  if (Math.random() < 0.25) {
    const [code, sendHostile] = pickOne(hostile);
    return expectCode(tally, code, sendHostile);
  }
  const attempt = pickOne(attempts);
  const query = attempt === undefined ? '?utm_source=soak' : `?pin=${attempt}`;
  const code = await predict(model, caller.accessToken, attempt);
  if (Math.random() < 0.2) {
    tally.closed++;
    await sendAndClose(caller.token, query);
  }
  // All callers use the same few Request-Ids, and some send the same request twice at once.
  const headers = { 'Request-Id': pickOne(requestIds) };
  const copies = Math.random() < 0.2 ? 2 : 1;
  await Promise.all(
    Array.from({ length: copies }, () =>
      expectCode(tally, code, () => service.reset(caller.token, query, { headers })),
    ),
  );
}

/** Repeats a request, as clients do, while the answer is 501, and expects a code; counts every answer. */
async function expectCode(
  tally: Tally,
  code: string,
  sendOnce: () => Promise<{ readonly code: string }>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const answer = await sendOnce();
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

/** Carries out a request on the model; resolves to the code of its answer. */
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

/** Sends a request and closes the connection before, while or after it is carried out. */
async function sendAndClose(token: string, query: string): Promise<void> {
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

/** The item in the form of the model; `tokensValidFrom` is 1 if there is one, else 0. */
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

function withModelTime(item: ModelItem | undefined): ModelItem | undefined {
  return item && { ...item, tokensValidFrom: Math.min(item.tokensValidFrom, 1) };
}

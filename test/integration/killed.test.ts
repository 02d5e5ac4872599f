// The process killed at any moment of a request: the item is wholly old or wholly new, and another process carries the
// same request out, once, whatever had been begun.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resetPath } from '../support/http-client.ts';
import type { ProxyCall } from '../support/proxy.ts';
import { stateOf } from '../support/reset-state.ts';
import { scaled, scaledTimeout } from '../support/scale.ts';
import { startService, type TestService } from '../support/service.ts';

const program = fileURLToPath(new URL('../support/dying-function.ts', import.meta.url));
const paths = [
  { path: 'without a PIN', query: '', calls: 1 },
  { path: 'with the right PIN', query: '?pin=5621', calls: 2 },
] as const;

let service: TestService;
/** What happens to a user's calls on their way to the table. */
const plans = new Map<string, (call: ProxyCall) => Promise<boolean>>();
beforeAll(async () => {
  service = await startService();
  service.proxy.intercept = async (call) =>
    (await plans.get(JSON.parse(call.body).Key?.userId.S)?.(call)) ?? false;
});
afterAll(() => service.close());

/** Starts a process that handles one request. */
async function startFunction(token: string, query: string, dieAt = 0): Promise<ChildProcess> {
  const event = {
    httpMethod: 'PUT',
    path: resetPath,
    headers: { Authorization: `Bearer ${token}` },
    queryStringParameters: Object.fromEntries(new URLSearchParams(query)),
  };
  const env = { ...process.env, ...service.environment, EVENT: JSON.stringify(event), DIE_AT: String(dieAt) };
  return spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'], timeout: 15_000 });
}

/** Puts a user, lets a process die on the request, and checks what it left behind. */
async function expectWholeAndOnce(
  userId: string,
  query: string,
  die: (start: (dieAt?: number) => Promise<ChildProcess>) => Promise<void>,
): Promise<void> {
  await service.put({
    userId,
    password: 'old',
    pin: '5621',
    paymentMethods: { visa: { kind: 'creditcard' } },
  });
  const before = (await service.item(userId)) ?? {};
  const token = await service.token(userId);
  await die((dieAt) => startFunction(token, query, dieAt));
  plans.delete(userId);

  const state = stateOf(before, await service.item(userId), query);
  if (state === 'old' && query !== '') {
    // The right PIN loses no attempt: it still works where two wrong ones come first.
    for (const wrong of ['1000', '1001']) {
      expect((await service.reset(token, `?pin=${wrong}`)).code).toBe('recovery-pin-mismatch');
    }
  }
  const left = await service.item(userId);
  expect((await service.reset(token, query)).code).toBe('204');
  const after = await service.item(userId);
  expect(stateOf(before, after, query)).toBe('new');
  if (state === 'new') expect(after).toEqual(left);
  expect((await service.reset(token, query)).code).toBe('204');
  expect(await service.item(userId)).toEqual(after);
}

describe.each(paths)('a reset $path', ({ query, calls }) => {
  it.concurrent.each(
    Array.from({ length: calls }, (_, index) => index + 1).flatMap((call) => [
      { call, when: 'before' },
      { call, when: 'after' },
    ]),
  )('killed right $when call $call was carried out', async ({ call, when }) => {
    await expectWholeAndOnce(`call ${call} ${when} ${query}`, query, async (start) => {
      let seen = 0;
      let child: ChildProcess | undefined;
      plans.set(`call ${call} ${when} ${query}`, async ({ forward }) => {
        if (++seen !== call) return false;
        if (when === 'after') await forward();
        child?.kill('SIGKILL');
        return true;
      });
      child = await start();
      expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
    });
  });

  it('killed at a step of it, each run at another', { timeout: scaledTimeout }, async () => {
    const steps = await countSteps(query);
    const points = pick(steps, scaled(8, 100));
    let killed = 0;
    const queue = points.entries();
    const work = async () => {
      for (const [, point] of queue) {
        await expectWholeAndOnce(`step ${point} ${query}`, query, async (start) => {
          const child = await start(point);
          const [, signal] = await once(child, 'exit');
          if (signal === 'SIGKILL') killed++;
        });
      }
    };
    await Promise.all([work(), work(), work()]);
    console.log(
      `killed: ${killed} of ${points.length} runs, ${steps} steps in a request ${query || 'without a PIN'}`,
    );
    // How many steps there are depends on how bytes arrive, so that the last runs may outlive their request.
    expect(killed).toBeGreaterThan(points.length * 0.8);
  });
});

/** How often anything that a request waits for comes back: all the awaits, and what is beneath them. */
async function countSteps(query: string): Promise<number> {
  await service.put({ userId: 'counted', password: 'old', pin: '5621' });
  const child = await startFunction(await service.token('counted'), query);
  const { statusCode, steps } = JSON.parse(await text(child.stdout as NonNullable<ChildProcess['stdout']>));
  expect(statusCode).toBe(204);
  return steps;
}

/** So many numbers from 1 to the last, evenly. */
function pick(last: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => Math.ceil(((index + 1) * last) / count));
}

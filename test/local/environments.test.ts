// The line of requests in front of the function, as `npm start` has it.
import { once } from 'node:events';
import { request, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createEnvironments } from '../../infra/local/environments.ts';
import { createGateway, type GatewayOptions } from '../../infra/local/gateway.ts';
import { listen } from '../../infra/local/listen.ts';
import type { Handler } from '../../lambda/reset/http/pipeline.ts';

/** These answers are no answers of the service, which `send` would check. */
const send = (url: string, { path }: { path: string }) => fetch(url + path, { method: 'PUT' });

const headers = { 'Request-Id': '00000000000000000000', 'Cache-Control': 'no-store' };
const done = { statusCode: 204, headers, body: '' };

async function start(handler: Handler, options?: GatewayOptions): Promise<{ url: string; gateway: Server }> {
  const gateway = createGateway(handler, undefined, options);
  onTestFinished(() => {
    gateway.closeAllConnections();
    gateway.close();
  });
  return { url: await listen(gateway, 0, 'PORT'), gateway };
}

/** A handler that ends each request only when it is told to, and the environments in front of it. */
function createHandler() {
  const paths: string[] = [];
  const remaining: unknown[] = [];
  const running: (() => void)[] = [];
  const handler: Handler = async (event, context) => {
    paths.push((event as { path: string }).path);
    remaining.push((context as { getRemainingTimeInMillis(): number }).getRemainingTimeInMillis());
    await new Promise<void>((resolve) => running.push(resolve));
    return done;
  };
  /** Ends one request after the other. */
  const end = async (count: number) => {
    for (let ended = 0; ended < count; ended++) {
      await vi.waitUntil(() => running.length > 0, { timeout: 10_000, interval: 1 });
      running.shift()?.();
    }
  };
  return { handler, paths, remaining, end };
}

it('100 requests at once are all answered, ten at a time', async () => {
  let running = 0;
  let most = 0;
  const tenRun = Promise.withResolvers<void>();
  const { url } = await start(async () => {
    most = Math.max(most, ++running);
    // However slowly a busy machine sends them, the first ones wait for the tenth.
    if (running === 10) tenRun.resolve();
    await tenRun.promise;
    await sleep(1);
    running--;
    return done;
  });
  const answers = await Promise.all(Array.from({ length: 100 }, () => send(url, { path: '/' })));
  expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(204));
  expect([most, running]).toEqual([10, 0]);
});

it('what waits is started in its order, and what failed makes room too', async () => {
  const inEnvironment = createEnvironments(2, () => {});
  const started: number[] = [];
  const results = [0, 1, 2, 3, 4, 5].map((index) =>
    inEnvironment(async () => {
      started.push(index);
      await sleep(1);
      if (index % 2 === 0) throw new Error('failed');
      return index;
    }, new AbortController().signal),
  );
  const settled = await Promise.allSettled(results);
  expect(settled.map(({ status }) => status)).toEqual([0, 1, 2].flatMap(() => ['rejected', 'fulfilled']));
  expect(started).toEqual([0, 1, 2, 3, 4, 5]);
});

it('work whose caller is gone already is not started', async () => {
  const inEnvironment = createEnvironments(1, () => {});
  const work = vi.fn(async () => 'done');
  expect(await inEnvironment(work, AbortSignal.abort())).toBeUndefined();
  expect(work).not.toHaveBeenCalled();
});

it('a request that has waited has all of its time', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const { handler, remaining, end } = createHandler();
  const { url } = await start(handler, { environments: 1 });
  const answers = [send(url, { path: '/' }), send(url, { path: '/' })];
  await vi.waitUntil(() => remaining.length === 1);
  vi.advanceTimersByTime(9_000);
  await end(2);
  await Promise.all(answers);
  expect(remaining).toEqual([10_000, 10_000]);
});

it('a client that goes away while it waits leaves the line, and the others go on', async () => {
  const { handler, paths, end } = createHandler();
  const lengths: number[] = [];
  const { url, gateway } = await start(handler, {
    environments: 1,
    onGrowingLine: (waiting) => lengths.push(waiting),
  });
  const first = send(url, { path: '/first' });
  await vi.waitUntil(() => paths.length === 1);
  const impatient = request(new URL('/impatient', url), { method: 'PUT', agent: false });
  impatient.on('error', () => {});
  impatient.end();
  await once(impatient, 'finish');
  const waiting = Array.from({ length: 9 }, () => send(url, { path: '/patient' }));
  // Now the impatient one waits too.
  await vi.waitUntil(() => lengths.length === 1);
  impatient.destroy();
  const connections = promisify(gateway.getConnections.bind(gateway));
  await vi.waitUntil(async () => (await connections()) === 10);
  await end(10);
  await Promise.all([first, ...waiting]);
  expect(paths).toEqual(['/first', ...Array(9).fill('/patient')]);
});

it('the line is reported when it has grown to 10 and 100, and again after it was empty', async () => {
  const { handler, end } = createHandler();
  const lengths: number[] = [];
  const { url } = await start(handler, {
    environments: 1,
    onGrowingLine: (waiting) => lengths.push(waiting),
  });
  for (const [count, last] of [
    [120, 100],
    [12, 10],
  ] as const) {
    lengths.push(0);
    const answers = Array.from({ length: count }, () => send(url, { path: '/' }));
    await vi.waitUntil(() => lengths.at(-1) === last, { timeout: 10_000 });
    await end(count);
    await Promise.all(answers);
  }
  expect(lengths).toEqual([0, 10, 100, 0, 10]);
});

// The process is killed at any step of a request: the item is entirely old or entirely new, and another process carries
// out the same request, exactly once.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { bundlingOptions } from '../../infra/bundling/options.ts';
import { scaled, scaledTimeout } from '../support/generated-cases.ts';
import { resetPath } from '../support/http-client.ts';
import { type FaultProxy, startTableProxy } from '../support/proxy.ts';
import { startService, type TestService } from '../support/service.ts';
import { stateOf } from './reset-state.ts';

const folder = mkdtempSync(join(tmpdir(), 'password-reset-killed-'));
const program = join(folder, 'index.mjs');
const paths = [
  { path: 'without a PIN', query: '', calls: 1 },
  { path: 'with the right PIN', query: '?pin=5621', calls: 2 },
] as const;

let service: TestService;
beforeAll(async () => {
  // Bundled as for deployment, since it is started hundreds of times.
  const entryPoints = [{ in: 'test/integration/dying-function.ts', out: 'index' }];
  await build({ ...bundlingOptions, entryPoints, outdir: folder });
  service = await startService();
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a process that handles one request, and kills itself at the given step of it unless that is 0. */
async function startFunction(
  proxy: FaultProxy,
  token: string,
  query: string,
  dieAt: number,
): Promise<ChildProcess> {
  const event = {
    httpMethod: 'PUT',
    path: resetPath,
    headers: { Authorization: `Bearer ${token}` },
    queryStringParameters: Object.fromEntries(new URLSearchParams(query)),
  };
  const env = {
    ...process.env,
    ...service.environment,
    AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint,
    EVENT: JSON.stringify(event),
    DIE_AT: String(dieAt),
  };
  return spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'], timeout: 45_000 });
}

/** Puts a user, lets a process die during the request; expects a complete reset or none, and exactly one in the end. */
async function expectAtomicReset(
  userId: string,
  query: string,
  die: (start: (dieAt?: number) => Promise<ChildProcess>, proxy: FaultProxy) => Promise<void>,
): Promise<void> {
  await service.put({
    userId,
    password: 'old',
    pin: '5621',
    paymentMethods: { visa: { kind: 'creditcard' } },
  });
  const before = (await service.item(userId)) ?? {};
  const token = await service.token(userId);
  const proxy = await startTableProxy(inject('tableEndpoint'));
  await die((dieAt = 0) => startFunction(proxy, token, query, dieAt), proxy);
  // A call sent by the process before it died may reach the table only now.
  await proxy.drain();

  const state = stateOf(before, await service.item(userId), query);
  if (state === 'old' && query !== '') {
    // An attempt with the right PIN is not counted twice: it still works after two wrong ones.
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
  )('is atomic and made once if the process is killed right $when call $call', async ({ call, when }) => {
    await expectAtomicReset(`call ${call} ${when} ${query}`, query, async (start, proxy) => {
      let seen = 0;
      let child: ChildProcess | undefined;
      proxy.intercept = async ({ forward }) => {
        if (++seen !== call) return false;
        if (when === 'after') await forward();
        child?.kill('SIGKILL');
        return true;
      };
      child = await start();
      expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
    });
  });

  it('is atomic and made once if the process is killed at any step', { timeout: scaledTimeout }, async () => {
    const steps = await countSteps(query);
    const points = pick(steps, scaled(8, steps));
    let killed = 0;
    const queue = points.entries();
    const work = async () => {
      for (const [, point] of queue) {
        await expectAtomicReset(`step ${point} ${query}`, query, async (start) => {
          const child = await start(point);
          const [output, [, signal]] = await Promise.all([outputOf(child), once(child, 'exit')]);
          if (signal === 'SIGKILL') killed++;
          // The number of steps depends on how bytes arrive, so that a request may end before its last steps.
          else expect(JSON.parse(output).steps).toBeLessThan(point);
        });
      }
    };
    await Promise.all([work(), work(), work()]);
    console.log(
      `killed: ${killed} of ${points.length} runs, ${steps} steps in a request ${query || 'without a PIN'}`,
    );
    expect(killed).toBeGreaterThan(0);
  });
});

/** The number of asynchronous callbacks that a request takes. */
async function countSteps(query: string): Promise<number> {
  await service.put({ userId: 'counted', password: 'old', pin: '5621' });
  const child = await startFunction(service.proxy, await service.token('counted'), query, 0);
  const { statusCode, steps } = JSON.parse(await outputOf(child));
  expect(statusCode).toBe(204);
  return steps;
}

function outputOf({ stdout }: ChildProcess): Promise<string> {
  return text(stdout as NonNullable<typeof stdout>);
}

/** Evenly spaced numbers from 1 to `last`. */
function pick(last: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => Math.ceil(((index + 1) * last) / count));
}

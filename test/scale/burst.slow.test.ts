// The model against a measured burst: the service behind the laptop's gateway. Each request also waits for a while in its
// environment, as if the table were far away. What requests take there is measured in the burst itself, since other programs
// use the same processors; how long they wait for an environment is for the model to say.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createGateway } from '../../infra/local/gateway.ts';
import { listen } from '../../infra/local/listen.ts';
import { resetPath, send } from '../support/http-client.ts';
import { startService } from '../support/service.ts';
import { type BurstResult, simulateBurst } from './growth-model.ts';

/** Milliseconds of a round trip to the table. */
const distance = 150;
const rightPin = '5621';
const requests = 36;
/** Every third request has a PIN, which takes a second round trip and Argon2id. */
const hasPin = (request: number) => request % 3 === 0;

/** Sends a burst to a number of environments; resolves to what was measured, and to what the model says. */
async function measureAndPredict(environments: number) {
  const service = await startService();
  onTestFinished(() => service.close());
  const users = Array.from({ length: requests }, (_, i) => ({ userId: `user-${i}`, pin: rightPin }));
  await service.put(...users);
  /** Milliseconds in an environment, in the order in which the requests came there. */
  const durations: number[] = [];
  const handler: typeof service.handler = async (event, context) => {
    const startedAt = performance.now();
    const place = durations.push(0) - 1;
    const { queryStringParameters } = event as { queryStringParameters: object | null };
    await sleep(queryStringParameters === null ? distance : 2 * distance);
    const answer = await service.handler(event, context);
    durations[place] = performance.now() - startedAt;
    return answer;
  };
  const gateway = createGateway(handler, undefined, { environments });
  onTestFinished(() => void gateway.close());
  const url = await listen(gateway, 0, 'PORT');

  const tokens = await Promise.all(users.map(({ userId }) => service.token(userId)));
  const latencies = await Promise.all(
    tokens.map(async (token, request) => {
      const startedAt = performance.now();
      const path = resetPath + (hasPin(request) ? `?pin=${rightPin}` : '');
      const { code } = await send(url, { path, headers: { Authorization: `Bearer ${token}` } });
      expect(code).toBe('204');
      return performance.now() - startedAt;
    }),
  );
  const predicted = simulateBurst({
    arrivals: Array(requests).fill(0),
    duration: (request) => durations[request] ?? 0,
    coldStart: 0,
    environments: { warm: environments, most: environments },
    starting: { atOnce: 0, perSecond: 0 },
    whenFull: 'wait',
  });
  const measured = { median: median(latencies), last: Math.max(...latencies) };
  const model = { median: median(predicted.latencies), last: predicted.end };
  console.log(
    `burst of ${requests} on ${environments} environments, in which one takes ${median(durations).toFixed()} ms: ` +
      `median ${measured.median.toFixed()} ms (model ${model.median.toFixed()}), ` +
      `last ${measured.last.toFixed()} ms (model ${model.last.toFixed()})`,
  );
  return { measured, model };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

it.each([3, 9])(
  'a burst on %d environments takes as long as the model says',
  {
    timeout: 60_000,
    // On a busy machine the first requests can arrive late.
    retry: 2,
  },
  async (environments) => {
    const { measured, model } = await measureAndPredict(environments);
    for (const ratio of [measured.median / model.median, measured.last / model.last]) {
      expect(ratio).toBeGreaterThan(0.8);
      expect(ratio).toBeLessThan(1.25);
    }
  },
);

describe('a simulated burst', () => {
  const simulate = (change: Partial<Parameters<typeof simulateBurst>[0]>): BurstResult =>
    simulateBurst({
      arrivals: [0, 0, 0, 0],
      duration: () => 10,
      coldStart: 100,
      environments: { warm: 0, most: 10 },
      starting: { atOnce: 10, perSecond: 0 },
      whenFull: 'refuse',
      ...change,
    });

  it('starts an environment for each request that finds none free', () => {
    expect(simulate({})).toEqual({ latencies: [110, 110, 110, 110], coldStarts: 4, refused: 0, end: 110 });
    const { coldStarts, latencies } = simulate({ arrivals: [0, 120, 125, 140] });
    expect(coldStarts).toBe(2);
    expect(latencies).toEqual([110, 10, 110, 10]);
  });

  it('refuses what finds neither a free environment nor one that may be started', () => {
    expect(simulate({ environments: { warm: 1, most: 2 } })).toMatchObject({ coldStarts: 1, refused: 2 });
    const starting = { atOnce: 1, perSecond: 10 };
    expect(simulate({ arrivals: [0, 10, 101, 110], starting })).toMatchObject({ coldStarts: 2, refused: 1 });
  });

  it('lets requests wait in the order of their arrival', () => {
    const environments = { warm: 2, most: 2 };
    const result = simulate({
      environments,
      whenFull: 'wait',
      duration: (request) => (request === 0 ? 50 : 10),
    });
    expect(result.latencies).toEqual([50, 10, 20, 30]);
  });
});

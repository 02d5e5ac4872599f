// Users side by side, each with requests of every kind. A model of the item predicts every answer and every item, and the
// memory must not grow.
//
// SOAK_REQUESTS: how many requests are sent, at least; default: 3,000
// SOAK_SEED: repeats what a run did, though not in which order the requests of different users met; default: another one
// each time
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { playUser, type Tally } from './play-user.ts';
import { type SoakService, startSoakService } from './soak-service.ts';

const requests = readCount('SOAK_REQUESTS', 3_000);
const seed = readCount('SOAK_SEED', Date.now() % 1_000_000);
const usersAtOnce = 12;
/** Requests between two lines that tell how far the run is. */
const progressInterval = 10_000;
/** Milliseconds: many times what a request takes, since other programs use the same processors. */
const timeOfRequest = 100;

let service: SoakService;
beforeAll(async () => {
  service = await startSoakService();
});
afterAll(() => service.close());

it('under load every answer and item is correct, and the memory does not grow', {
  timeout: 120_000 + requests * timeOfRequest,
}, async () => {
  const tally: Tally = { requests: 0, users: 0, codes: new Map(), kinds: new Map() };
  const startedAt = performance.now();
  let next = 0;
  const playUntil = async (count: number) => {
    const play = async () => {
      while (tally.requests < count) {
        const index = next++;
        try {
          await playUser(service, `user-${index}`, `${seed} ${index}`, tally);
        } catch (error) {
          console.log(`soak: user ${index} of SOAK_SEED=${seed} failed after ${tally.requests} requests`);
          throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: usersAtOnce }, play));
    const memory = measureMemory();
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
    console.log(
      `soak: seed ${seed}, ${seconds} s, ${tally.requests} requests, ${tally.users} users checked, ` +
        `memory in MB: heap ${memory.heap}, process ${memory.rss}`,
    );
    return memory;
  };

  // Code that is compiled and caches that are filled count for the start.
  const warm = await playUntil(requests / 10);
  for (let count = progressInterval; count < requests; count += progressInterval) await playUntil(count);
  const end = await playUntil(requests);

  console.log(`soak: answers ${toJson(tally.codes)}`);
  console.log(`soak: kinds ${toJson(tally.kinds)}`);
  console.log(`soak: faults ${toJson(service.faults)}`);
  expect(tally.codes.get('internal-error') ?? 0).toBeLessThan(tally.requests / 100);
  expect(end.heap - warm.heap).toBeLessThan(20);
  // No write has created an item after its user was deleted.
  const { Count } = await service.table.send(new ScanCommand({ TableName: service.tableName }));
  expect(Count).toBe(0);
});

function readCount(name: string, standard: number): number {
  const text = process.env[name] || String(standard);
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${name} must be a whole number of at most nine digits`);
  return Number(text);
}

function measureMemory() {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: Math.round(heapUsed / 1e6), rss: Math.round(rss / 1e6) };
}

function toJson(counts: ReadonlyMap<string, number>): string {
  return JSON.stringify(Object.fromEntries([...counts].sort()));
}

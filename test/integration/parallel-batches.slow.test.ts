// The table's stream at full load: as many batches of a shard at once as the stack sets, divided by user as Lambda does,
// for a bus that refuses and delays events at random.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { batchSize, parallelizationFactor } from '../../infra/constructs/event-publishing.ts';
import type { StreamRecord } from '../../lambda/publisher/stream-record.ts';
import { startEventPlatform } from '../support/event-platform.ts';
import { scaled, scaledTimeout } from '../support/generated-cases.ts';
import { createRandom } from '../support/random.ts';

const users = Array.from({ length: 25 }, (_, i) => `user-${i}`);

/** The stream record of a reset with a PIN. */
function reset(userId: string, number: number): StreamRecord {
  const before = { userId: { S: userId }, tokensValidFrom: { N: String(number) } };
  const id = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  const at = new Date(1_700_000_000_000 + number).toISOString();
  const lastReset = { M: { id: { S: id }, at: { S: at }, pinVerified: { BOOL: true } } };
  const NewImage = { ...before, tokensValidFrom: { N: String(number + 1) }, lastReset };
  return { eventName: 'MODIFY', dynamodb: { OldImage: before, NewImage, SequenceNumber: String(number) } };
}

/** Lambda gives all records with the same partition key to the same one of a shard's concurrent batches. */
function laneOf({ dynamodb }: StreamRecord): number {
  const key = String(dynamodb?.NewImage?.userId?.S);
  return createHash('sha256').update(key).digest().readUInt32BE() % parallelizationFactor;
}

it("a user's events arrive in order, repetitions aside, if batches run side by side and parts of them fail", {
  timeout: scaledTimeout,
}, async () => {
  const platform = await startEventPlatform();
  onTestFinished(() => platform.close());
  const seed = scaled('20212', `${Date.now()}`);
  const random = createRandom(seed);
  platform.answer = async (events) => {
    await sleep(random.next() * 5);
    // So often that some events stay refused through all retries of an invocation.
    return events.map(() => (random.next() < 0.5 ? 'ThrottlingException' : undefined));
  };
  const shard = Array.from({ length: scaled(100, 3_000) }, (_, i) => reset(random.pick(users), i + 1));
  let partialFailures = 0;

  async function readLane(lane: number): Promise<void> {
    let left = shard.filter((record) => laneOf(record) === lane);
    while (left.length > 0) {
      const batch = left.slice(0, batchSize);
      const failed = new Set(await platform.invoke(batch));
      // Lambda repeats a batch from the first record on that failed.
      const first = batch.findIndex(({ dynamodb }) => failed.has(String(dynamodb?.SequenceNumber)));
      if (first >= 0 && failed.size < batch.length) partialFailures++;
      left = left.slice(first < 0 ? batch.length : first);
    }
  }
  await Promise.all(Array.from({ length: parallelizationFactor }, (_, lane) => readLane(lane)));

  expect(partialFailures, 'batches of which a part failed').toBeGreaterThan(0);
  for (const user of users) {
    const numbers = platform.published
      .filter(({ detail }) => detail.userId === user)
      .map(({ detail }) => Number(detail.sequence));
    const written = shard.filter(({ dynamodb }) => dynamodb?.NewImage?.userId?.S === user);
    expect([...new Set(numbers)], `${user}, seed ${seed}`).toEqual(
      written.map(({ dynamodb }) => Number(dynamodb?.SequenceNumber)),
    );
  }
});

import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createLetterQueue,
  describeContent,
  type Letter,
  type LetterQueue,
} from '../../../infra/operations/letters.ts';
import { type QueueServer, startQueueServer } from './queue-server.ts';

const queueUrl = 'http://queue.example/letters';
let server: QueueServer;
let client: SQSClient;
let queue: LetterQueue;
beforeEach(async () => {
  server = await startQueueServer();
  client = new SQSClient({
    endpoint: server.endpoint,
    useQueueUrlAsEndpoint: false,
    maxAttempts: 1,
  });
  queue = createLetterQueue(client, queueUrl);
});
afterEach(() => {
  client.destroy();
  server.close();
});

/** Letters that have to be handled by hand, in the order of their numbers. */
const records = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    reason: 'unreadable',
    record: { userId: 'alice', sequenceNumber: String(i + 1) },
  }));
const numbersOf = (letters: readonly Letter[]) =>
  letters.map(({ content }) => content.kind === 'record' && Number(content.record.sequenceNumber));

it.each([
  { reason: 'odd', record: { sequenceNumber: 7 } },
  { reason: 'odd', record: 'odd' },
  { DDBStreamBatchInfo: { startSequenceNumber: {} } },
  { DDBStreamBatchInfo: true, requestContext: 'odd' },
  [],
  null,
  7,
  'no JSON',
])('letters are taken although the queue has a message of somebody else: %j', async (odd) => {
  server.fill([{ reason: 'unreadable', record: { userId: 'alice', sequenceNumber: '9' } }, odd]);
  const letters = await queue.take();
  expect(letters.map(({ content }) => describeContent(content))).toContain(
    'record 9 of user "alice" (unreadable)',
  );
  expect(letters).toHaveLength(2);
});

it.each([
  [{ reason: 'odd' }, 'not a letter of this service'],
  [{ record: { userId: 'alice' } }, 'not a letter of this service'],
  [{ reason: 'unreadable', record: { sequenceNumber: '9' } }, 'record 9 of user null (unreadable)'],
  [
    {
      ...{ reason: 'MalformedDetail', record: { userId: 'al"ice' } },
      entry: {
        DetailType: 'PasswordReset',
        EventBusName: 'bus',
        Source: 's',
        Detail: '{}',
        Time: '2026-03-01',
      },
    },
    'event PasswordReset of user "al\\"ice" (MalformedDetail)',
  ],
  [
    {
      requestContext: { condition: 'RecordAgeExceeded', functionArn: 'arn' },
      DDBStreamBatchInfo: {
        streamArn: 'arn',
        shardId: 'shard',
        batchSize: 2,
        startSequenceNumber: '100',
        endSequenceNumber: '300',
        approximateArrivalOfFirstRecord: '2026-03-01T09:29:00Z',
        approximateArrivalOfLastRecord: '2026-03-01T09:29:30Z',
      },
    },
    'batch of 2 records, 100 to 300, written 2026-03-01T09:29:00Z to 2026-03-01T09:29:30Z (RecordAgeExceeded)',
  ],
  [
    {
      DDBStreamBatchInfo: {
        ...{ streamArn: 'arn', shardId: 'shard', batchSize: 1 },
        ...{ startSequenceNumber: '1', endSequenceNumber: '1' },
      },
    },
    'batch of 1 records, 1 to 1, written undefined to undefined (unknown)',
  ],
])('describes the letter %j', async (body, description) => {
  server.fill([body]);
  const [letter] = await queue.take();
  expect(letter && describeContent(letter.content)).toBe(description);
  expect(letter).toMatchObject({ id: server.stored[0]?.id, sentAt: 1_767_225_600_000 });
});

it("takes a user's letters in the order of the writes, whatever the length of their numbers", async () => {
  const numbers = { startSequenceNumber: '500', endSequenceNumber: '500' };
  const batch = { streamArn: 'arn', shardId: 'shard', batchSize: 1, ...numbers };
  server.fill([
    ...['300', '1000', '20'].map((sequenceNumber) => ({ reason: 'odd', record: { sequenceNumber } })),
    { DDBStreamBatchInfo: batch },
    'not a letter',
  ]);
  const letters = await queue.take();
  expect(letters.map(({ content }) => describeContent(content).split(' ').slice(0, 3).join(' '))).toEqual([
    'not a letter',
    'record 20 of',
    'record 300 of',
    'batch of 1',
    'record 1000 of',
  ]);
});

it('takes a hundred letters at a time, ten in a call, and none of them twice', async () => {
  server.fill(records(105));
  const first = await queue.take();
  expect(numbersOf(first)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  expect(server.calls).toEqual(Array.from({ length: 10 }, () => ['ReceiveMessage', 10]));
  // What is held for too long appears again.
  server.expire();
  expect(numbersOf(await queue.take())).toEqual([101, 102, 103, 104, 105]);
  expect(await queue.take()).toEqual([]);
  await queue.release();
  expect(server.visible()).toHaveLength(105);
});

it('stops taking when it is told to end, and gives back what it has', async () => {
  server.fill(records(25));
  const controller = new AbortController();
  server.refuse = () => {
    if (server.calls.length === 1) controller.abort();
    return false;
  };
  expect(await queue.take(controller.signal)).toHaveLength(20);
  await queue.release();
  expect(server.visible()).toEqual(records(25));
});

describe('gives everything back that it has not deleted,', () => {
  it('ten letters in a call', async () => {
    server.fill(records(12));
    const letters = await queue.take();
    expect(server.visible()).toEqual([]);
    expect(await queue.delete(letters.slice(0, 1))).toEqual([]);
    server.calls.length = 0;
    await queue.release();
    expect(server.calls).toEqual([
      ['ChangeMessageVisibilityBatch', 10],
      ['ChangeMessageVisibilityBatch', 1],
    ]);
    expect(server.visible()).toEqual(records(12).slice(1));
    await queue.release();
    expect(server.calls).toHaveLength(2);
  });

  it('also after a take() that failed', async () => {
    server.fill(records(25));
    server.refuse = (operation) => operation === 'ReceiveMessage' && server.calls.length === 2;
    await expect(queue.take()).rejects.toThrow();
    server.refuse = undefined;
    await queue.release();
    expect(server.visible()).toEqual(records(25));
  });

  it('although some are back already, or a call fails', async () => {
    server.fill(records(25));
    const letters = await queue.take();
    const [first] = server.stored;
    if (first) first.receipt = 'that of somebody else';
    let calls = 0;
    server.refuse = () => ++calls === 2;
    await queue.release();
    expect(letters).toHaveLength(25);
    expect(server.visible()).toEqual([...records(25).slice(1, 10), ...records(25).slice(20)]);
  });
});

describe('deletes letters', () => {
  it('ten in a call', async () => {
    server.fill(records(12));
    const letters = await queue.take();
    server.calls.length = 0;
    expect(await queue.delete(letters)).toEqual([]);
    expect(server.stored).toEqual([]);
    expect(server.calls).toEqual([
      ['DeleteMessageBatch', 10],
      ['DeleteMessageBatch', 2],
    ]);
  });

  it('and returns those that could not be deleted', async () => {
    server.fill(records(12));
    const letters = await queue.take();
    const [first] = server.stored;
    if (first) first.receipt = 'that of somebody else';
    let calls = 0;
    server.refuse = () => ++calls === 2;
    expect(numbersOf(await queue.delete(letters))).toEqual([1, 11, 12]);
  });
});

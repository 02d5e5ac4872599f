// A dead letter's batch, read from the table's real stream again and published.
import { BatchWriteItemCommand, DescribeTableCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { DescribeStreamCommand, DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { BatchInfo, LetterContent } from '../../infra/operations/letters.ts';
import { type Resending, resend } from '../../infra/operations/resending.ts';
import { isPassedOn } from '../../infra/operations/stream-range.ts';
import { createEventBus } from '../../lambda/publisher/event-bus.ts';
import { type EventPlatform, startEventPlatform } from '../support/event-platform.ts';
import { type InvokeServer, startInvokeServer } from '../support/invoke-server.ts';
import { startService, type TestService } from '../support/service.ts';
import { openStream, type StreamReader } from './stream-reader.ts';

const functionName = 'publisher';
const functionArn = `arn:aws:lambda:eu-central-1:000000000000:function:${functionName}:$LATEST`;

let service: TestService;
let stream: StreamReader;
let platform: EventPlatform;
let invoke: InvokeServer;
let by: Resending;
let shard: Pick<BatchInfo, 'streamArn' | 'shardId'>;
/** Set to make the function fail. */
let handle: Parameters<typeof startInvokeServer>[0] | undefined;

beforeAll(async () => {
  service = await startService();
  stream = await openStream(service.client, service.tableName, inject('tableEndpoint'));
  platform = await startEventPlatform();
  invoke = await startInvokeServer((records) => (handle ?? platform.invoke)(records));
  const streams = new DynamoDBStreamsClient({ endpoint: inject('tableEndpoint') });
  by = {
    streams,
    lambda: new LambdaClient({ endpoint: invoke.endpoint, maxAttempts: 1 }),
    bus: createEventBus(platform.busEndpoint),
    busArn: 'platform',
    functionName,
    tableName: service.tableName,
  };
  const { Table } = await service.client.send(new DescribeTableCommand({ TableName: service.tableName }));
  const { StreamDescription } = await streams.send(
    new DescribeStreamCommand({ StreamArn: Table?.LatestStreamArn }),
  );
  shard = {
    streamArn: String(Table?.LatestStreamArn),
    shardId: String(StreamDescription?.Shards?.[0]?.ShardId),
  };
});
afterAll(async () => {
  stream.close();
  platform.close();
  invoke.close();
  by.streams.destroy();
  by.lambda.destroy();
  await service.close();
});

beforeEach(async () => {
  await service.put({ userId: 'alice', pin: '5621', paymentMethods: { visa: {} } });
  await stream.drain(async () => []);
  platform.published.length = 0;
  invoke.invocations.length = 0;
  handle = undefined;
});

/** What becomes of a letter. */
async function outcomeOf(content: LetterContent): Promise<string> {
  const [outcome] = await resend([content], by);
  return Object.values(outcome ?? {}).join();
}

/** The letter that Lambda would write for the records since the last call, if all with a mark were one batch. */
async function letterOfChanges(): Promise<Extract<LetterContent, { kind: 'batch' }>> {
  const sequences: string[] = [];
  await stream.drain(async (records) => {
    for (const record of records.filter(isPassedOn)) sequences.push(String(record.dynamodb?.SequenceNumber));
    return [];
  });
  const batch = {
    ...shard,
    startSequenceNumber: String(sequences[0]),
    endSequenceNumber: String(sequences.at(-1)),
    batchSize: sequences.length,
  };
  return { kind: 'batch', reason: 'RetryAttemptsExhausted', functionArn, batch };
}

/** Other services' writes in calls of 25, which no filter lets through. */
async function writeOthers(calls: number): Promise<void> {
  for (let call = 0; call < calls; call++) {
    const writes = Array.from({ length: 25 }, (_, i) => ({
      PutRequest: { Item: { userId: { S: `user-${i}` }, call: { N: `${call}` } } },
    }));
    await service.client.send(new BatchWriteItemCommand({ RequestItems: { [service.tableName]: writes } }));
  }
}

async function resetAlice(): Promise<string> {
  await service.reset(await service.token('alice'));
  return String((await service.item('alice'))?.lastReset?.M?.id?.S);
}

async function lockAlice(): Promise<string> {
  const token = await service.token('alice');
  for (const pin of ['1000', '1001', '1002']) await service.reset(token, `?pin=${pin}`);
  return String((await service.item('alice'))?.pinLock?.M?.id?.S);
}

const publishedIds = () => platform.published.map(({ detail }) => detail.resetId ?? detail.lockId);

describe('a batch is published completely and in order, one record at a time', () => {
  it('with many writes of other services between its first and its last record', async () => {
    const lockId = await lockAlice();
    await writeOthers(2);
    const resetId = await resetAlice();
    const letter = await letterOfChanges();
    await writeOthers(1);
    expect(await outcomeOf(letter)).toMatch(/^records published: \d+, of \d+ in the stream$/);
    expect(publishedIds()).toEqual([lockId, resetId]);
    expect(invoke.invocations.map((one) => one.functionName)).toEqual(
      invoke.invocations.map(() => functionName),
    );
    expect(invoke.invocations).toHaveLength(letter.batch.batchSize);
    for (const { records } of invoke.invocations) expect(records.map(isPassedOn)).toEqual([true]);
  });

  it('if the stream has more records in between than a page holds, which is a thousand', async () => {
    const lockId = await lockAlice();
    await writeOthers(41);
    const resetId = await resetAlice();
    await outcomeOf(await letterOfChanges());
    expect(publishedIds()).toEqual([lockId, resetId]);
  });

  it('with binary attributes as Lambda passes them on', async () => {
    await service.client.send(
      new UpdateItemCommand({
        TableName: service.tableName,
        Key: { userId: { S: 'alice' } },
        UpdateExpression: 'SET picture = :bytes',
        ExpressionAttributeValues: { ':bytes': { B: Buffer.from('picture') } },
      }),
    );
    await resetAlice();
    await outcomeOf(await letterOfChanges());
    expect(invoke.invocations[0]?.records[0]?.dynamodb?.NewImage?.picture).toEqual({
      B: Buffer.from('picture').toString('base64'),
    });
  });
});

describe('a letter has to stay', () => {
  it('if the function fails at a record', async () => {
    await lockAlice();
    await resetAlice();
    const letter = await letterOfChanges();
    let calls = 0;
    handle = async (records) => {
      if (++calls === 2) throw new Error('broken');
      return platform.invoke(records);
    };
    await expect(outcomeOf(letter)).resolves.toMatch(
      `1 of ${letter.batch.batchSize} records were published; the function failed at the next one`,
    );
  });

  it('if the function could not publish a record', async () => {
    await resetAlice();
    handle = async (records) => records.map(({ dynamodb }) => String(dynamodb?.SequenceNumber));
    const letter = await letterOfChanges();
    await expect(outcomeOf(letter)).resolves.toMatch(
      `0 of ${letter.batch.batchSize} records were published; the function could not publish the next one`,
    );
  });

  it('if the stream has fewer records than the batch had', async () => {
    await resetAlice();
    const letter = await letterOfChanges();
    // A reset that takes long raises `tokensValidFrom` in a second write.
    const { batchSize } = letter.batch;
    const batch = { ...letter.batch, batchSize: batchSize + 1 };
    await expect(outcomeOf({ ...letter, batch })).resolves.toMatch(
      `records published: ${batchSize}, of ${batchSize} in the stream, but the batch had ${batchSize + 1}`,
    );
  });

  it.each<[string, (batch: BatchInfo) => Partial<BatchInfo>]>([
    ['the first record', () => ({ startSequenceNumber: '000000000000000000000' })],
    [
      'the last record',
      ({ endSequenceNumber }) => ({ endSequenceNumber: String(BigInt(endSequenceNumber) + 1_000n) }),
    ],
    ['the shard', () => ({ shardId: 'shardId-00000000000000000000-00000000' })],
  ])('and nothing is published, if the stream no longer has %s', async (_what, change) => {
    await resetAlice();
    const letter = await letterOfChanges();
    const batch = { ...letter.batch, ...change(letter.batch) };
    await expect(outcomeOf({ ...letter, batch })).resolves.toMatch(/no longer has all records of the batch/);
    expect(invoke.invocations).toEqual([]);
  });

  it.each([
    ['table', { streamArn: 'arn:aws:dynamodb:eu-central-1:000000000000:table/others/stream/x' }, {}],
    ['function', {}, { functionArn: 'arn:aws:lambda:eu-central-1:000000000000:function:others' }],
  ])('and nothing is published, if the batch is of the %s of another stack', async (_what, of, more) => {
    await resetAlice();
    const letter = await letterOfChanges();
    const foreign = { ...letter, ...more, batch: { ...letter.batch, ...of } };
    await expect(outcomeOf(foreign)).resolves.toMatch(/the stack's (table|function) is/);
    expect(invoke.invocations).toEqual([]);
  });
});

import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isPassedOn, readRange } from '../../../infra/operations/stream-range.ts';
import { otherRecord, resetRecord, type StreamServer, startStreamServer } from './stream-server.ts';

let stream: StreamServer;
let client: DynamoDBStreamsClient;
beforeAll(async () => {
  stream = await startStreamServer();
  client = new DynamoDBStreamsClient({ endpoint: stream.endpoint, maxAttempts: 1 });
});
afterAll(() => {
  client.destroy();
  stream.close();
});
beforeEach(() => {
  Object.assign(stream, { pages: [], isOpen: false, fault: undefined });
  stream.calls.length = 0;
});

const streamArn = 'arn:aws:dynamodb:eu-central-1:000000000000:table/users/stream/2026';
const batch = {
  streamArn,
  shardId: 'shard',
  startSequenceNumber: '100',
  endSequenceNumber: '1000',
  batchSize: 2,
};
const numbers = async (of = batch) =>
  (await readRange(client, of)).map(({ dynamodb }) => dynamodb?.SequenceNumber);
const gone = 'the stream no longer has all records of the batch';

describe('reads a batch from its first to its last record,', () => {
  it('from the first one on, in the shard of the stream', async () => {
    stream.pages = [[resetRecord('100'), resetRecord('1000')]];
    expect(await numbers()).toEqual(['100', '1000']);
    expect(stream.calls).toEqual([
      {
        StreamArn: streamArn,
        ShardId: 'shard',
        ShardIteratorType: 'AT_SEQUENCE_NUMBER',
        SequenceNumber: '100',
      },
      { ShardIterator: '0' },
    ]);
  });

  it('over pages, some of them empty, and no further', async () => {
    stream.isOpen = true;
    stream.pages = [
      [],
      [resetRecord('100')],
      [],
      [],
      [otherRecord('500'), resetRecord('1000'), resetRecord('1001')],
    ];
    expect(await numbers()).toEqual(['100', '500', '1000']);
    expect(stream.calls).toHaveLength(6);
  });

  it('also if it has one record', async () => {
    stream.pages = [[resetRecord('100')]];
    expect(await numbers({ ...batch, endSequenceNumber: '100' })).toEqual(['100']);
  });

  it('with many empty pages in a row, again and again', async () => {
    stream.isOpen = true;
    const empty = Array.from({ length: 60 }, () => []);
    stream.pages = [...empty, [resetRecord('100')], ...empty, [resetRecord('1000')]];
    expect(await numbers()).toEqual(['100', '1000']);
  });
});

describe('says that records are gone,', () => {
  it.each([
    ['the first', [otherRecord('101'), resetRecord('1000')]],
    ['the last', [resetRecord('100'), resetRecord('999')]],
    ['all', []],
  ])('if %s of the batch are not in the stream', async (_which, page) => {
    stream.pages = [page];
    await expect(numbers()).rejects.toThrow(gone);
  });

  it('after a hundred empty pages at the end of an open shard', async () => {
    stream.isOpen = true;
    stream.pages = [[resetRecord('100')]];
    await expect(numbers()).rejects.toThrow(gone);
    expect(stream.calls).toHaveLength(102);
  });

  it.each([
    ['GetShardIterator', 'TrimmedDataAccessException'],
    ['GetShardIterator', 'ResourceNotFoundException'],
    ['GetRecords', 'TrimmedDataAccessException'],
    ['GetRecords', 'ValidationException'],
  ])('if %s answers %s', async (operation, code) => {
    stream.fault = [operation, code];
    await expect(numbers()).rejects.toThrow(/no longer has all .*docs\/runbook\.md/);
  });

  it('but not if a call fails for another reason', async () => {
    stream.fault = ['GetRecords', 'AccessDeniedException'];
    await expect(numbers()).rejects.toThrow('AccessDeniedException');
  });
});

it('passes on what the filter of the event source mapping lets through', () => {
  const lock = {
    eventName: 'MODIFY',
    dynamodb: { NewImage: { pinLock: { M: { id: { S: 'x' } } } } },
  } as const;
  expect(isPassedOn(lock)).toBe(true);
  expect(isPassedOn({ ...lock, eventName: 'INSERT' })).toBe(false);
  expect(isPassedOn({ eventName: 'MODIFY', dynamodb: { NewImage: { pinLock: { M: {} } } } })).toBe(false);
  expect(isPassedOn({ eventName: 'MODIFY', dynamodb: { NewImage: { pinLock: { S: 'x' } } } })).toBe(false);
  expect(
    isPassedOn({ eventName: 'MODIFY', dynamodb: { NewImage: { lastReset: { M: { id: { N: '1' } } } } } }),
  ).toBe(false);
  expect(isPassedOn({ eventName: 'REMOVE', dynamodb: {} })).toBe(false);
  expect(isPassedOn({ eventName: 'MODIFY' })).toBe(false);
});

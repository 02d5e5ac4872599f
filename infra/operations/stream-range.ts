// Reads the records of a batch from the table's stream again.
import {
  type _Record,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams';
import { marks, type StreamRecord } from '../../lambda/publisher/stream-record.ts';
import { kindOf } from '../../lambda/shared/describe-fault.ts';
import { UsageError } from '../command-line/usage-error.ts';
import type { BatchInfo } from './letters.ts';

/**
 * Reading stops after this many empty pages in a row. DynamoDB returns some of them between records, and endlessly many at the
 * end of an open shard.
 */
const maxEmptyPages = 100;

/** DynamoDB's errors if the records, the stream or the shard are gone. The last one is for a sequence number of no shard. */
const goneErrors = new Set([
  'TrimmedDataAccessException',
  'ResourceNotFoundException',
  'ValidationException',
]);

/**
 * Reads all records of a shard from the first to the last of a batch, page by page. Other writes lie in between.
 *
 * @param signal - ends the reading
 * @returns the records in order, at least the first and the last of the batch
 * @throws UsageError if the stream no longer has all of them; it keeps a record for 24 hours
 */
export async function readRange(
  client: DynamoDBStreamsClient,
  batch: BatchInfo,
  signal?: AbortSignal,
): Promise<StreamRecord[]> {
  const end = BigInt(batch.endSequenceNumber);
  const records: _Record[] = [];
  let iterator = await openShard(client, batch, signal);
  for (let emptyPages = 0; iterator !== undefined && emptyPages < maxEmptyPages; ) {
    const { Records = [], NextShardIterator }: Awaited<ReturnType<typeof readPage>> = await readPage(
      client,
      iterator,
      signal,
    );
    records.push(...Records);
    emptyPages = Records.length === 0 ? emptyPages + 1 : 0;
    if (records.length > 0 && sequenceOf(records.at(-1)) >= end) break;
    iterator = NextShardIterator;
  }
  const range = records.filter((record) => sequenceOf(record) <= end);
  if (sequenceOf(range[0]) !== BigInt(batch.startSequenceNumber) || sequenceOf(range.at(-1)) !== end)
    throw recordsGone();
  return range;
}

/**
 * Whether Lambda passes a record on to the publisher: the same condition as the filter of the event source mapping in
 * infra/constructs/event-publishing.ts.
 */
export function isPassedOn({ eventName, dynamodb }: StreamRecord): boolean {
  return eventName === 'MODIFY' && marks.some((mark) => dynamodb?.NewImage?.[mark]?.M?.id?.S !== undefined);
}

async function openShard(
  client: DynamoDBStreamsClient,
  batch: BatchInfo,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const command = new GetShardIteratorCommand({
    StreamArn: batch.streamArn,
    ShardId: batch.shardId,
    ShardIteratorType: 'AT_SEQUENCE_NUMBER',
    SequenceNumber: batch.startSequenceNumber,
  });
  return (await client.send(command, signal && { abortSignal: signal }).catch(explainGone)).ShardIterator;
}

function readPage(client: DynamoDBStreamsClient, ShardIterator: string, signal?: AbortSignal) {
  return client
    .send(new GetRecordsCommand({ ShardIterator }), signal && { abortSignal: signal })
    .catch(explainGone);
}

function explainGone(error: unknown): never {
  throw goneErrors.has(kindOf(error)) ? recordsGone() : error;
}

function recordsGone(): UsageError {
  return new UsageError(
    'the stream no longer has all records of the batch: it keeps a record for 24 hours. docs/runbook.md, "When the ' +
      'stream no longer has the records", says what to do',
  );
}

function sequenceOf(record: StreamRecord | undefined): bigint {
  return BigInt(record?.dynamodb?.SequenceNumber ?? -1);
}

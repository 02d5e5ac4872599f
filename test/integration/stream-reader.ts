// Reads a table's stream as Lambda's event source mapping does: in order, in batches, and again from a failed record.
import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeTableCommand, type DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record as ReadRecord,
} from '@aws-sdk/client-dynamodb-streams';
import type { StreamRecord } from '../../lambda/publisher/stream-record.ts';

/** Handles a batch; resolves to the sequence numbers that failed. */
export type HandleBatch = (records: readonly StreamRecord[]) => Promise<readonly string[]>;

export interface StreamReader {
  /** All records of the stream, in order. */
  readAll(): Promise<ReadRecord[]>;
  /**
   * Passes on the records since the last call in batches of up to ten, each repeated until no record of it fails.
   *
   * @returns the number of records
   */
  drain(handle: HandleBatch): Promise<number>;
  close(): void;
}

const batchSize = 10;

/**
 * Enables a table's stream and opens it.
 *
 * @param client - a client of the table
 * @param endpoint - base URL of the engine
 */
export async function openStream(
  client: DynamoDBClient,
  tableName: string,
  endpoint: string,
): Promise<StreamReader> {
  const StreamSpecification = { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } as const;
  await client.send(new UpdateTableCommand({ TableName: tableName, StreamSpecification }));
  const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
  const StreamArn = Table?.LatestStreamArn;
  const streams = new DynamoDBStreamsClient({ endpoint });
  let seen = 0;

  async function readAll(): Promise<ReadRecord[]> {
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
    const records: ReadRecord[] = [];
    for (const { ShardId } of StreamDescription?.Shards ?? []) {
      records.push(...(await readShard(streams, { StreamArn, ShardId })));
    }
    return records;
  }

  return {
    readAll,
    async drain(handle) {
      const records = (await readAll()).slice(seen);
      seen += records.length;
      for (let i = 0; i < records.length; i += batchSize)
        await untilDone(records.slice(i, i + batchSize), handle);
      return records.length;
    },
    close: () => streams.destroy(),
  };
}

async function readShard(
  streams: DynamoDBStreamsClient,
  shard: { StreamArn: string | undefined; ShardId: string | undefined },
): Promise<ReadRecord[]> {
  const { ShardIterator: first } = await streams.send(
    new GetShardIteratorCommand({ ...shard, ShardIteratorType: 'TRIM_HORIZON' }),
  );
  const records: ReadRecord[] = [];
  let iterator = first;
  // An open shard always has a next iterator; two empty answers in a row mean its current end.
  for (let empty = 0; iterator !== undefined && empty < 2; ) {
    const { Records = [], NextShardIterator } = await streams.send(
      new GetRecordsCommand({ ShardIterator: iterator }),
    );
    records.push(...Records);
    empty = Records.length === 0 ? empty + 1 : 0;
    iterator = NextShardIterator;
  }
  return records;
}

async function untilDone(batch: readonly StreamRecord[], handle: HandleBatch): Promise<void> {
  let left = batch;
  for (let round = 0; left.length > 0; round++) {
    if (round === 20) throw new Error('A batch still fails after 20 rounds');
    const failed = await handle(left);
    const from = left.findIndex((record) => failed.includes(record.dynamodb?.SequenceNumber ?? ''));
    left = from === -1 ? [] : left.slice(from);
    if (left.length > 0) await sleep(10);
  }
}

// DynamoDB Streams for tests: one shard behind the real SDK client, with the pages that a test sets.
import { ServiceFault, startAwsJsonServer } from '../../../infra/local/aws-json.ts';

/** A record of the stream, in the format of the API. */
export interface StreamedRecord {
  readonly eventName: string;
  readonly dynamodb: { readonly SequenceNumber?: string } & Readonly<Record<string, unknown>>;
}

export interface StreamServer {
  readonly endpoint: string;
  /** The pages from the first record on. After the last one the shard is closed. */
  pages: readonly (readonly StreamedRecord[])[];
  /** Whether empty pages follow the last one without an end, as at the end of an open shard. */
  isOpen: boolean;
  /** The inputs of the calls. */
  readonly calls: Record<string, unknown>[];
  /** Set to answer calls of an operation with an error. */
  fault: readonly [operation: string, code: string] | undefined;
  close(): void;
}

/** Starts a stream without records. */
export async function startStreamServer(): Promise<StreamServer> {
  const { endpoint, stop } = await startAwsJsonServer(async (operation, input) => {
    stream.calls.push(input);
    if (stream.fault?.[0] === operation) throw new ServiceFault(400, stream.fault[1]);
    if (operation === 'GetShardIterator') return { ShardIterator: '0' };
    const page = Number(input.ShardIterator);
    const hasNext = stream.isOpen || page + 1 < stream.pages.length;
    return { Records: stream.pages[page] ?? [], ...(hasNext && { NextShardIterator: String(page + 1) }) };
  });
  const stream: StreamServer = {
    endpoint,
    pages: [],
    isOpen: false,
    calls: [],
    fault: undefined,
    close: stop,
  };
  return stream;
}

/** A reset, which is passed on to the publisher. */
export function resetRecord(
  sequenceNumber: string,
  more: Readonly<Record<string, unknown>> = {},
): StreamedRecord {
  const image = { userId: { S: 'alice' }, ...more };
  return {
    eventName: 'MODIFY',
    dynamodb: {
      OldImage: image,
      NewImage: { ...image, lastReset: { M: { id: { S: `reset ${sequenceNumber}` } } } },
      SequenceNumber: sequenceNumber,
    },
  };
}

/** A write of another service, which no filter lets through. */
export function otherRecord(sequenceNumber: string, eventName = 'MODIFY'): StreamedRecord {
  return { eventName, dynamodb: { NewImage: { userId: { S: 'bob' } }, SequenceNumber: sequenceNumber } };
}

import { createServer } from 'node:http';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServiceFault } from '../../../infra/local/aws-json.ts';
import { listen } from '../../../infra/local/listen.ts';
import type { LetterContent } from '../../../infra/operations/letters.ts';
import { groupForSending, type Resending, resend } from '../../../infra/operations/resending.ts';
import { createEventBus } from '../../../lambda/publisher/event-bus.ts';
import { type EventPlatform, startEventPlatform } from '../../support/event-platform.ts';
import { type InvokeServer, startInvokeServer } from '../../support/invoke-server.ts';
import { otherRecord, resetRecord, type StreamServer, startStreamServer } from './stream-server.ts';

let platform: EventPlatform;
let stream: StreamServer;
let invoke: InvokeServer;
let by: Resending;
/** What the function does with the records of an invocation. */
let handle: Parameters<typeof startInvokeServer>[0];
beforeAll(async () => {
  platform = await startEventPlatform();
  stream = await startStreamServer();
  invoke = await startInvokeServer((records) => handle(records));
  by = {
    streams: new DynamoDBStreamsClient({ endpoint: stream.endpoint, maxAttempts: 1 }),
    lambda: new LambdaClient({ endpoint: invoke.endpoint, maxAttempts: 1 }),
    bus: createEventBus(platform.busEndpoint),
    busArn: 'arn:aws:events:eu-central-1:000000000000:event-bus/bus',
    functionName: 'publisher',
    tableName: 'users',
  };
});
afterAll(() => {
  by.streams.destroy();
  by.lambda.destroy();
  platform.close();
  stream.close();
  invoke.close();
});
beforeEach(() => {
  platform.published.length = 0;
  platform.calls.length = 0;
  platform.answer = undefined;
  invoke.invocations.length = 0;
  stream.fault = undefined;
  handle = async () => [];
});

type Entry = Extract<LetterContent, { kind: 'entry' }>;
type Batch = Extract<LetterContent, { kind: 'batch' }>;

function letter(more: Partial<Entry['entry']> = {}): Entry {
  const entry = {
    EventBusName: by.busArn,
    Source: 'password-reset-test',
    DetailType: 'PasswordReset',
    Detail: '{"resetId":"1"}',
    Time: '2026-03-01T09:30:00.123Z',
    ...more,
  };
  const record = { userId: 'alice', sequenceNumber: '1' };
  return { kind: 'entry', reason: 'MalformedDetail', entry, record };
}

function batchLetter(more: Partial<Batch> = {}, batch: Partial<Batch['batch']> = {}): Batch {
  return {
    kind: 'batch',
    reason: 'RetryAttemptsExhausted',
    functionArn: 'arn:aws:lambda:eu-central-1:000000000000:function:publisher:$LATEST',
    batch: {
      streamArn: 'arn:aws:dynamodb:eu-central-1:000000000000:table/users/stream/2026',
      shardId: 'shard',
      startSequenceNumber: '100',
      endSequenceNumber: '300',
      batchSize: 2,
      ...batch,
    },
    ...more,
  };
}

const sent = { sent: 'the event is on the bus' };
const detail = (resetId: string) => ({ Detail: JSON.stringify({ resetId }) });

describe('an event', () => {
  it('is put on the bus as it was', async () => {
    expect(await resend([letter()], by)).toEqual([sent]);
    expect(platform.published).toEqual([
      {
        source: 'password-reset-test',
        'detail-type': 'PasswordReset',
        time: '2026-03-01T09:30:00Z',
        detail: { resetId: '1' },
      },
    ]);
  });

  it('shares a call with others, and each has an outcome of its own', async () => {
    platform.answer = async (events) =>
      events.map((event) => (event.detail.resetId === '2' ? 'ThrottlingException' : undefined));
    const letters = ['1', '2', '3'].map((id) => letter(detail(id)));
    expect(await resend(letters, by)).toEqual([
      sent,
      { kept: 'the bus refused the event: ThrottlingException' },
      sent,
    ]);
    expect(platform.calls).toEqual([3]);
  });

  it('is put on the bus alone if another event, a bad one, makes the whole call fail', async () => {
    platform.answer = async (events) => {
      if (events.some(({ detail }) => detail.resetId === '2'))
        throw new ServiceFault(400, 'ValidationException');
      return events.map(() => undefined);
    };
    const letters = ['1', '2', '3'].map((id) => letter(detail(id)));
    expect(await resend(letters, by)).toEqual([
      sent,
      { kept: 'the bus refused the event: ValidationException' },
      sent,
    ]);
    expect(platform.calls).toEqual([3, 1, 1, 1]);
  });

  it('is not tried again alone if the bus does not answer at all', async () => {
    platform.answer = async () => {
      throw new ServiceFault(503, 'ServiceUnavailable');
    };
    const kept = { kept: 'the bus refused the event: ServiceUnavailable' };
    expect(await resend([letter(), letter()], by)).toEqual([kept, kept]);
    expect(platform.calls).toEqual([2]);
  });

  it("is put on the stack's present bus, also if the letter is older than that", async () => {
    const before = 'arn:aws:events:eu-central-1:000000000000:event-bus/before';
    const put = vi.spyOn(by.bus, 'put');
    expect(await resend([letter({ EventBusName: before }), letter()], by)).toEqual([
      { sent: `the event is on the stack's present bus; it was for ${before}` },
      sent,
    ]);
    const present = expect.objectContaining({ EventBusName: by.busArn });
    expect(put).toHaveBeenCalledExactlyOnceWith([present, present]);
    expect(platform.calls).toEqual([2]);
  });
});

it.each<LetterContent>([
  { kind: 'record', reason: 'unreadable', record: { userId: 'alice', sequenceNumber: '1' } },
  { kind: 'unknown' },
])('a letter of the kind $kind is left to people', async (content) => {
  const kept = { kept: 'it has to be handled by hand: docs/runbook.md, "Sending dead letters"' };
  expect(await resend([content], by)).toEqual([kept]);
  expect(await resend([content, letter()], by)).toEqual([kept, kept]);
});

it('letters are sent in groups: ten neighbouring events that are not too large, and others alone', () => {
  const lengths = (letters: readonly LetterContent[]) =>
    groupForSending(letters.map((content) => ({ content }))).map((group) => group.length);
  expect(lengths([])).toEqual([]);
  expect(lengths(Array.from({ length: 23 }, () => letter()))).toEqual([10, 10, 3]);
  expect(lengths([letter(), batchLetter(), batchLetter(), letter(), letter()])).toEqual([1, 1, 1, 2]);
  const large = letter({ Detail: 'x'.repeat(25_000) });
  expect(lengths([large, large, letter(), large, letter()])).toEqual([2, 3]);
  expect(lengths([letter({ Detail: 'x'.repeat(200_000) }), letter()])).toEqual([1, 1]);
});

describe('a batch', () => {
  beforeEach(() => {
    stream.pages = [[resetRecord('100'), otherRecord('200'), resetRecord('300')]];
  });

  it('is published again one record at a time, in order, without the writes of others', async () => {
    expect(await resend([batchLetter()], by)).toEqual([{ sent: 'records published: 2, of 3 in the stream' }]);
    expect(invoke.invocations).toEqual(
      ['100', '300'].map((number) => ({ functionName: 'publisher', records: [resetRecord(number)] })),
    );
  });

  it('has its binary attributes as Lambda passes them on, and nothing else of the record', async () => {
    const picture = { B: Buffer.from('picture').toString('base64') };
    const record = resetRecord('100', { picture });
    stream.pages = [[{ ...record, dynamodb: { ...record.dynamodb, SizeBytes: 59 } }]];
    await resend([batchLetter({}, { endSequenceNumber: '100', batchSize: 1 })], by);
    expect(invoke.invocations[0]?.records).toEqual([record]);
  });

  it('may have more records in the stream than Lambda has counted', async () => {
    expect(await resend([batchLetter({}, { batchSize: 1 })], by)).toEqual([
      { sent: 'records published: 2, of 3 in the stream' },
    ]);
    expect(invoke.invocations).toHaveLength(2);
  });

  it('is kept if a part of it was found, so that nobody takes the part for the whole', async () => {
    expect(await resend([batchLetter({}, { batchSize: 3 })], by)).toEqual([
      { kept: 'records published: 2, of 3 in the stream, but the batch had 3' },
    ]);
  });

  it('is kept if the function fails at a record, and no later one is published', async () => {
    handle = async (records) => {
      if (records[0]?.dynamodb?.SequenceNumber === '300') throw new Error('broken');
      return [];
    };
    expect(await resend([batchLetter()], by)).toEqual([
      { kept: '1 of 2 records were published; the function failed at the next one' },
    ]);
    handle = async (records) => [String(records[0]?.dynamodb?.SequenceNumber)];
    invoke.invocations.length = 0;
    expect(await resend([batchLetter()], by)).toEqual([
      { kept: '0 of 2 records were published; the function could not publish the next one' },
    ]);
    expect(invoke.invocations).toHaveLength(1);
  });

  it('is kept if the function answers something else than a list of failures', async () => {
    const odd = createServer((_request, response) => response.end());
    const lambda = new LambdaClient({ endpoint: await listen(odd, 0, 'PORT'), maxAttempts: 1 });
    expect(await resend([batchLetter()], { ...by, lambda })).toEqual([
      { kept: '0 of 2 records were published; the function could not publish the next one' },
    ]);
    lambda.destroy();
    odd.closeAllConnections();
    odd.close();
  });

  it.each([
    [
      'table',
      batchLetter({}, { streamArn: 'arn:aws:dynamodb:eu-central-1:000000000000:table/others/stream/x' }),
      "the batch is of arn:aws:dynamodb:eu-central-1:000000000000:table/others/stream/x, and the stack's table is users",
    ],
    [
      'function',
      batchLetter({ functionArn: 'arn:aws:lambda:eu-central-1:000000000000:function:others' }),
      "the batch is of arn:aws:lambda:eu-central-1:000000000000:function:others, and the stack's function is publisher",
    ],
  ])('of the %s of another stack is kept, and nothing is read or published', async (_of, foreign, kept) => {
    stream.calls.length = 0;
    expect(await resend([foreign], by)).toEqual([{ kept }]);
    expect([stream.calls, invoke.invocations]).toEqual([[], []]);
  });

  it('is kept if its records cannot be read, and the next one is sent', async () => {
    stream.fault = ['GetRecords', 'TrimmedDataAccessException'];
    const [outcome] = await resend([batchLetter()], by);
    expect(outcome).toEqual({ kept: expect.stringContaining('no longer has all records of the batch') });
    expect(invoke.invocations).toEqual([]);
  });
});

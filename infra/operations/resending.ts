// Sends what a dead letter stands for: an event to the bus, or the records of a batch to the publishing function.
import type { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { EventBus } from '../../lambda/publisher/delivery.ts';
import type { StreamRecord } from '../../lambda/publisher/stream-record.ts';
import { UsageError } from '../command-line/usage-error.ts';
import type { LetterContent } from './letters.ts';
import { isPassedOn, readRange } from './stream-range.ts';

/** What letters are sent by, all of one stack. */
export interface Resending {
  readonly streams: DynamoDBStreamsClient;
  readonly lambda: LambdaClient;
  readonly bus: EventBus;
  /** ARN of the bus. */
  readonly busArn: string;
  /** Name of the publishing function. */
  readonly functionName: string;
  readonly tableName: string;
}

/**
 * Sends what a letter stands for.
 *
 * @returns what was sent
 * @throws UsageError if not all of it was sent, or if a batch belongs to another stack; the letter has to stay
 */
export function resend(content: LetterContent, by: Resending): Promise<string> {
  switch (content.kind) {
    case 'entry':
      return sendEntry(content, by);
    case 'batch':
      return replayBatch(content, by);
    default:
      throw new UsageError('it has to be handled by hand: docs/runbook.md, "Sending dead letters"');
  }
}

async function sendEntry(
  { entry }: Extract<LetterContent, { kind: 'entry' }>,
  { bus, busArn }: Resending,
): Promise<string> {
  // The letter may be older than a change of the stack's bus, and the bus of then may be gone.
  const [refusal] = await bus.put([{ ...entry, EventBusName: busArn, Time: new Date(entry.Time) }]);
  if (refusal) throw new UsageError(`the bus refused the event: ${refusal.code}`);
  return entry.EventBusName === busArn
    ? 'the event is on the bus'
    : `the event is on the stack's present bus; it was for ${entry.EventBusName}`;
}

async function replayBatch(
  { batch, functionArn }: Extract<LetterContent, { kind: 'batch' }>,
  { streams, lambda, functionName, tableName }: Resending,
): Promise<string> {
  if (!batch.streamArn.includes(`:table/${tableName}/stream/`))
    throw new UsageError(`the batch is of ${batch.streamArn}, and the stack's table is ${tableName}`);
  if (functionArn.split(':')[6] !== functionName)
    throw new UsageError(`the batch is of ${functionArn}, and the stack's function is ${functionName}`);
  const range = await readRange(streams, batch);
  const records = range.filter(isPassedOn);
  for (const [done, record] of records.entries()) {
    const fault = await publish(record, lambda, functionName);
    if (fault)
      throw new UsageError(
        `${done} of ${records.length} records were published; the function ${fault} the next one`,
      );
  }
  const found = `records published: ${records.length}, of ${range.length} in the stream`;
  // The letter stays, so that nobody takes a part for the whole.
  if (records.length < batch.batchSize)
    throw new UsageError(`${found}, but the batch had ${batch.batchSize}`);
  return found;
}

/**
 * Invokes the publishing function with one record. Two images are at most 800 KB, and ten of them can be more than the 6 MB
 * that an invocation takes.
 *
 * @returns what went wrong, or undefined if the record was handled
 */
async function publish(
  record: StreamRecord,
  lambda: LambdaClient,
  FunctionName: string,
): Promise<string | undefined> {
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({ FunctionName, Payload: serialize(record) }),
  );
  if (FunctionError) return 'failed at';
  const { batchItemFailures } = JSON.parse(Buffer.from(Payload ?? []).toString() || '{}');
  const isHandled = Array.isArray(batchItemFailures) && batchItemFailures.length === 0;
  return isHandled ? undefined : 'could not publish';
}

/** In the format of Lambda's events, where binary attributes are base64. */
function serialize({
  eventName,
  dynamodb: { OldImage, NewImage, SequenceNumber } = {},
}: StreamRecord): string {
  return JSON.stringify(
    { Records: [{ eventName, dynamodb: { OldImage, NewImage, SequenceNumber } }] },
    (_key, value) => (value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value),
  );
}

// Sends what a dead letter stands for: an event to the bus, or the records of a batch to the publishing function.
import type { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { BusEntry, EventBus, Refusal } from '../../lambda/publisher/delivery.ts';
import type { StreamRecord } from '../../lambda/publisher/stream-record.ts';
import { explainError } from '../command-line/explain-error.ts';
import { UsageError } from '../command-line/usage-error.ts';
import type { LetterContent } from './letters.ts';
import { isPassedOn, readRange } from './stream-range.ts';

/** The clients and names that are needed to send letters, all of one stack. */
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

/** What became of a letter: everything that it stands for was sent, or the reason why not all of it was. */
export type Outcome = { readonly sent: string } | { readonly kept: string };

/** The limit of `PutEvents` for events in a call. */
const maxEntries = 10;
/** Characters of all events in a call, far below the limit of `PutEvents` in bytes. */
const maxCharacters = 50_000;

/**
 * Puts letters into groups that are sent by one call each: neighbours that are events, and every other letter alone.
 *
 * @param letters - in the order in which they are sent
 */
export function groupForSending<T extends { readonly content: LetterContent }>(letters: readonly T[]): T[][] {
  const groups: T[][] = [];
  let characters = 0;
  for (const letter of letters) {
    const size = letter.content.kind === 'entry' ? letter.content.entry.Detail.length : maxCharacters;
    const last = groups.at(-1);
    if (last && last.length < maxEntries && characters + size <= maxCharacters) last.push(letter);
    else {
      groups.push([letter]);
      characters = 0;
    }
    characters += size;
  }
  return groups;
}

/**
 * Sends what the letters of a group stand for.
 *
 * @param signal - ends the reading from the stream; what is being sent then is finished
 * @returns for each letter what became of it; one that is kept has to stay in the queue
 */
export async function resend(
  group: readonly LetterContent[],
  by: Resending,
  signal?: AbortSignal,
): Promise<Outcome[]> {
  const entries = group.filter((content) => content.kind === 'entry');
  if (entries.length === group.length) return sendEntries(entries, by);
  const outcomes: Outcome[] = [];
  for (const content of group) {
    try {
      if (content.kind !== 'batch')
        throw new UsageError('it has to be handled by hand: docs/runbook.md, "Sending dead letters"');
      outcomes.push({ sent: await replayBatch(content, by, signal) });
    } catch (error) {
      outcomes.push({ kept: explainError(error) });
    }
  }
  return outcomes;
}

async function sendEntries(
  letters: readonly Extract<LetterContent, { kind: 'entry' }>[],
  { bus, busArn }: Resending,
): Promise<Outcome[]> {
  // Not the bus that the letter names: the stack may have another one since then.
  const entries = letters.map(({ entry }) => ({
    ...entry,
    EventBusName: busArn,
    Time: new Date(entry.Time),
  }));
  const refusals = await put(bus, entries);
  return letters.map(({ entry }, i) => {
    const refusal = refusals[i];
    if (refusal) return { kept: `the bus refused the event: ${refusal.code}` };
    return entry.EventBusName === busArn
      ? { sent: 'the event is on the bus' }
      : { sent: `the event is on the stack's present bus; it was for ${entry.EventBusName}` };
  });
}

/** One bad or too large event makes the whole call fail. Then each event is put on the bus by its own call. */
async function put(bus: EventBus, entries: readonly BusEntry[]): Promise<readonly (Refusal | undefined)[]> {
  const refusals = await bus.put(entries);
  if (entries.length === 1 || !refusals.every((one) => one?.code === 'ValidationException')) return refusals;
  const alone: (Refusal | undefined)[] = [];
  for (const entry of entries) alone.push((await bus.put([entry]))[0]);
  return alone;
}

async function replayBatch(
  { batch, functionArn }: Extract<LetterContent, { kind: 'batch' }>,
  { streams, lambda, functionName, tableName }: Resending,
  signal?: AbortSignal,
): Promise<string> {
  if (!batch.streamArn.includes(`:table/${tableName}/stream/`))
    throw new UsageError(`the batch is of ${batch.streamArn}, and the stack's table is ${tableName}`);
  if (functionArn.split(':')[6] !== functionName)
    throw new UsageError(`the batch is of ${functionArn}, and the stack's function is ${functionName}`);
  const range = await readRange(streams, batch, signal);
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
 * Invokes the publishing function with one record. The two images of a record can have 800 KB, so ten records can be more
 * than the 6 MB that an invocation takes.
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

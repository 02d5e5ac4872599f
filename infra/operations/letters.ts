// The letters in the dead-letter queue: what they are, and how they are taken and removed.
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { DeadLetter } from '../../lambda/publisher/delivery.ts';
import { printable } from '../shared/foreign-text.ts';

/** Lambda's pointer to a batch that it gave up on (`DDBStreamBatchInfo`). */
export interface BatchInfo {
  readonly streamArn: string;
  readonly shardId: string;
  readonly startSequenceNumber: string;
  readonly endSequenceNumber: string;
  /**
   * How many records the batch had. Not counted are records in between that the filter leaves out, and those of other batches:
   * Lambda reads several batches of a shard at the same time.
   */
  readonly batchSize: number;
  /** When the table had written the first and the last record: ISO 8601. */
  readonly approximateArrivalOfFirstRecord?: string;
  readonly approximateArrivalOfLastRecord?: string;
}

export interface Letter {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly sentAt: number;
  readonly content: LetterContent;
}

type Json<T> = { readonly [K in keyof T]: T[K] extends Date ? string : T[K] };
type JsonEntry = Json<NonNullable<DeadLetter['entry']>>;

export type LetterContent =
  /** An event that the bus refused. */
  | { readonly kind: 'entry'; readonly reason: string; readonly entry: JsonEntry; readonly record: Pointer }
  /** A record that cannot be read, or whose event is too large for the queue. */
  | { readonly kind: 'record'; readonly reason: string; readonly record: Pointer }
  /** A batch that the function did not finish. */
  | {
      readonly kind: 'batch';
      readonly reason: string;
      readonly functionArn: string;
      readonly batch: BatchInfo;
    }
  /** Not a letter of this service. */
  | { readonly kind: 'unknown' };

type Pointer = DeadLetter['record'];

/**
 * Seconds: how long a taken letter is hidden from others. A run gives its letters back when it ends; the letters of a run that
 * was killed come back after this time.
 */
const holdSeconds = 900;
/** Seconds that SQS waits for a message before it answers that there is none. With 0 it would ask only some of its servers. */
const waitSeconds = 2;
/** Letters that are taken before the first of them is worked on: as many as can be sent while they are held. */
const portionSize = 100;
/** The limit of SQS for messages in a call. */
const callSize = 10;

/** What SQS answers to a call with several messages. */
interface Answer {
  readonly Successful?: readonly { readonly Id?: string | undefined }[] | undefined;
}

/** The dead-letter queue of a stack. */
export interface LetterQueue {
  /**
   * Takes up to a hundred letters that nobody holds and that this run has not had yet. A call under way is never broken
   * off, because letters whose answer is lost stay hidden.
   *
   * @param signal - ends the taking after the call that is under way
   * @returns the letters in the order of their records; none if there are no more
   */
  take(signal?: AbortSignal): Promise<Letter[]>;
  /**
   * Deletes letters.
   *
   * @returns those that could not be deleted; never throws
   */
  delete(letters: readonly Letter[]): Promise<readonly Letter[]>;
  /** Gives all letters back that were taken and not deleted, so that others see them at once. Never throws. */
  release(): Promise<void>;
}

/**
 * Opens the queue; nothing is sent to it yet.
 *
 * @param QueueUrl - the output `DeadLetterQueue` of the stack
 */
export function createLetterQueue(client: SQSClient, QueueUrl: string): LetterQueue {
  /** The ids of all letters that were ever taken. */
  const known = new Set<string>();
  /** The receipts of the letters that are held, by their ids. The latest is the one that counts. */
  const held = new Map<string, string>();

  async function receive(): Promise<Message[]> {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: callSize,
        VisibilityTimeout: holdSeconds,
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['SentTimestamp'],
      }),
    );
    for (const { MessageId = '', ReceiptHandle = '' } of Messages) held.set(MessageId, ReceiptHandle);
    return Messages;
  }

  /** Makes calls with ten letters each; returns the ids of those that were not refused. */
  async function callForEach(
    ids: readonly string[],
    call: (entries: { Id: string; ReceiptHandle: string }[]) => Promise<Answer>,
  ): Promise<Set<string>> {
    const done = new Set<string>();
    for (let start = 0; start < ids.length; start += callSize) {
      const some = ids.slice(start, start + callSize);
      // Ids of SQS's messages have characters that ids of entries may not have.
      const entries = some.map((id, i) => ({ Id: String(i), ReceiptHandle: held.get(id) ?? '' }));
      // A letter that was held for too long is refused: it is back already. After a failure, the next call is made
      // nevertheless, and the run still reports its result.
      const { Successful = [] } = await call(entries).catch((): Answer => ({}));
      for (const { Id } of Successful) done.add(some[Number(Id)] ?? '');
    }
    return done;
  }

  return {
    async take(signal) {
      const letters: Letter[] = [];
      while (letters.length < portionSize && !signal?.aborted) {
        const messages = await receive();
        if (messages.length === 0) break;
        const fresh = messages.filter(({ MessageId = '' }) => !known.has(MessageId));
        for (const { MessageId = '' } of fresh) known.add(MessageId);
        letters.push(...fresh.map(toLetter));
      }
      return letters.sort((a, b) => (sequenceOf(a) < sequenceOf(b) ? -1 : 1));
    },
    async delete(letters) {
      const done = await callForEach(
        letters.map(({ id }) => id),
        (Entries) => client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries })),
      );
      for (const id of done) held.delete(id);
      return letters.filter(({ id }) => !done.has(id));
    },
    async release() {
      await callForEach([...held.keys()], (entries) => {
        const Entries = entries.map((entry) => ({ ...entry, VisibilityTimeout: 0 }));
        return client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
      });
      held.clear();
    },
  };
}

function toLetter({ MessageId = '', Body = '', Attributes }: Message): Letter {
  return { id: MessageId, sentAt: Number(Attributes?.SentTimestamp ?? 0), content: readContent(Body) };
}

/** Describes a letter in one line that is safe for a terminal, without any attribute of a user but the id. */
export function describeContent(content: LetterContent): string {
  return printable(describe(content), 500);
}

function describe(content: LetterContent): string {
  if (content.kind === 'unknown') return 'not a letter of this service';
  if (content.kind === 'batch') {
    const { batchSize, startSequenceNumber, endSequenceNumber, ...batch } = content.batch;
    const numbers = `${startSequenceNumber} to ${endSequenceNumber}`;
    const times = `${batch.approximateArrivalOfFirstRecord} to ${batch.approximateArrivalOfLastRecord}`;
    return `batch of ${batchSize} records, ${numbers}, written ${times} (${content.reason})`;
  }
  const user = `of user ${JSON.stringify(content.record.userId ?? null)}`;
  if (content.kind === 'entry') return `event ${content.entry.DetailType} ${user} (${content.reason})`;
  return `record ${content.record.sequenceNumber} ${user} (${content.reason})`;
}

/** Whoever may send to the queue can put anything into it, so nothing is taken for a letter that lacks a member. */
function readContent(body: string): LetterContent {
  let letter: Record<string, unknown>;
  try {
    letter = Object(JSON.parse(body));
  } catch {
    return { kind: 'unknown' };
  }
  const { reason, record, entry, DDBStreamBatchInfo: batch, requestContext } = letter;
  if (batch) {
    const { condition = 'unknown', functionArn = '' } = Object(requestContext);
    return isText(condition) && isText(functionArn) && isBatch(batch)
      ? { kind: 'batch', reason: condition, functionArn, batch }
      : { kind: 'unknown' };
  }
  if (!isText(reason) || !isPointer(record)) return { kind: 'unknown' };
  if (!entry) return { kind: 'record', reason, record };
  if (!isEntry(entry)) return { kind: 'unknown' };
  // Any other member could make the bus refuse the events that are sent with this one.
  const { EventBusName, Source, DetailType, Detail, Time } = entry;
  return { kind: 'entry', reason, record, entry: { EventBusName, Source, DetailType, Detail, Time } };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isPointer(value: unknown): value is Pointer {
  return Object(value) === value && hasTexts(value, [], ['userId', 'sequenceNumber']);
}

function isEntry(value: unknown): value is JsonEntry {
  const names = ['EventBusName', 'Source', 'DetailType', 'Detail', 'Time'];
  return hasTexts(value, names) && !Number.isNaN(Date.parse(String(Object(value).Time)));
}

function isBatch(value: unknown): value is BatchInfo {
  const needed = ['streamArn', 'shardId', 'startSequenceNumber', 'endSequenceNumber'];
  const optional = ['approximateArrivalOfFirstRecord', 'approximateArrivalOfLastRecord'];
  return hasTexts(value, needed, optional) && typeof Object(value).batchSize === 'number';
}

function hasTexts(value: unknown, needed: readonly string[], optional: readonly string[] = []): boolean {
  const members: Record<string, unknown> = Object(value);
  return (
    needed.every((name) => isText(members[name])) &&
    optional.every((name) => members[name] === undefined || isText(members[name]))
  );
}

/** Letters of one user are sent in the order of the user's writes. */
function sequenceOf({ content }: Letter): string {
  const sequence =
    content.kind === 'batch'
      ? content.batch.startSequenceNumber
      : content.kind === 'unknown'
        ? undefined
        : content.record.sequenceNumber;
  return (sequence ?? '').padStart(40, '0');
}

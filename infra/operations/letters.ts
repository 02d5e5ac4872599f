// The letters in the dead-letter queue: what they are, and how they are taken and removed.
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { DeadLetter } from '../../lambda/publisher/delivery.ts';

/** Lambda's pointer to a batch that it gave up on (`DDBStreamBatchInfo`). */
export interface BatchInfo {
  readonly streamArn: string;
  readonly shardId: string;
  readonly startSequenceNumber: string;
  readonly endSequenceNumber: string;
  /**
   * How many records were passed on. Not counted are those in between that no filter lets through, and those of other users
   * that were in other batches: Lambda reads several batches of a shard at the same time.
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
  /** For SQS, to delete or release the message. */
  readonly receipt: string;
  readonly content: LetterContent;
}

type Json<T> = { readonly [K in keyof T]: T[K] extends Date ? string : T[K] };
type JsonEntry = Json<NonNullable<DeadLetter['entry']>>;

export type LetterContent =
  /** An event that the bus refused. */
  | { readonly kind: 'entry'; readonly reason: string; readonly entry: JsonEntry; readonly record: Pointer }
  /** A record of which no event can be made, or none that fits into the queue. */
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

/** Seconds for which a taken letter is hidden from others. A run that dies gives its letters back so late. */
const holdSeconds = 900;
/** Seconds that SQS waits for a message before it answers that there is none. A wait of 0 would ask only some servers. */
const waitSeconds = 2;

/** The dead-letter queue of a stack. */
export interface LetterQueue {
  /** Takes all letters that nobody else holds, in the order of their records. */
  take(): Promise<Letter[]>;
  /** Gives letters back, so that others see them at once. Never throws. */
  release(letters: readonly Letter[]): Promise<void>;
  /** Deletes a letter. */
  delete(letter: Letter): Promise<void>;
}

/**
 * Opens the queue; nothing is sent to it yet.
 *
 * @param QueueUrl - the output `DeadLetterQueue` of the stack
 */
export function createLetterQueue(client: SQSClient, QueueUrl: string): LetterQueue {
  return {
    async take() {
      const letters = new Map<string, Letter>();
      for (;;) {
        const { Messages = [] } = await client.send(
          new ReceiveMessageCommand({
            QueueUrl,
            MaxNumberOfMessages: 10,
            VisibilityTimeout: holdSeconds,
            WaitTimeSeconds: waitSeconds,
            MessageSystemAttributeNames: ['SentTimestamp'],
          }),
        );
        if (Messages.length === 0) break;
        for (const { MessageId = '', ReceiptHandle = '', Body = '', Attributes } of Messages) {
          const sentAt = Number(Attributes?.SentTimestamp ?? 0);
          letters.set(MessageId, {
            id: MessageId,
            sentAt,
            receipt: ReceiptHandle,
            content: readContent(Body),
          });
        }
      }
      return [...letters.values()].sort((a, b) => (sequenceOf(a) < sequenceOf(b) ? -1 : 1));
    },
    async release(letters) {
      for (const { receipt } of letters) {
        // SQS refuses it for a letter that was held for too long. That one is back already, and each other one comes back
        // by itself, so no failure may keep the next from being given back, or hide what the run has to say.
        await client
          .send(
            new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: receipt, VisibilityTimeout: 0 }),
          )
          .catch(() => {});
      }
    },
    async delete({ receipt }) {
      await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: receipt }));
    },
  };
}

/** Describes a letter in one line, without any attribute of a user but the id. */
export function describeContent(content: LetterContent): string {
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

function readContent(body: string): LetterContent {
  let letter: Record<string, unknown>;
  try {
    letter = Object(JSON.parse(body));
  } catch {
    return { kind: 'unknown' };
  }
  const { reason, record, entry, DDBStreamBatchInfo, requestContext } = letter as {
    reason?: string;
    record?: Pointer;
    entry?: JsonEntry;
    DDBStreamBatchInfo?: BatchInfo;
    requestContext?: { condition?: string; functionArn?: string };
  };
  if (DDBStreamBatchInfo) {
    const { condition = 'unknown', functionArn = '' } = requestContext ?? {};
    return { kind: 'batch', reason: condition, functionArn, batch: DDBStreamBatchInfo };
  }
  if (!reason || !record) return { kind: 'unknown' };
  return entry ? { kind: 'entry', reason, entry, record } : { kind: 'record', reason, record };
}

/** Letters of one user are sent in the order of the user's writes. */
function sequenceOf({ content }: Letter): string {
  const sequence =
    content.kind === 'batch'
      ? content.batch.startSequenceNumber
      : content.kind === 'unknown'
        ? undefined
        : content.record.sequenceNumber;
  // Somebody else's letter may hold anything.
  return String(sequence ?? '').padStart(40, '0');
}

// Amazon EventBridge as the bus, and an SQS queue for what it will never take.
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { clientOptions } from '../shared/aws-client.ts';
import { kindOf } from '../shared/describe-fault.ts';
import type { DeadLetter, EventBus, Refusal } from './delivery.ts';

/**
 * One attempt a call: whether and when to try again is decided for each event and not for each call. An attempt that
 * takes longer may have been carried out all the same; the event then comes twice.
 */
const patience = { attempts: 1, connecting: 500, answering: 2_000 };

/**
 * Milliseconds that a call takes at most, with all its attempts, even if its answer trickles. With the longest pause
 * before it, that fits into what event-delivery.ts reserves for an attempt.
 */
const callTimeout = 3_000;

/** SQS takes 1 MiB since 2025; before, and where a queue is set up so, 256 KiB. */
const maxMessageBytes = 262_144;

/** What `PutEvents` says of an event that no retry can help; everything else may pass. */
const permanentRefusals = new Set(['InvalidArgument', 'MalformedDetail']);

/**
 * The event buses of an account and region, which the SDK takes from its own variables.
 *
 * @param endpoint - where EventBridge answers, if not at AWS
 */
export function createEventBus(endpoint?: string): EventBus {
  const client = new EventBridgeClient({ ...clientOptions(patience), ...(endpoint && { endpoint }) });
  return {
    async put(entries) {
      try {
        const { Entries } = await client.send(new PutEventsCommand({ Entries: [...entries] }), {
          abortSignal: AbortSignal.timeout(callTimeout),
        });
        return entries.map((_entry, i) => refusalOf(Entries?.[i]));
      } catch (error) {
        return entries.map(() => refusalOfCall(error, entries.length));
      }
    },
  };
}

function refusalOf(result: { EventId?: string | undefined; ErrorCode?: string | undefined } | undefined) {
  if (result?.EventId && !result.ErrorCode) return undefined;
  const code = result?.ErrorCode ?? 'NoAnswer';
  return { code, isPermanent: permanentRefusals.has(code) };
}

/** A call is refused as a whole for one bad or too large event in it, which is certain only where it had but one. */
function refusalOfCall(error: unknown, entries: number): Refusal {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  const code = kindOf(error);
  return { code, isPermanent: entries === 1 && (code === 'ValidationException' || status === 413) };
}

/**
 * Makes the function that sets dead letters aside.
 *
 * @param queueUrl - of an SQS queue in the account and region of the SDK's own variables
 * @param endpoint - where SQS answers, if not at AWS
 */
export function createDeadLetterQueue(
  queueUrl: string,
  endpoint?: string,
): (letter: DeadLetter) => Promise<void> {
  const client = new SQSClient({
    ...clientOptions({ ...patience, attempts: 3 }),
    // The host in the URL would win over what AWS_ENDPOINT_URL_SQS and AWS_USE_FIPS_ENDPOINT ask for.
    useQueueUrlAsEndpoint: false,
    ...(endpoint && { endpoint }),
  });
  return async (letter) => {
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: messageOf(letter) }), {
      abortSignal: AbortSignal.timeout(callTimeout),
    });
  };
}

/**
 * A letter that is too large for the queue would never get there, and its record would hold up the shard: it becomes a
 * pointer to the record.
 */
function messageOf(letter: DeadLetter): string {
  const message = writeForQueue(letter);
  if (Buffer.byteLength(message) <= maxMessageBytes) return message;
  return writeForQueue({ reason: 'too-large', record: letter.record });
}

/** JSON, in which SQS refuses two characters: XML has none of them. All others that it refuses, JSON escapes anyway. */
function writeForQueue(letter: DeadLetter): string {
  return JSON.stringify(letter).replace(
    /[\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16)}`,
  );
}

// The event bus on Amazon EventBridge, and the dead-letter queue on Amazon SQS.
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { clientOptions } from '../shared/aws-client.ts';
import { describeFault } from '../shared/describe-fault.ts';
import { createQueueClient } from '../shared/queue-client.ts';
import { withinTime } from '../shared/time-limit.ts';
import type { DeadLetter, EventBus, Refusal } from './delivery.ts';

/**
 * One attempt per call, because delivery.ts decides about retries for each event and not for each call. A call that
 * times out may have succeeded; its events are then published twice.
 */
const callLimits = { attempts: 1, connecting: 500, answering: 2_000 };

/**
 * Milliseconds: the maximum duration of a call including its retries, even if the answer arrives slowly. Together with
 * the longest pause before it, this is less than the time that delivery.ts requires for a call.
 */
const callTimeout = 3_000;

/** SQS allows 1 MiB since 2025; older queues, and queues that are configured so, allow 256 KiB. */
const maxMessageBytes = 262_144;

/** Error codes of `PutEvents` for events that will never be accepted; all other errors can be temporary. */
const permanentRefusals = new Set(['InvalidArgument', 'MalformedDetail']);

/**
 * Creates the client of the event buses in the account and region of the AWS SDK's environment variables.
 *
 * @param endpoint - URL of EventBridge; default: AWS
 */
export function createEventBus(endpoint?: string): EventBus {
  const client = new EventBridgeClient({ ...clientOptions(callLimits), ...(endpoint && { endpoint }) });
  return {
    async put(entries) {
      try {
        const command = new PutEventsCommand({ Entries: [...entries] });
        const putting = (abortSignal: AbortSignal) => client.send(command, { abortSignal });
        const { Entries } = await withinTime(callTimeout, putting);
        return entries.map((_entry, i) => findRefusal(Entries?.[i]));
      } catch (error) {
        return entries.map(() => toRefusal(error, entries.length));
      }
    },
  };
}

function findRefusal(result: { EventId?: string | undefined; ErrorCode?: string | undefined } | undefined) {
  if (result?.EventId && !result.ErrorCode) return undefined;
  const code = result?.ErrorCode ?? 'NoAnswer';
  return { code, isPermanent: permanentRefusals.has(code) };
}

/** One bad or too large event makes the whole call fail. Which one it was is certain only in a call with one event. */
function toRefusal(error: unknown, entries: number): Refusal {
  const { name, code = name, httpStatus } = describeFault(error);
  return { code, isPermanent: entries === 1 && (name === 'ValidationException' || httpStatus === 413) };
}

/**
 * Creates the function that sends messages to the dead-letter queue.
 *
 * @param queueUrl - URL of an SQS queue in the account and region of the AWS SDK's environment variables
 * @param endpoint - URL of SQS; default: AWS
 */
export function createDeadLetterQueue(
  queueUrl: string,
  endpoint?: string,
): (letter: DeadLetter) => Promise<void> {
  const client = createQueueClient({ ...callLimits, attempts: 3 }, endpoint);
  return async (letter) => {
    const command = new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: toMessage(letter) });
    await withinTime(callTimeout, (abortSignal) => client.send(command, { abortSignal }));
  };
}

/**
 * Serialises a message. If it is too large for the queue, it is reduced to the pointer to its record: a record whose
 * message cannot be sent would block the shard of the stream.
 */
function toMessage(letter: DeadLetter): string {
  const message = serialize(letter);
  if (Buffer.byteLength(message) <= maxMessageBytes) return message;
  return serialize({ reason: 'too-large', record: letter.record });
}

/** SQS refuses the characters that XML does not allow. JSON.stringify escapes all of them but U+FFFE and U+FFFF. */
function serialize(letter: DeadLetter): string {
  return JSON.stringify(letter).replace(
    /[\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16)}`,
  );
}

// The dead-letter queue on Amazon SQS.
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { createQueueClient } from '../shared/queue-client.ts';
import { withinTime } from '../shared/time-limit.ts';
import { callLimits, callTimeout } from './call-limits.ts';
import type { DeadLetter } from './delivery.ts';

/** SQS allows 1 MiB since 2025; older queues, and queues that are configured so, allow 256 KiB. */
const maxMessageBytes = 262_144;

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

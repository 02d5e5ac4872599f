// Amazon SQS for tests: a queue behind the real SDK client, which hides what was received until it is given back.
import { createHash, randomUUID } from 'node:crypto';
import { ServiceFault, startAwsJsonServer } from '../../../infra/local/aws-json.ts';

interface Stored {
  readonly id: string;
  readonly body: string;
  receipt: string | undefined;
}

export interface QueueServer {
  readonly endpoint: string;
  /** The operations that were called, with the number of messages in each call. */
  readonly calls: (readonly [operation: string, messages: number])[];
  /** Puts messages into the queue; texts as they are, everything else as JSON. */
  fill(bodies: readonly unknown[]): void;
  /** The messages that are visible, as the next receiver gets them. */
  visible(): unknown[];
  /** All messages, hidden ones included. */
  readonly stored: Stored[];
  /** Gives every message back, as SQS does after a time. */
  expire(): void;
  /** Set to make calls fail. */
  refuse: ((operation: string) => boolean) | undefined;
  close(): void;
}

interface Entry {
  readonly Id: string;
  readonly ReceiptHandle: string;
  readonly VisibilityTimeout?: number;
}

/** Starts an empty queue. */
export async function startQueueServer(): Promise<QueueServer> {
  const stored: Stored[] = [];
  const calls: (readonly [string, number])[] = [];

  function receive(count: number) {
    const found = stored.filter(({ receipt }) => receipt === undefined).slice(0, count);
    for (const message of found) message.receipt = randomUUID();
    const Messages = found.map(({ id, body, receipt }) => ({
      MessageId: id,
      ReceiptHandle: receipt,
      Body: body,
      MD5OfBody: createHash('md5').update(body).digest('hex'),
      Attributes: { SentTimestamp: '1767225600000' },
    }));
    return { messages: found.length, output: { Messages } };
  }

  function forEach(entries: readonly Entry[], change: (message: Stored, entry: Entry) => void) {
    const Successful: { Id: string }[] = [];
    const Failed: { Id: string; Code: string }[] = [];
    for (const entry of entries) {
      const message = stored.find(({ receipt }) => receipt === entry.ReceiptHandle);
      if (message) change(message, entry);
      if (message) Successful.push({ Id: entry.Id });
      else Failed.push({ Id: entry.Id, Code: 'ReceiptHandleIsInvalid' });
    }
    return { messages: entries.length, output: { Successful, Failed } };
  }

  function answer(operation: string, input: Record<string, unknown>) {
    const entries = (input.Entries ?? []) as Entry[];
    if (operation === 'ReceiveMessage') return receive(Number(input.MaxNumberOfMessages));
    if (operation === 'DeleteMessageBatch')
      return forEach(entries, (message) => stored.splice(stored.indexOf(message), 1));
    if (operation === 'ChangeMessageVisibilityBatch')
      return forEach(entries, (message, { VisibilityTimeout }) => {
        if (VisibilityTimeout === 0) message.receipt = undefined;
      });
    throw new ServiceFault(400, 'InvalidAction');
  }

  const { endpoint, stop } = await startAwsJsonServer(async (operation, input) => {
    if (queue.refuse?.(operation)) throw new ServiceFault(403, 'AccessDenied');
    const { messages, output } = answer(operation, input);
    calls.push([operation, messages]);
    return output;
  });
  const queue: QueueServer = {
    endpoint,
    calls,
    fill: (bodies) =>
      bodies.forEach((body) => {
        const text = typeof body === 'string' ? body : JSON.stringify(body);
        stored.push({ id: randomUUID(), body: text, receipt: undefined });
      }),
    visible: () => stored.filter(({ receipt }) => receipt === undefined).map(({ body }) => JSON.parse(body)),
    stored,
    expire: () =>
      stored.forEach((message) => {
        message.receipt = undefined;
      }),
    refuse: undefined,
    close: stop,
  };
  return queue;
}

// EventBridge and the dead-letter queue for tests: local HTTP servers behind the real SDK clients, with answers that a
// test sets.
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceFault, startAwsJsonServer } from '../../infra/local/aws-json.ts';
import { type PublishedEvent, startEventBus, type TakeEvents } from '../../infra/local/bus-server.ts';
import { createDeadLetterQueue } from '../../lambda/publisher/dead-letter-queue.ts';
import { createEventBus } from '../../lambda/publisher/event-bus.ts';
import { type ChangeBatch, createChangeHandler } from '../../lambda/publisher/handler.ts';
import { createRecorder, type Recorder } from './recorder.ts';

export interface EventPlatform {
  readonly recorder: Recorder;
  /** Base URLs of the two local servers. */
  readonly busEndpoint: string;
  readonly queueEndpoint: string;
  /** The events that the bus accepted, in order. */
  readonly published: PublishedEvent[];
  /** The number of events in each call. */
  readonly calls: number[];
  /** The messages in the dead-letter queue. */
  readonly deadLetters: Record<string, unknown>[];
  /** Set to make the bus refuse or delay. */
  answer: TakeEvents | undefined;
  /** Set to make the queue refuse. */
  isQueueBroken: boolean;
  /** Set to make the queue wait before it answers. */
  holdLetters: (() => Promise<void>) | undefined;
  /** Invokes the publisher once; resolves to the sequence numbers that it reports as failed. */
  invoke(records: ChangeBatch['Records'], milliseconds?: number): Promise<string[]>;
  close(): void;
}

/** Whether SQS accepts a message: at most 256 KiB (SQS's former limit, now 1 MiB), of the characters allowed in XML. */
function isMessage(body: string): boolean {
  return (
    Buffer.byteLength(body) <= 262_144 && /^[\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]+$/u.test(body)
  );
}

/** What SQS answers when it accepts a message; the client checks the digest. */
export function acceptMessage(body: unknown) {
  return { MessageId: randomUUID(), MD5OfMessageBody: createHash('md5').update(String(body)).digest('hex') };
}

/** In the format of the stack's output. */
export const queueUrl = 'https://sqs.eu-central-1.amazonaws.com/000000000000/dead-letters';

/** Starts both servers, and the publisher in this process, whose events have this source. */
export async function startEventPlatform(source = 'password-reset-test'): Promise<EventPlatform> {
  const bus = await startEventBus(async (events) => {
    platform.calls.push(events.length);
    const codes = (await platform.answer?.(events)) ?? events.map(() => undefined);
    platform.published.push(...events.filter((_event, i) => codes[i] === undefined));
    return codes;
  });
  const queue = await startAwsJsonServer(async (_operation, { MessageBody }) => {
    await platform.holdLetters?.();
    if (platform.isQueueBroken) throw new ServiceFault(403, 'AccessDenied');
    if (!isMessage(String(MessageBody))) throw new ServiceFault(400, 'InvalidMessageContents');
    platform.deadLetters.push(JSON.parse(String(MessageBody)));
    return acceptMessage(MessageBody);
  });
  const recorder = createRecorder();
  const handle = createChangeHandler({
    busName: 'platform',
    source,
    bus: createEventBus(bus.endpoint),
    now: Date.now,
    sendToDeadLetterQueue: createDeadLetterQueue(queueUrl, queue.endpoint),
    // Pauses between attempts are a twentieth of the real ones.
    wait: (milliseconds) => sleep(milliseconds / 20),
    ...recorder,
  });
  const platform: EventPlatform = {
    recorder,
    busEndpoint: bus.endpoint,
    queueEndpoint: queue.endpoint,
    published: [],
    calls: [],
    deadLetters: [],
    answer: undefined,
    isQueueBroken: false,
    holdLetters: undefined,
    async invoke(Records, milliseconds = 60_000) {
      const deadline = Date.now() + milliseconds;
      const context = { getRemainingTimeInMillis: () => deadline - Date.now() };
      const { batchItemFailures } = await handle({ Records }, context);
      return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    },
    close() {
      bus.stop();
      queue.stop();
    },
  };
  return platform;
}

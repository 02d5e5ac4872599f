// EventBridge and the dead-letter queue for tests: real HTTP, real SDK clients, and answers as a test wants them.
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAwsJsonServer, ServiceFault } from '../../infra/local/aws-json.ts';
import { type PublishedEvent, startEventBus, type TakeEvents } from '../../infra/local/bus-server.ts';
import { listen } from '../../infra/local/listen.ts';
import { createDeadLetterQueue, createEventBus } from '../../lambda/publisher/event-bus.ts';
import { type ChangeBatch, createChangeHandler } from '../../lambda/publisher/handler.ts';
import { createRecorder, type Recorder } from './recorder.ts';

export interface EventPlatform {
  readonly recorder: Recorder;
  /** Where the stand-ins answer. */
  readonly busEndpoint: string;
  readonly queueEndpoint: string;
  /** What the bus has taken, in that order. */
  readonly published: PublishedEvent[];
  /** How many events each call brought. */
  readonly calls: number[];
  /** What lies in the dead-letter queue. */
  readonly deadLetters: Record<string, unknown>[];
  /** Set to have the bus refuse or delay. */
  answer: TakeEvents | undefined;
  /** Set to have the queue refuse. */
  isQueueBroken: boolean;
  /** Set to have the queue wait before it answers. */
  holdLetters: (() => Promise<void>) | undefined;
  /** Invokes the function once; resolves to the sequence numbers that it reports. */
  invoke(records: ChangeBatch['Records'], milliseconds?: number): Promise<string[]>;
  close(): void;
}

/** What SQS takes: 256 KiB at most, which is 1 MiB by now, of the characters that XML may hold. */
function isMessage(body: string): boolean {
  return (
    Buffer.byteLength(body) <= 262_144 && /^[\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]+$/u.test(body)
  );
}

/** As the stack's output has it. */
export const queueUrl = 'https://sqs.eu-central-1.amazonaws.com/000000000000/dead-letters';

/** Starts both stand-ins, and the function in this process. */
export async function startEventPlatform(): Promise<EventPlatform> {
  const bus = await startEventBus(async (events) => {
    platform.calls.push(events.length);
    const codes = (await platform.answer?.(events)) ?? events.map(() => undefined);
    platform.published.push(...events.filter((_event, i) => codes[i] === undefined));
    return codes;
  });
  const queue = createAwsJsonServer(async (_operation, { MessageBody }) => {
    await platform.holdLetters?.();
    if (platform.isQueueBroken) throw new ServiceFault(403, 'AccessDenied');
    if (!isMessage(String(MessageBody))) throw new ServiceFault(400, 'InvalidMessageContents');
    platform.deadLetters.push(JSON.parse(String(MessageBody)));
    const digest = createHash('md5').update(String(MessageBody)).digest('hex');
    return { MessageId: randomUUID(), MD5OfMessageBody: digest };
  });
  const queueEndpoint = await listen(queue, 0, 'PORT');
  const recorder = createRecorder();
  const handle = createChangeHandler({
    busName: 'platform',
    source: 'password-reset-test',
    bus: createEventBus(bus.endpoint),
    sendToDeadLetterQueue: createDeadLetterQueue(queueUrl, queueEndpoint),
    // Pauses between attempts are real, but shorter.
    wait: (milliseconds) => sleep(milliseconds / 20),
    ...recorder,
  });
  const platform: EventPlatform = {
    recorder,
    busEndpoint: bus.endpoint,
    queueEndpoint,
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
      queue.close();
      queue.closeAllConnections();
    },
  };
  return platform;
}

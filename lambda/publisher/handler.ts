// The handler of the table's stream: publishes the events of its records, and returns the records to be retried.
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { describeFault } from '../shared/describe-fault.ts';
import type { Reporting } from '../shared/telemetry.ts';
import {
  type BusEntry,
  createTally,
  type DeliveryContext,
  deliver,
  type RecordPointer,
  type Tally,
  tryDeadLetterQueue,
} from './delivery.ts';
import { eventsOf, type ResetEvent, type StreamRecord } from './stream-record.ts';

export interface PublisherDependencies
  extends Reporting,
    Pick<DeliveryContext, 'bus' | 'sendToDeadLetterQueue' | 'wait'> {
  /** Name or ARN of the bus. */
  readonly busName: string;
  /** The `source` of the events. Consumers tell several deployments on one bus apart by it. */
  readonly source: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What Lambda passes to an invocation, with the used fields only. */
export interface ChangeBatch {
  readonly Records: readonly StreamRecord[];
}

export interface InvocationContext {
  getRemainingTimeInMillis(): number;
}

/**
 * Milliseconds. If a record is older than this and the bus refuses its event, the event goes to the dead-letter queue, which
 * keeps it whole for two weeks. At 23 hours Lambda gives up, and leaves only a pointer into the stream, which keeps a record
 * for 24 hours. So three hours remain for all waiting events.
 */
export const lastChance = 20 * 3_600_000;

/** The answer to Lambda (https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html). */
export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

export type ChangeHandler = (batch: ChangeBatch, context: InvocationContext) => Promise<BatchAnswer>;

/**
 * Creates the handler. Its answer lists the records whose events reached neither the bus nor the dead-letter queue.
 * Lambda retries from the first of them on, so no event is lost, and an event that is published twice has the same id
 * both times.
 */
export function createChangeHandler(dependencies: PublisherDependencies): ChangeHandler {
  const { bus, sendToDeadLetterQueue, wait, logger } = dependencies;
  return async ({ Records }, invocation) => {
    const tally = createTally();
    const failed = await publish(Records, dependencies, {
      bus,
      sendToDeadLetterQueue,
      wait,
      tally,
      reportFault: (message, fault) => logger.error(message, { fault: describeFault(fault) }),
      timeLeft: () => invocation.getRemainingTimeInMillis(),
    });
    reportTally(tally, dependencies);
    // Lambda retries the whole batch if an identifier is empty.
    const nameOf = ({ dynamodb }: StreamRecord) => ({ itemIdentifier: dynamodb?.SequenceNumber ?? '' });
    return { batchItemFailures: Records.filter((record) => failed.has(record)).map(nameOf) };
  };
}

/** Logs and counts. A batch without events publishes no metrics, since Powertools would warn that there are none. */
function reportTally(
  { published, setAside, refusals }: Tally,
  { logger, metrics }: PublisherDependencies,
): void {
  const refused = [...refusals.values()].reduce((sum, count) => sum + count, 0);
  if (refused > 0) logger.warn('The bus refused events', { refusals: Object.fromEntries(refusals) });
  const counts = { EventPublished: published, EventRefused: refused, EventSetAside: setAside };
  const raised = Object.entries(counts).filter(([, count]) => count > 0);
  for (const [metric, count] of raised) metrics.addMetric(metric, MetricUnit.Count, count);
  if (raised.length > 0) metrics.publishStoredMetrics();
}

async function publish(
  records: readonly StreamRecord[],
  { busName, source, logger, now }: PublisherDependencies,
  context: DeliveryContext,
): Promise<Set<StreamRecord>> {
  const unreadable: StreamRecord[] = [];
  const outgoing = [];
  for (const streamRecord of records) {
    try {
      for (const event of eventsOf(streamRecord)) {
        const { userId } = event.detail;
        const entry = toEntry(event, busName, source);
        const isLastChance = ageOf(streamRecord, now()) > lastChance;
        outgoing.push({ streamRecord, event, userId, record: toPointer(streamRecord), entry, isLastChance });
      }
    } catch (error) {
      context.reportFault('A record could not be read', error);
      unreadable.push(streamRecord);
    }
  }
  const undelivered = await deliver(outgoing, context);
  const failed = new Set(undelivered.map(({ streamRecord }) => streamRecord));
  // After the events and in parallel, so that a slow queue does not use up their time.
  await Promise.all(
    unreadable.map(async (streamRecord) => {
      const letter = { reason: 'unreadable', record: toPointer(streamRecord) };
      if (!(await tryDeadLetterQueue(letter, context))) failed.add(streamRecord);
    }),
  );
  for (const one of outgoing) {
    logger.info('event', { ...summarize(one.event), isLeftForLater: undelivered.includes(one) });
  }
  return failed;
}

function toEntry({ type, detail }: ResetEvent, busName: string, source: string): BusEntry {
  return {
    EventBusName: busName,
    Source: source,
    DetailType: type,
    Detail: JSON.stringify(detail),
    Time: new Date(detail.time),
  };
}

/** Milliseconds since the write, to the second; 0 if the record does not say. */
function ageOf(
  { dynamodb: { ApproximateCreationDateTime: written } = {} }: StreamRecord,
  now: number,
): number {
  if (written === undefined) return 0;
  return now - (typeof written === 'number' ? written * 1_000 : written.getTime());
}

function toPointer({ dynamodb: { NewImage, SequenceNumber } = {} }: StreamRecord): RecordPointer {
  return { userId: NewImage?.userId?.S, sequenceNumber: SequenceNumber };
}

/**
 * Summarises an event for the log. The request's own log line has the same `invocationId`, and the `requestId` as well.
 */
function summarize(event: ResetEvent) {
  const invocationId = event.type === 'PasswordReset' ? event.detail.resetId : event.detail.lockId;
  return { type: event.type, invocationId, userId: event.detail.userId };
}

// The handler of the table's stream: publishes the events of its records, and returns the records to be retried.
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { PartialItemFailureResponse } from '@aws-lambda-powertools/batch/types';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { describeFault } from '../shared/describe-fault.ts';
import type { Reporting } from '../shared/telemetry.ts';
import { type BusEntry, type Delivery, deliver, type RecordPointer, tryDeadLetterQueue } from './delivery.ts';
import { eventsOf, type ResetEvent, type StreamRecord } from './stream-record.ts';

export interface PublisherDependencies
  extends Reporting,
    Pick<Delivery, 'bus' | 'sendToDeadLetterQueue' | 'wait'> {
  /** Name or ARN of the bus. */
  readonly busName: string;
  /** The `source` of the events, by which consumers distinguish several deployments on one bus. */
  readonly source: string;
}

/** The event of an invocation, with the used fields only. */
export interface ChangeBatch {
  readonly Records: readonly StreamRecord[];
}

export interface InvocationContext {
  getRemainingTimeInMillis(): number;
}

/**
 * Milliseconds: the age of a record from which on its event goes to the dead-letter queue if the bus refuses it. The stream
 * keeps a record for 24 hours, and Lambda gives up an hour before that, with a pointer that is good for that hour. An event
 * in the queue is complete, and good for two weeks. Until here are three hours, for all the events that wait by then.
 */
export const lastChance = 20 * 3_600_000;

export type ChangeHandler = (
  batch: ChangeBatch,
  context: InvocationContext,
) => Promise<PartialItemFailureResponse>;

/**
 * Creates the handler. Its answer lists the records whose events reached neither the bus nor the dead-letter queue.
 * Lambda retries from the first of them on, so no event is lost, and an event that is published twice has the same id
 * both times.
 */
export function createChangeHandler(dependencies: PublisherDependencies): ChangeHandler {
  return async (batch, context) => {
    const counts = new Map<string, number>();
    const refusals = new Map<string, number>();
    const delivery = createDelivery(context, dependencies, counts, refusals);
    const failed = await publish(batch.Records, dependencies, delivery);
    if (refusals.size > 0)
      dependencies.logger.warn('The bus refused events', { refusals: Object.fromEntries(refusals) });
    publishMetrics(counts, dependencies);
    return processPartialResponse(
      { Records: [...batch.Records] } as Parameters<typeof processPartialResponse>[0],
      async (record: StreamRecord) => {
        if (failed.has(record)) throw new Error('undelivered');
      },
      new BatchProcessor(EventType.DynamoDBStreams),
      // If all records fail, list them too: after a thrown error Lambda would bisect the batch.
      { throwOnFullBatchFailure: false },
    );
  };
}

function createDelivery(
  context: InvocationContext,
  { bus, sendToDeadLetterQueue, wait, logger }: PublisherDependencies,
  counts: Map<string, number>,
  refusals: Map<string, number>,
): Delivery {
  return {
    bus,
    sendToDeadLetterQueue,
    wait,
    count: (metric) => addOne(counts, metric),
    onRefusal: (code) => addOne(refusals, code),
    reportFault: (message, fault) => logger.error(message, { fault: describeFault(fault) }),
    timeLeft: () => context.getRemainingTimeInMillis(),
  };
}

function addOne(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** Most batches have no events, and Powertools would log a warning about an empty set of metrics. */
function publishMetrics(counts: ReadonlyMap<string, number>, { metrics }: PublisherDependencies): void {
  for (const [metric, count] of counts) metrics.addMetric(metric, MetricUnit.Count, count);
  if (counts.size > 0) metrics.publishStoredMetrics();
}

async function publish(
  records: readonly StreamRecord[],
  { busName, source, logger }: PublisherDependencies,
  delivery: Delivery,
): Promise<Set<StreamRecord>> {
  const unreadable: StreamRecord[] = [];
  const outgoing = [];
  for (const streamRecord of records) {
    try {
      for (const event of eventsOf(streamRecord)) {
        const { userId } = event.detail;
        const entry = toEntry(event, busName, source);
        const isLastChance = ageOf(streamRecord) > lastChance;
        outgoing.push({ streamRecord, event, userId, record: toPointer(streamRecord), entry, isLastChance });
      }
    } catch (error) {
      delivery.reportFault('A record could not be read', error);
      unreadable.push(streamRecord);
    }
  }
  const undelivered = await deliver(outgoing, delivery);
  const failed = new Set(undelivered.map(({ streamRecord }) => streamRecord));
  // After the events and in parallel, so that a slow queue does not use up their time.
  await Promise.all(
    unreadable.map(async (streamRecord) => {
      const letter = { reason: 'unreadable', record: toPointer(streamRecord) };
      if (!(await tryDeadLetterQueue(letter, delivery))) failed.add(streamRecord);
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

/** Milliseconds since the write, to the second; 0 if the record does not tell. */
function ageOf({ dynamodb: { ApproximateCreationDateTime: written } = {} }: StreamRecord): number {
  if (written === undefined) return 0;
  return Date.now() - (typeof written === 'number' ? written * 1_000 : written.getTime());
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

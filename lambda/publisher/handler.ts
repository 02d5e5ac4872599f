// The handler of the table's stream: changes of users in, events out, and back the records that have to come again.
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { PartialItemFailureResponse } from '@aws-lambda-powertools/batch/types';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { describeFault } from '../shared/describe-fault.ts';
import type { Reporting } from '../shared/telemetry.ts';
import { type BusEntry, type Delivery, deliver, keep, type RecordPointer } from './delivery.ts';
import { eventsOf, type ResetEvent, type StreamRecord } from './stream-record.ts';

export interface PublisherDependencies
  extends Reporting,
    Pick<Delivery, 'bus' | 'sendToDeadLetterQueue' | 'wait'> {
  /** Name or ARN of the bus that the events are meant for. */
  readonly busName: string;
  /** The events' `source`, which tells the deployments on one bus apart. */
  readonly source: string;
}

/** What Lambda invokes with, as far as it is looked at. */
export interface ChangeBatch {
  readonly Records: readonly StreamRecord[];
}

export interface InvocationContext {
  getRemainingTimeInMillis(): number;
}

export type ChangeHandler = (
  batch: ChangeBatch,
  context: InvocationContext,
) => Promise<PartialItemFailureResponse>;

/**
 * Makes the handler. Its answer names the records whose events are neither published nor set aside; Lambda sends those,
 * and what follows them in the batch, again. So nothing is lost, and what is published twice is the same event twice.
 */
export function createChangeHandler(dependencies: PublisherDependencies): ChangeHandler {
  return async (batch, context) => {
    const counts = new Map<string, number>();
    const delivery = deliveryWithin(context, dependencies, counts);
    const failed = await publish(batch.Records, dependencies, delivery);
    report(counts, dependencies);
    return processPartialResponse(
      { Records: [...batch.Records] } as Parameters<typeof processPartialResponse>[0],
      async (record: StreamRecord) => {
        if (failed.has(record)) throw new Error('undelivered');
      },
      new BatchProcessor(EventType.DynamoDBStreams),
      // A batch that fails as a whole is told record by record too, so that Lambda need not halve it to find out.
      { throwOnFullBatchFailure: false },
    );
  };
}

function deliveryWithin(
  context: InvocationContext,
  { bus, sendToDeadLetterQueue, wait, logger }: PublisherDependencies,
  counts: Map<string, number>,
): Delivery {
  return {
    bus,
    sendToDeadLetterQueue,
    wait,
    count: (metric) => counts.set(metric, (counts.get(metric) ?? 0) + 1),
    reportFault: (message, fault) => logger.error(message, { fault: describeFault(fault) }),
    timeLeft: () => context.getRemainingTimeInMillis(),
  };
}

/** Powertools warns of metrics that are published empty, and most batches have nothing to tell. */
function report(counts: ReadonlyMap<string, number>, { metrics }: PublisherDependencies): void {
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
  for (const change of records) {
    try {
      for (const event of eventsOf(change)) {
        const { userId } = event.detail;
        const entry = toEntry(event, busName, source);
        outgoing.push({ change, event, userId, record: pointerTo(change), entry });
      }
    } catch (error) {
      delivery.reportFault('A record could not be read', error);
      unreadable.push(change);
    }
  }
  const undelivered = await deliver(outgoing, delivery);
  const failed = new Set(undelivered.map(({ change }) => change));
  // Last and all at once: a queue that hangs must take no time from the events.
  await Promise.all(
    unreadable.map(async (change) => {
      const letter = { reason: 'unreadable', record: pointerTo(change) };
      if (!(await keep(letter, delivery))) failed.add(change);
    }),
  );
  for (const one of outgoing) {
    logger.info('event', { ...summaryOf(one.event), isLeftForLater: undelivered.includes(one) });
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

function pointerTo({ dynamodb: { NewImage, SequenceNumber } = {} }: StreamRecord): RecordPointer {
  return { userId: NewImage?.userId?.S, sequenceNumber: SequenceNumber };
}

/** For the log. The line of the request that it comes from has the same `invocationId`, and the `requestId` beside it. */
function summaryOf(event: ResetEvent) {
  const invocationId = event.type === 'PasswordReset' ? event.detail.resetId : event.detail.lockId;
  return { type: event.type, invocationId, userId: event.detail.userId };
}

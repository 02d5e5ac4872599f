// Local publishing of events: passes changes of the table to the publishing function, and its events to a local bus.
import { setTimeout as wait } from 'node:timers/promises';
import { createEventBus } from '../../lambda/publisher/event-bus.ts';
import { createChangeHandler } from '../../lambda/publisher/handler.ts';
import type { StreamRecord } from '../../lambda/publisher/stream-record.ts';
import { type PublishedEvent, startEventBus } from './bus-server.ts';

/** Milliseconds: the timeout with which the function is deployed. */
const functionTimeout = 60_000;

export interface LocalPlatform {
  /** Invokes the function with a change of the table, after all earlier ones. */
  publishChange(change: StreamRecord): void;
  /** Returns the latest events, oldest first, after all changes so far have been published. */
  latestEvents(): Promise<readonly PublishedEvent[]>;
  stop(): void;
}

/** Number of events that are kept. */
const capacity = 20;

/**
 * Starts a local bus and the publishing function. Of what the function logs, only errors are passed on: the events are
 * shown themselves.
 *
 * @param show - called with each event
 * @param warn - called with what went wrong
 */
export async function startPlatform(
  show: (event: PublishedEvent) => void,
  warn: (line: string) => void,
): Promise<LocalPlatform> {
  const kept: PublishedEvent[] = [];
  const bus = await startEventBus(async (events) => {
    for (const event of events) show(event);
    kept.push(...events);
    kept.splice(0, kept.length - capacity);
    return events.map(() => undefined);
  });
  const handle = createChangeHandler({
    busName: 'local',
    source: 'password-reset',
    bus: createEventBus(bus.endpoint),
    now: Date.now,
    sendToDeadLetterQueue: async ({ reason }) => warn(`events: sent to the dead-letter queue (${reason})`),
    wait,
    logger: { info() {}, warn() {}, error: (message) => warn(`events: ${message}`) },
    metrics: { addMetric() {}, publishStoredMetrics() {} },
  });
  let last: Promise<unknown> = Promise.resolve();
  return {
    publishChange(change) {
      const deadline = Date.now() + functionTimeout;
      const context = { getRemainingTimeInMillis: () => deadline - Date.now() };
      last = last
        .then(() => handle({ Records: [change] }, context))
        .catch((error: unknown) => warn(`events: ${error}`));
    },
    async latestEvents() {
      await last;
      return kept;
    },
    stop: bus.stop,
  };
}

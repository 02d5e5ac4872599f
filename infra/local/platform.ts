// The platform on a laptop: changes of the table go through the function that is deployed, and come out on the terminal.
import { setTimeout as wait } from 'node:timers/promises';
import { createEventBus } from '../../lambda/publisher/event-bus.ts';
import { createChangeHandler } from '../../lambda/publisher/handler.ts';
import type { StreamRecord } from '../../lambda/publisher/stream-record.ts';
import { type PublishedEvent, startEventBus } from './bus-server.ts';

/** Milliseconds; as the stack deploys the function. */
const functionTimeout = 60_000;

export interface LocalPlatform {
  /** Has the function look at a change, in the order of the calls. */
  tell(change: StreamRecord): void;
  /** The latest events, oldest first, once everything told so far is published. */
  latest(): Promise<readonly PublishedEvent[]>;
}

/** How many events are kept. */
const capacity = 20;

/**
 * Starts the publishing function with a bus of its own. Its log and metrics stay quiet, so that the terminal shows the
 * events and not how they came.
 *
 * @param show - gets each event as a target of the bus would
 */
export async function startPlatform(show: (event: PublishedEvent) => void): Promise<LocalPlatform> {
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
    sendToDeadLetterQueue: async ({ reason }) => console.error(`events: set aside (${reason})`),
    wait,
    logger: { info() {}, warn() {}, error: (message) => console.error(`events: ${message}`) },
    metrics: { addMetric() {}, publishStoredMetrics() {} },
  });
  let last: Promise<unknown> = Promise.resolve();
  return {
    tell(change) {
      const deadline = Date.now() + functionTimeout;
      const context = { getRemainingTimeInMillis: () => deadline - Date.now() };
      last = last
        .then(() => handle({ Records: [change] }, context))
        .catch((error: unknown) => console.error('events:', error));
    },
    async latest() {
      await last;
      return kept;
    },
  };
}

/** One line for the terminal, beside the function's log lines. */
export function eventLine(event: PublishedEvent): string {
  return JSON.stringify({ message: 'event', ...event });
}

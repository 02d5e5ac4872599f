// Entry point of the second function: publishes events for the resets in the table's stream.
import { setTimeout as wait } from 'node:timers/promises';
import { createReporting } from '../shared/telemetry.ts';
import { loadPublisherConfig } from './config.ts';
import { createDeadLetterQueue } from './dead-letter-queue.ts';
import { createEventBus } from './event-bus.ts';
import { createChangeHandler } from './handler.ts';

const config = loadPublisherConfig(process.env);

/** Lambda calls it with batches of records from the table's stream. */
export const handler = createChangeHandler({
  busName: config.busName,
  source: config.serviceName,
  bus: createEventBus(),
  sendToDeadLetterQueue: createDeadLetterQueue(config.deadLetterQueueUrl),
  wait,
  now: Date.now,
  ...createReporting(config),
});

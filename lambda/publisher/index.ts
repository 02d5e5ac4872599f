// The entry point of the second function: tells the platform of resets that the table's stream brings.
import { setTimeout as wait } from 'node:timers/promises';
import { createReporting } from '../shared/telemetry.ts';
import { loadPublisherConfig } from './config.ts';
import { createDeadLetterQueue, createEventBus } from './event-bus.ts';
import { createChangeHandler } from './handler.ts';

const config = loadPublisherConfig(process.env);

/** What Lambda invokes with batches of the table's stream. */
export const handler = createChangeHandler({
  busName: config.busName,
  source: config.serviceName,
  bus: createEventBus(),
  sendToDeadLetterQueue: createDeadLetterQueue(config.deadLetterQueueUrl),
  wait,
  ...createReporting(config),
});

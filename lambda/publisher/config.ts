// The configuration of the function that publishes events.
import { asIs, createReader, type Environment } from '../shared/environment.ts';

export interface PublisherConfig {
  /** Name or ARN of the EventBridge bus. */
  readonly busName: string;
  /** URL of the SQS queue for events that cannot be published. */
  readonly deadLetterQueueUrl: string;
  /** Identifies this deployment in log lines and metrics, and as the `source` of events. */
  readonly serviceName: string;
}

/**
 * Reads the configuration; docs/configuration.md lists the variables. An empty variable counts as unset.
 *
 * @param env - usually `process.env`
 * @throws ConfigError that names every missing variable
 */
export function loadPublisherConfig(env: Environment): PublisherConfig {
  const { read, need, complete } = createReader(env);
  return complete({
    busName: need('EVENT_BUS_NAME', asIs),
    deadLetterQueueUrl: need('DEAD_LETTER_QUEUE_URL', asIs),
    serviceName: read('POWERTOOLS_SERVICE_NAME', asIs) ?? 'password-reset',
  });
}

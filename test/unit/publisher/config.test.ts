// The publisher's configuration: its variables, their defaults, and the message for those that are missing.
import { expect, it } from 'vitest';
import { loadPublisherConfig } from '../../../lambda/publisher/config.ts';

it('requires EVENT_BUS_NAME and DEAD_LETTER_QUEUE_URL, and names each one that is not set', () => {
  const good = { EVENT_BUS_NAME: 'platform', DEAD_LETTER_QUEUE_URL: 'https://queue.example/1/letters' };
  expect(loadPublisherConfig(good)).toEqual({
    busName: 'platform',
    deadLetterQueueUrl: 'https://queue.example/1/letters',
    serviceName: 'password-reset',
  });
  expect(() => loadPublisherConfig({ EVENT_BUS_NAME: ' ' })).toThrow(
    'Bad configuration: EVENT_BUS_NAME is not set; DEAD_LETTER_QUEUE_URL is not set.',
  );
});

it('reads the service name of log lines and metrics from POWERTOOLS_SERVICE_NAME', () => {
  const variables = {
    EVENT_BUS_NAME: 'b',
    DEAD_LETTER_QUEUE_URL: 'https://q',
    POWERTOOLS_SERVICE_NAME: 'reset-prod',
  };
  expect(loadPublisherConfig(variables).serviceName).toBe('reset-prod');
});

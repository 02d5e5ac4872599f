// What the publishing function needs to be told, and what it does with what is missing.
import { expect, it } from 'vitest';
import { loadPublisherConfig } from '../../../lambda/publisher/config.ts';

it('needs bus and queue, and names both where they are missing', () => {
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

it('takes the name that the stage goes by in log and metrics', () => {
  const variables = {
    EVENT_BUS_NAME: 'b',
    DEAD_LETTER_QUEUE_URL: 'https://q',
    POWERTOOLS_SERVICE_NAME: 'reset-prod',
  };
  expect(loadPublisherConfig(variables).serviceName).toBe('reset-prod');
});

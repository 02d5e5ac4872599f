// What a deployed function writes: JSON lines with its service name, and metrics in CloudWatch's embedded format.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createReporting } from '../../../lambda/shared/telemetry.ts';

let written: Record<string, unknown>[];
beforeEach(() => {
  written = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
    written.push(JSON.parse(String(line)));
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

it('logs under the service name', () => {
  createReporting({ serviceName: 'reset-beta' }).logger.info('request', { code: 'reset' });
  expect(written).toMatchObject([
    { level: 'INFO', service: 'reset-beta', message: 'request', code: 'reset' },
  ]);
});

it('counts under the service name, in the namespace that the alarms watch', () => {
  const { metrics } = createReporting({ serviceName: 'reset-beta' });
  metrics.addMetric('PasswordReset', 'Count', 1);
  metrics.publishStoredMetrics();
  expect(written).toMatchObject([
    {
      service: 'reset-beta',
      PasswordReset: 1,
      _aws: {
        CloudWatchMetrics: [
          {
            Namespace: 'PasswordReset',
            Dimensions: [['service']],
            Metrics: [{ Name: 'PasswordReset', Unit: 'Count' }],
          },
        ],
      },
    },
  ]);
});

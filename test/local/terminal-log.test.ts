// The function's log in a terminal.
import { expect, it } from 'vitest';
import { createLocalReporting } from '../../infra/local/terminal-log.ts';

/** What is written to stdout and to stderr. */
function record() {
  const [printed, warned]: [string[], string[]] = [[], []];
  const output = {
    print: async (line: string) => printed.push(line) > 0,
    warn: async (line: string) => warned.push(line) > 0,
  };
  const { logger, metrics } = createLocalReporting('text', { serviceName: 'password-reset' }, output);
  return { logger, metrics, printed, warned };
}

it('has the columns of one request below those of another', () => {
  const { logger, printed } = record();
  logger.info('request', { status: 204, code: 'reset', userId: 'alice', durationMs: 7, invocationId: 'x' });
  logger.info('request', {
    status: 401,
    code: 'token-invalid',
    durationMs: 1234,
    reason: 'malformed: scope',
  });
  expect(printed).toEqual([
    '204 reset                    alice         7 ms',
    '401 token-invalid            -          1234 ms  malformed: scope',
  ]);
});

it('has the fault of a request, and every other entry, in one line', () => {
  const { logger, metrics, printed, warned } = record();
  const fault = { name: 'TimeoutError', frames: ['at f', 'at g'] };
  logger.error('request', { status: 501, code: 'internal-error', durationMs: 9, fault });
  logger.warn('The signing keys could not be refreshed', { fault });
  metrics.addMetric('InternalError', 'Count', 1);
  metrics.publishStoredMetrics();
  expect(printed).toEqual([
    expect.stringMatching(/^501 .* 9 ms {2}{"name":"TimeoutError","frames":\[.*\]}$/),
  ]);
  expect(warned).toEqual([`The signing keys could not be refreshed  ${JSON.stringify({ fault })}`]);
});

it('has nothing that a terminal obeys, and no more than the beginning of a long id', () => {
  const { logger, printed } = record();
  const userId = `a\u001b[2J\n\u009b\u202e\u2028zoë${'x'.repeat(2000)}`;
  logger.info('request', { status: 204, code: 'reset', userId, durationMs: 7 });
  expect(printed[0]).toMatch(/^204 reset +a\?\[2J\?\?\?\?zoëx{52} +7 ms$/);
});

// The function's log and the events in a terminal.
import { expect, it } from 'vitest';
import { createLocalReporting, formatEvent } from '../../infra/local/terminal-log.ts';

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

it('the text log has the columns of one request below those of another', () => {
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

it('the text log has the fault of a request, and every other entry, in one line', () => {
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

it('the line of a request has nothing that a terminal obeys, and only the beginning of a long id', () => {
  const { logger, printed } = record();
  const userId = `a\u001b[2J\n\u009b\u202e\u2028zoë${'x'.repeat(2000)}`;
  logger.info('request', { status: 204, code: 'reset', userId, durationMs: 7 });
  expect(printed[0]).toMatch(/^204 reset +a\?\[2J\?\?\?\?zoëx{52} +7 ms$/);
});

/** An event as the bus delivers it. */
const eventOf = (type: string, detail: object) => ({
  source: 'password-reset',
  'detail-type': type,
  time: '2026-03-01T09:30:00Z',
  detail: { version: 1, userId: 'alice', time: '2026-03-01T09:30:00.123Z', ...detail },
});

const kept = { pinVerified: true, paymentMethodsCleared: [], newPasswordSet: false };
const cleared = { pinVerified: false, paymentMethodsCleared: ['sepa', 'visa'], newPasswordSet: false };

it.each([
  ['PasswordReset', kept, 'right PIN, payment methods kept'],
  ['PasswordReset', { ...kept, newPasswordSet: true }, 'right PIN, payment methods kept, new password'],
  ['PasswordReset', cleared, 'no PIN, sepa and visa cleared'],
  ['PasswordReset', { ...cleared, paymentMethodsCleared: [] }, 'no PIN, no payment methods cleared'],
  ['RecoveryPinLocked', {}, 'no PIN is accepted any more'],
])('the line of an event says what it tells, in the columns of the requests: %s %o', (type, detail, text) => {
  expect(formatEvent('text', eventOf(type, detail))).toBe(`--> ${type.padEnd(24)} alice       ${text}`);
});

it('the line of an event has nothing that a terminal obeys, and only the beginnings of long ids', () => {
  const hostile = `a\u001b[2J\n\u009b\u202e\u2028zoë`;
  const userId = hostile + 'x'.repeat(2000);
  const paymentMethodsCleared = [hostile, 'x'.repeat(2000)];
  expect(
    formatEvent('text', eventOf('PasswordReset', { ...cleared, userId, paymentMethodsCleared })),
  ).toMatch(/^--> PasswordReset +a\?\[2J\?\?\?\?zoëx{52} {2}no PIN, a\?\[2J\?\?\?\?zoë and x{47} cleared$/);
});

it('the JSON log has an event with every member in one line', () => {
  const event = eventOf('PasswordReset', { ...cleared, userId: 'a\nb' });
  const line = formatEvent('json', event);
  expect(line).not.toContain('\n');
  expect(JSON.parse(line)).toEqual({ message: 'event', ...event });
});

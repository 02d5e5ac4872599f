// The log of the function, and the events, as `npm start` shows them: readable lines in a terminal, else JSON.
import type { PasswordResetDetail } from '../../lambda/publisher/stream-record.ts';
import { createReporting, type Reporting } from '../../lambda/shared/telemetry.ts';
import type { Output } from '../command-line/program.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { printable } from '../shared/foreign-text.ts';
import type { PublishedEvent } from './bus-server.ts';

const formats = ['text', 'json'] as const;
type LogFormat = (typeof formats)[number];

/**
 * Reads `LOG_FORMAT`. Empty or unset, it is `text` in a terminal, and `json` for a program that reads the output.
 *
 * @throws UsageError if it is neither
 */
export function readLogFormat(env: NodeJS.ProcessEnv, { isTerminal = false }: Output): LogFormat {
  const format = env.LOG_FORMAT || (isTerminal ? 'text' : 'json');
  const known = formats.find((name) => name === format);
  if (known === undefined)
    throw new UsageError(`LOG_FORMAT is "${format}": set it to ${formats.join(' or ')}.`);
  return known;
}

/** Creates the log and the metrics of the function. As `text` there are no metrics, and each entry is one line. */
export function createLocalReporting(
  format: LogFormat,
  config: Parameters<typeof createReporting>[0],
  { print, warn }: Output,
): Reporting {
  if (format === 'json') return createReporting(config);
  const logAs =
    (write: Output['print']) =>
    (message: unknown, ...[fields]: unknown[]) =>
      message === 'request' ? print(formatRequest(Object(fields))) : write(inOneLine(message, fields));
  return {
    logger: { info: logAs(print), warn: logAs(warn), error: logAs(warn) },
    metrics: { addMetric() {}, publishStoredMetrics() {} },
  };
}

/** Columns: wide enough for most codes and for the ids of the demo users. */
const [codeWidth, userWidth] = [24, 10];

function formatRequest({ status, code, userId, durationMs, reason, fault }: Record<string, unknown>): string {
  const time = `${durationMs} ms`.padStart(7);
  return inOneLine(`${formatColumns(status, code, userId)} ${time}`, fault ?? reason);
}

/** Formats an event as one line: as `text` in the columns of the requests, else as JSON like that of the log. */
export function formatEvent(format: LogFormat, event: PublishedEvent): string {
  if (format === 'json') return JSON.stringify({ message: 'event', ...event });
  return inOneLine(formatColumns('-->', event['detail-type'], event.detail.userId), describeEvent(event));
}

/** Says what an event tells about its user, as the end of a sentence. */
export function describeEvent({ 'detail-type': type, detail }: PublishedEvent): string {
  if (type !== 'PasswordReset') return 'no PIN is accepted any more';
  const { pinVerified, paymentMethodsCleared, newPasswordSet } = detail as typeof detail &
    PasswordResetDetail;
  const cleared = shorten(paymentMethodsCleared.join(' and ')) || 'no payment methods';
  const cause = pinVerified ? 'right PIN, payment methods kept' : `no PIN, ${cleared} cleared`;
  return newPasswordSet ? `${cause}, new password` : cause;
}

function formatColumns(status: unknown, code: unknown, userId: unknown): string {
  return `${status} ${String(code).padEnd(codeWidth)} ${shorten(String(userId ?? '-')).padEnd(userWidth)}`;
}

function shorten(text: string): string {
  return text.slice(0, 64);
}

/** Takes out what a terminal may obey or reorder: whoever signs a token, or seeds a user, chooses the user's id. */
function inOneLine(message: unknown, details: unknown): string {
  const text = details === undefined || typeof details === 'string' ? details : JSON.stringify(details);
  return printable([message, text].filter(Boolean).join('  '), Number.POSITIVE_INFINITY);
}

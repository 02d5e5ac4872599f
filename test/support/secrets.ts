// The check that answers, log lines and metrics contain no secret.
import { expect } from 'vitest';

/** Values that may contain four digits by chance (random ids, times), and the example PIN in a detail. */
const chance =
  /\\?"(id|requestId|invocationId|functionRequestId|resetId|lockId|Request-Id)\\?":\\?"[\w-]+\\?"|"(durationMs|timestamp|sequence)":"?\d+"?|"(time|timestamp|at)":"[^"]+"|pin=5621/gi;

/** What can be part of any text: at most three characters, spaces, and short words, such as `appl` in "application". */
const anywhere = /^(.{0,3}|\s*|[a-z]{1,11})$/is;

/**
 * Expects that no secret appears in the output of the service.
 *
 * @param secrets - those that can be part of any text are ignored
 * @param output - answers, log lines, metrics, as values or as JSON
 */
export function expectNoneOf(secrets: readonly string[], output: unknown): void {
  const text = (typeof output === 'string' ? output : JSON.stringify(output)).replace(chance, '');
  for (const secret of secrets) if (!anywhere.test(secret)) expect(text).not.toContain(secret);
}

// The check that answers, log lines and metrics contain no secret.
import { expect } from 'vitest';

/** Values that may contain four digits by chance, and the example PIN in a detail. */
const chance =
  /\\?"(id|requestId|invocationId|Request-Id)\\?":\\?"[\w-]+\\?"|"durationMs":\d+|"time":"[^"]+"|"timestamp":"[^"]+"|pin=5621/gi;

/**
 * Expects that no secret appears in the output of the service.
 *
 * @param secrets - those of fewer than four characters may occur in any text, and are ignored
 * @param output - answers, log lines, metrics
 */
export function expectNoneOf(secrets: readonly string[], output: unknown): void {
  const text = JSON.stringify(output).replace(chance, '');
  for (const secret of secrets) {
    if (secret.length >= 4 && secret.trim() !== '') expect(text).not.toContain(secret);
  }
}

// That a secret is in nothing which the service said.
import { expect } from 'vitest';

/** What may hold four digits by chance, and the PIN that a detail has as an example. */
const chance =
  /\\?"(id|requestId|invocationId|Request-Id)\\?":\\?"[\w-]+\\?"|"durationMs":\d+|"time":"[^"]+"|"timestamp":"[^"]+"|pin=5621/gi;

/**
 * Expects that none of some secrets appears in what the service said.
 *
 * @param secrets - those of fewer than four characters are in any text, and are left out
 * @param said - answers, log lines, metrics
 */
export function expectNoneOf(secrets: readonly string[], said: unknown): void {
  const text = JSON.stringify(said).replace(chance, '');
  for (const secret of secrets) {
    if (secret.length >= 4 && secret.trim() !== '') expect(text).not.toContain(secret);
  }
}

// Adds headers to every answer, successful or not.
import type { Exchange, Hook } from '../exchange.ts';

/**
 * Creates the hooks that add headers. They must come before the error handler in the pipeline, because middy runs
 * `after` and `onError` hooks in reverse order.
 *
 * @param headersFor - returns the headers of one answer
 */
export function addHeaders(headersFor: (exchange: Exchange) => Readonly<Record<string, string>>): {
  readonly after: Hook;
  readonly onError: Hook;
} {
  const hook: Hook = ({ event: exchange, response }) => {
    Object.assign(response?.headers ?? {}, headersFor(exchange));
  };
  return { after: hook, onError: hook };
}

// Adds headers to every answer, successful or not.
import type { ApiResponse } from '../api-gateway.ts';
import type { Exchange, Step } from '../exchange.ts';

/**
 * Creates the hooks that add headers. They must come before the error handler in the pipeline, because middy runs
 * `after` and `onError` hooks in reverse order.
 *
 * @param headersFor - returns the headers of one answer
 */
export function addHeaders(
  headersFor: (exchange: Exchange) => Readonly<Record<string, string>>,
): Required<Pick<Step, 'after' | 'onError'>> {
  const hook = ({ event, response }: { event: Exchange; response: ApiResponse | null | undefined }) => {
    Object.assign(response?.headers ?? {}, headersFor(event));
  };
  return { after: hook, onError: hook };
}

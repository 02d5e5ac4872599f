// Headers on every answer, whether the request succeeded or not.
import type { ApiResponse } from '../api-gateway.ts';
import type { Exchange, Step } from '../exchange.ts';

/**
 * Adds headers to answers and to error answers. It has to stand before the error handler in the pipeline, since hooks
 * on the way out run in reverse.
 *
 * @param headersFor - makes the headers of one request's answer
 */
export function addHeaders(
  headersFor: (exchange: Exchange) => Readonly<Record<string, string>>,
): Required<Pick<Step, 'after' | 'onError'>> {
  const hook = ({ event, response }: { event: Exchange; response: ApiResponse | null | undefined }) => {
    Object.assign(response?.headers ?? {}, headersFor(event));
  };
  return { after: hook, onError: hook };
}

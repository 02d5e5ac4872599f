// What lets web pages of chosen origins read an answer (https://fetch.spec.whatwg.org/#http-cors-protocol).
import type { ApiRequest } from '../api-gateway.ts';

/**
 * Makes the headers of an answer to a page. Preflights never come here: the gateway answers them.
 *
 * @param origins - exact origins, such as `https://app.example.com`; with none there are no headers at all
 */
export function corsHeaders(
  origins: readonly string[],
): (request: Pick<ApiRequest, 'headers'>) => Record<string, string> {
  return ({ headers }) => {
    if (origins.length === 0) return {};
    const origin = origins.find((one) => one === headers.get('origin')?.[0]);
    if (origin === undefined) return { Vary: 'Origin' };
    return {
      Vary: 'Origin',
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Expose-Headers': 'Request-Id, WWW-Authenticate',
    };
  };
}

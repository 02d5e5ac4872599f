// The CORS headers of answers (https://fetch.spec.whatwg.org/#http-cors-protocol).
import type { ApiRequest } from '../api-gateway.ts';

/**
 * Creates the function that returns the CORS headers for a request. API Gateway answers preflight requests itself.
 *
 * @param origins - exact origins that may read answers, such as `https://app.example.com`; without any, no header is
 *   set
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
      // API Gateway's REST APIs rename WWW-Authenticate, other gateways do not.
      'Access-Control-Expose-Headers':
        'Request-Id, WWW-Authenticate, x-amzn-Remapped-WWW-Authenticate, Deprecation, Sunset, Link',
    };
  };
}

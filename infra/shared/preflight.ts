// What web pages of other origins may send and read (https://fetch.spec.whatwg.org/#http-cors-protocol): the answer to
// their preflights, which API Gateway gives, and the gateway of `npm start` too.

export const preflight = {
  allowMethods: ['PUT'],
  allowHeaders: ['Authorization', 'Content-Type', 'Request-Id'],
  exposeHeaders: ['Request-Id', 'WWW-Authenticate', 'x-amzn-Remapped-WWW-Authenticate'],
} as const;

/**
 * Returns the headers of the answer to a preflight, as the template has API Gateway send them.
 *
 * @param origins - exact origins that may call, at least one
 * @param origin - the request's `Origin`; if it is not in the list, the answer names the first, and the browser refuses
 */
export function preflightHeaders(
  origins: readonly string[],
  origin: string | undefined,
): Record<string, string> {
  return {
    'Access-Control-Allow-Headers': preflight.allowHeaders.join(),
    'Access-Control-Allow-Origin': origins.find((one) => one === origin) ?? origins[0] ?? '',
    Vary: 'Origin',
    'Access-Control-Allow-Methods': preflight.allowMethods.join(),
    'Access-Control-Expose-Headers': preflight.exposeHeaders.join(),
  };
}

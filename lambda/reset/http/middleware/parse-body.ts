// Reads the request's body, where there is one.
import type { Step } from '../exchange.ts';
import { parseRequestBody } from '../request-body.ts';

/**
 * Hands on what the body says.
 *
 * @throws ServiceError `body-too-large`, `media-type-unsupported` or `body-malformed`
 */
export function parseBody(): Step {
  return {
    before({ event }) {
      event.content = parseRequestBody(event.body, event.headers.get('content-type'));
    },
  };
}

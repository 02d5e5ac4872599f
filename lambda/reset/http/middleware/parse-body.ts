// Parses the request's body, if it has one.
import type { Step } from '../exchange.ts';
import { parseRequestBody } from '../request-body.ts';

/**
 * Sets `content`.
 *
 * @param minPasswordLength - characters
 * @throws ServiceError `body-too-large`, `media-type-unsupported` or `body-malformed`
 */
export function parseBody(minPasswordLength: number): Step {
  return {
    before({ event }) {
      event.content = parseRequestBody(event.body, event.headers.get('content-type'), minPasswordLength);
    },
  };
}

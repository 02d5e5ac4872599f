// Reads the recovery PIN from the body or the query string.
import type { Step } from '../exchange.ts';
import { parseRecoveryPin } from '../pin-parameter.ts';

/**
 * Sets `pin`, to `undefined` if the request has no PIN.
 *
 * @throws ServiceError `recovery-pin-malformed`
 */
export function parsePin(): Step {
  return {
    before({ event }) {
      const { query, headers, content: body } = event;
      event.pin = parseRecoveryPin({ query, headers, body });
    },
  };
}

// Reads the recovery PIN out of the body or the query string.
import type { Step } from '../exchange.ts';
import { parseRecoveryPin } from '../pin-parameter.ts';

/**
 * Hands the PIN on, `undefined` where the request has none.
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

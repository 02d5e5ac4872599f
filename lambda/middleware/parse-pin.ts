// Reads the recovery PIN out of the query string.
import type { MiddlewareObj } from '@middy/core';
import type { ApiRequest } from '../api-gateway.ts';
import { parseRecoveryPin } from '../recovery-pin.ts';

/**
 * Hands the PIN on, `undefined` where the request has none.
 *
 * @throws ServiceError `recovery-pin-malformed`
 */
export function parsePin(): MiddlewareObj<ApiRequest & { pin: string | undefined }> {
  return {
    before({ event }) {
      event.pin = parseRecoveryPin(event.query);
    },
  };
}

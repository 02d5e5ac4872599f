// Reads the recovery PIN out of the body or the query string.
import type { MiddlewareObj } from '@middy/core';
import { ServiceError } from '../../domain/errors.ts';
import type { ApiRequest } from '../api-gateway.ts';
import { parseRecoveryPin } from '../pin-parameter.ts';
import type { WithContent } from './parse-body.ts';

/**
 * Hands the PIN on, `undefined` where the request has none. What is found wrong with it, here or later, gets
 * the place that it came from as its source.
 *
 * @throws ServiceError `recovery-pin-malformed`
 */
export function parsePin(): MiddlewareObj<ApiRequest & WithContent & { pin: string | undefined }> {
  return {
    before({ event }) {
      const { query, headers, content: body } = event;
      event.pin = parseRecoveryPin({ query, headers, body });
    },
    onError(request) {
      const { error, event } = request;
      if (!(error instanceof ServiceError) || !error.code.startsWith('recovery-pin-')) return;
      const source = 'pin' in event.content ? { pointer: '/pin' } : { parameter: 'pin' };
      request.error = new ServiceError(error.code, { source, ...(error.meta && { meta: error.meta }) });
    },
  };
}

// Lets only the one operation through.
import type { MiddlewareObj } from '@middy/core';
import { ServiceError } from '../../domain/errors.ts';
import type { ApiRequest } from '../api-gateway.ts';

/**
 * Refuses every request but a PUT at one of the operation's paths.
 *
 * @param paths - exact paths, such as `/user/2021-2/user/password/reset`
 * @throws ServiceError `not-found`
 */
export function matchRoute(paths: readonly string[]): MiddlewareObj<ApiRequest> {
  return {
    before({ event }) {
      if (event.method !== 'PUT' || !paths.includes(event.path)) throw new ServiceError('not-found');
    },
  };
}

// Refuses requests for any other path or method.
import { ServiceError } from '../../domain/errors.ts';
import type { Step } from '../exchange.ts';

/**
 * Refuses every request that is not a PUT to one of the operation's paths.
 *
 * @param paths - exact paths, such as `/user/2021-2/user/password/reset`
 * @throws ServiceError `not-found`
 */
export function matchRoute(paths: readonly string[]): Step {
  return {
    before({ event }) {
      if (event.method !== 'PUT' || !paths.includes(event.path)) throw new ServiceError('not-found');
    },
  };
}

// Reads a new password out of the body, judges it and makes what is stored of it.
import { prepareNewPassword } from '../../domain/new-password.ts';
import type { Step } from '../exchange.ts';

/**
 * Hands on what is stored of the new password, `undefined` where the request has none. This stands before anything
 * touches the table, so that a password which is refused costs no attempt.
 *
 * @param minLength - characters
 * @throws ServiceError `password-too-short`, `password-too-long` or `password-compromised`
 */
export function parseNewPassword(minLength: number): Step {
  return {
    async before({ event }) {
      const { content, accessToken, deriveKey } = event;
      if (content.password === undefined) return;
      const { userId } = accessToken;
      event.newPassword = await prepareNewPassword(content.password, userId, minLength, deriveKey);
    },
  };
}

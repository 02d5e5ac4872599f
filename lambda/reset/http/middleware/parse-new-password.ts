// Checks and hashes the new password of the body, if it has one.
import { prepareNewPassword } from '../../domain/new-password.ts';
import type { Step } from '../exchange.ts';

/**
 * Sets `newPassword` if the body has a password. Runs before the table is accessed, so that a refused password uses up
 * no attempt.
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

// Reads the access token from the Authorization header and verifies it.
import { createHmac } from 'node:crypto';
import { ServiceError } from '../../domain/errors.ts';
import type { VerifyAccessToken } from '../../domain/reset-password.ts';
import type { Check } from '../exchange.ts';

/**
 * Refuses requests without a valid access token. Sets `accessToken` and `deriveKey`; later steps never see the token.
 *
 * @throws ServiceError `token-missing`, or what `verify` throws
 */
export function verifyToken(verify: VerifyAccessToken): Check {
  return {
    async before({ event: exchange }) {
      const token = readBearerToken(exchange.headers.get('authorization'));
      exchange.accessToken = await verify(token);
      exchange.deriveKey = (purpose) => createHmac('sha256', token).update(purpose).digest();
    },
  };
}

/**
 * Returns the only Bearer credential (RFC 6750 section 2.1). The scheme's name is case-insensitive (RFC 9110 section 11.1).
 */
function readBearerToken(values: readonly string[] | undefined): string {
  if (values === undefined) throw new ServiceError('token-missing');
  const bearer = values.map((value) => value.trim()).find((value) => /^bearer\s+\S/i.test(value));
  if (bearer === undefined) throw new ServiceError('token-missing');
  const token = /^bearer +([\w.~+/-]+=*)$/i.exec(bearer)?.[1];
  if (values.length > 1 || token === undefined) {
    throw new ServiceError('token-invalid', { reason: 'not exactly one Bearer token' });
  }
  return token;
}

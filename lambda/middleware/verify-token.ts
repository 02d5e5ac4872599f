// Takes the access token out of the Authorization header and has it verified.
import type { MiddlewareObj } from '@middy/core';
import type { VerifyAccessToken } from '../access-token.ts';
import type { ApiRequest } from '../api-gateway.ts';
import { ServiceError } from '../errors.ts';
import type { AccessToken } from '../reset-password.ts';

/**
 * Lets only requests with a good access token through, and hands the token's claims on.
 *
 * @throws ServiceError `token-missing`, or what `verify` throws
 */
export function verifyToken(
  verify: VerifyAccessToken,
): MiddlewareObj<ApiRequest & { accessToken: AccessToken }> {
  return {
    async before({ event }) {
      event.accessToken = await verify(readBearerToken(event.headers.get('authorization')));
    },
  };
}

/** Exactly one Bearer credential (RFC 6750 section 2.1); the scheme's name is case-insensitive (RFC 9110 section 11.1). */
function readBearerToken(values: readonly string[] = []): string {
  const bearer = values.map((value) => value.trim()).filter((value) => /^bearer\s+\S/i.test(value));
  if (bearer.length === 0) throw new ServiceError('token-missing');
  const token = /^bearer +([\w.~+/-]+=*)$/i.exec(bearer[0] ?? '')?.[1];
  if (values.length > 1 || token === undefined) {
    throw new ServiceError('token-invalid', { reason: 'not one Bearer token' });
  }
  return token;
}

// Takes the access token out of the Authorization header and has it verified.
import { createHmac } from 'node:crypto';
import type { MiddlewareObj } from '@middy/core';
import type { VerifyAccessToken } from '../../adapters/access-token.ts';
import { ServiceError } from '../../domain/errors.ts';
import type { AccessToken } from '../../domain/reset-password.ts';
import type { ApiRequest } from '../api-gateway.ts';

export interface Authenticated {
  accessToken: AccessToken;
  /** Makes 32 bytes for a purpose that nobody can make who does not hold the very token (HMAC-SHA-256, RFC 2104). */
  deriveKey: (purpose: string) => Buffer;
}

/**
 * Lets only requests with a good access token through, and hands on its claims and keys made of it, but not the token.
 *
 * @throws ServiceError `token-missing`, or what `verify` throws
 */
export function verifyToken(verify: VerifyAccessToken): MiddlewareObj<ApiRequest & Authenticated> {
  return {
    async before({ event }) {
      const token = readBearerToken(event.headers.get('authorization'));
      event.accessToken = await verify(token);
      event.deriveKey = (purpose) => createHmac('sha256', token).update(purpose).digest();
    },
  };
}

/** Exactly one Bearer credential (RFC 6750 section 2.1); the scheme's name is case-insensitive (RFC 9110 section 11.1). */
function readBearerToken(values: readonly string[] | undefined): string {
  if (values === undefined) throw new ServiceError('token-missing');
  const bearer = values.map((value) => value.trim()).find((value) => /^bearer\s+\S/i.test(value));
  if (bearer === undefined) throw new ServiceError('token-missing');
  const token = /^bearer +([\w.~+/-]+=*)$/i.exec(bearer)?.[1];
  if (values.length > 1 || token === undefined) {
    throw new ServiceError('token-invalid', { reason: 'not one Bearer token' });
  }
  return token;
}

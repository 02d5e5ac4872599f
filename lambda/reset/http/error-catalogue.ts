// What each error code means over HTTP: a row with status, title and detail, and what else the answer tells.
import type { ErrorCode } from '../domain/errors.ts';

/** How a 401 or 403 is announced in `WWW-Authenticate` (RFC 6750 section 3.1, RFC 9470 section 3). */
export type ChallengeError = 'invalid_token' | 'insufficient_scope' | 'insufficient_user_authentication';

export interface CatalogueRow {
  readonly status: 400 | 401 | 403 | 404 | 413 | 415 | 422 | 501;
  readonly title: string;
  readonly detail: string;
  /** `error` of the Bearer challenge; absent where the status alone decides whether there is one. */
  readonly challenge?: ChallengeError;
  /** Further parameters of the challenge -> the member of the error's data that they tell. */
  readonly challengeParameters?: Readonly<Record<string, string>>;
  /** Members of the error's data that the document's `meta` tells. */
  readonly meta?: readonly string[];
  /** The part of the request that is at fault: the PIN where it stood, or a member of the body. */
  readonly source?: 'pin' | 'password' | 'body';
}

export const catalogue = {
  'not-found': {
    status: 404,
    title: 'Resource not found',
    detail:
      'There is nothing under this path and method. A password is reset by PUT {base path}/user/password/reset.',
  },
  'token-missing': {
    status: 401,
    title: 'Access token missing',
    detail: 'Send an OAuth 2.0 access token in one Authorization header: "Authorization: Bearer <token>".',
  },
  'token-invalid': {
    status: 401,
    title: 'Access token invalid',
    detail: 'The access token cannot be accepted here. Ask the authorization server for a new one.',
    challenge: 'invalid_token',
  },
  'token-expired': {
    status: 401,
    title: 'Access token expired',
    detail: 'The access token has expired. Ask the authorization server for a new one.',
    challenge: 'invalid_token',
  },
  'token-revoked': {
    status: 401,
    title: 'Access token revoked',
    detail:
      'The access token was issued before the last password reset of this user. Log in again for a new one.',
    challenge: 'invalid_token',
  },
  'authentication-too-old': {
    status: 401,
    title: 'More recent authentication required',
    detail: 'The login behind the access token is too long ago. Let the user authenticate again.',
    challenge: 'insufficient_user_authentication',
    challengeParameters: { max_age: 'maxAge' },
  },
  'missing-linked-identity': {
    status: 401,
    title: 'Missing linked identity for authorized access',
    detail:
      'Linked identity is needed to access this resource, please check why the user does not have a linked identity',
  },
  'insufficient-scope': {
    status: 403,
    title: 'Insufficient scope',
    detail: 'The access token lacks a scope that this operation requires. Ask for a token with that scope.',
    challenge: 'insufficient_scope',
    challengeParameters: { scope: 'scope' },
  },
  'body-too-large': {
    status: 413,
    title: 'Body too large',
    detail: 'The body is larger than 4096 bytes. Nothing was changed.',
  },
  'media-type-unsupported': {
    status: 415,
    title: 'Media type unsupported',
    detail:
      'Send the body as application/json or application/vnd.api+json in UTF-8, or no body at all. Nothing was changed.',
  },
  'body-malformed': {
    status: 400,
    title: 'Body malformed',
    detail:
      'The body must be one JSON object with at most the members "pin" and "password", both strings. ' +
      'Nothing was changed.',
    source: 'body',
  },
  'password-too-short': {
    status: 422,
    title: 'Password too short',
    detail:
      'Choose a longer password; meta.minLength says how many characters it must have. Nothing was changed.',
    source: 'password',
    meta: ['minLength'],
  },
  'password-too-long': {
    status: 422,
    title: 'Password too long',
    detail:
      'Choose a shorter password; meta.maxLength says how many characters it may have. Nothing was changed.',
    source: 'password',
    meta: ['maxLength'],
  },
  'password-compromised': {
    status: 422,
    title: 'Password compromised',
    detail:
      'The password is in a list of common and breached ones, or contains the user id. Choose another. ' +
      'Nothing was changed.',
    source: 'password',
  },
  'user-disabled': {
    status: 403,
    title: 'User disabled',
    detail: 'The user is disabled, so the password cannot be reset.',
  },
  'recovery-pin-malformed': {
    status: 403,
    title: 'Recovery PIN malformed',
    detail:
      'Pass exactly four digits once, as the string "pin" of a JSON body or as the query parameter pin=5621, ' +
      'or no PIN at all. Nothing was changed.',
    source: 'pin',
  },
  'recovery-pin-mismatch': {
    status: 403,
    title: 'Recovery PIN wrong',
    detail:
      'This is not the recovery PIN of the user. Nothing was changed. ' +
      'meta.remainingAttempts says how many different PINs may still be tried.',
    source: 'pin',
    meta: ['remainingAttempts'],
  },
  'recovery-pin-locked': {
    status: 403,
    title: 'Recovery PIN locked',
    detail:
      'Three different wrong PINs were tried. Nothing was deleted, but only a reset without a PIN works now, ' +
      'and it clears the payment methods.',
    source: 'pin',
  },
  'user-not-found': {
    status: 404,
    title: 'User not found',
    detail: 'The access token is good, but there is no such user.',
  },
  'recovery-pin-not-set': {
    status: 404,
    title: 'Recovery PIN not set',
    detail:
      'The user has no recovery PIN. Nothing was changed. A reset without a PIN works, and clears the payment methods.',
    source: 'pin',
  },
  'internal-error': {
    status: 501,
    title: 'Internal server error',
    detail:
      'Something went wrong on the server. The same request may be sent again: it is never carried out twice.',
  },
} as const satisfies Record<ErrorCode, CatalogueRow>;

/** The row of a code. */
export function rowOf(code: ErrorCode): CatalogueRow {
  return catalogue[code];
}

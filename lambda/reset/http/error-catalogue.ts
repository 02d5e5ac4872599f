// The HTTP answer for each error code: status, title, detail, and which data the answer includes.
import type { ErrorCode } from '../domain/errors.ts';

/** Values of `error` in `WWW-Authenticate` (RFC 6750 section 3.1, RFC 9470 section 3). */
export type ChallengeError = 'invalid_token' | 'insufficient_scope' | 'insufficient_user_authentication';

export interface CatalogueRow {
  readonly status: 400 | 401 | 403 | 404 | 413 | 415 | 422 | 501;
  readonly title: string;
  readonly detail: string;
  /**
   * `error` of the Bearer challenge. A 401 always has a challenge; other statuses only if this is set.
   */
  readonly challenge?: ChallengeError;
  /** Further parameters of the challenge -> the member of the error's data that is their value. */
  readonly challengeParameters?: Readonly<Record<string, string>>;
  /** Members of the error's data that go into the document's `meta`. */
  readonly meta?: readonly string[];
  /** The part of the request that caused the error: the PIN (in query or body), the body's `password`, or the body. */
  readonly source?: 'pin' | 'password' | 'body';
}

export const catalogue = {
  'not-found': {
    status: 404,
    title: 'Resource not found',
    detail:
      'No resource exists at this path and method. To reset a password, send PUT {base path}/user/password/reset.',
  },
  'token-missing': {
    status: 401,
    title: 'Access token missing',
    detail: 'Send an OAuth 2.0 access token in one Authorization header: "Authorization: Bearer <token>".',
  },
  'token-invalid': {
    status: 401,
    title: 'Access token invalid',
    detail: 'The access token is not valid for this service. Get a new one from the authorization server.',
    challenge: 'invalid_token',
  },
  'token-expired': {
    status: 401,
    title: 'Access token expired',
    detail: 'The access token has expired. Get a new one from the authorization server.',
    challenge: 'invalid_token',
  },
  'token-revoked': {
    status: 401,
    title: 'Access token revoked',
    detail:
      "The access token was issued before the user's last password reset. Log in again to get a new one.",
    challenge: 'invalid_token',
  },
  'authentication-too-old': {
    status: 401,
    title: 'More recent authentication required',
    detail: 'The login behind the access token is too long ago. Let the user log in again.',
    challenge: 'insufficient_user_authentication',
    challengeParameters: { max_age: 'maxAge' },
  },
  'missing-linked-identity': {
    status: 401,
    title: 'Missing linked identity for authorized access',
    detail:
      'Linked identity is needed to access this resource, please check why the user does not have a linked identity',
    // Without a challenge error, clients would refresh a token that is good.
    challenge: 'insufficient_user_authentication',
  },
  'insufficient-scope': {
    status: 403,
    title: 'Insufficient scope',
    detail: 'The access token lacks a scope that this operation requires. Request a token with that scope.',
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
      'Send the body as application/json or application/vnd.api+json in UTF-8, or send no body. Nothing was changed.',
  },
  'body-malformed': {
    status: 400,
    title: 'Body malformed',
    detail:
      'The body must be a JSON object that has no members other than the strings "pin" and "password". ' +
      'Nothing was changed.',
    source: 'body',
  },
  'password-too-short': {
    status: 422,
    title: 'Password too short',
    detail:
      'Choose a longer password; meta.minLength is the minimum number of characters. Nothing was changed.',
    source: 'password',
    meta: ['minLength'],
  },
  'password-too-long': {
    status: 422,
    title: 'Password too long',
    detail:
      'Choose a shorter password; meta.maxLength is the maximum number of characters. Nothing was changed.',
    source: 'password',
    meta: ['maxLength'],
  },
  'password-compromised': {
    status: 422,
    title: 'Password compromised',
    detail:
      'The password is in a list of common and breached passwords, or contains the user id. Choose another one. ' +
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
      'Send exactly four digits once, either as the string "pin" in a JSON body or as the query parameter pin=5621, ' +
      'or send no PIN. Nothing was changed.',
    source: 'pin',
  },
  'recovery-pin-mismatch': {
    status: 403,
    title: 'Recovery PIN wrong',
    detail:
      'The recovery PIN is wrong. Nothing was changed. meta.remainingAttempts is the number of other PINs that can still ' +
      'be tried before the PIN is locked; the same one again costs no attempt.',
    source: 'pin',
    meta: ['remainingAttempts'],
  },
  'recovery-pin-locked': {
    status: 403,
    title: 'Recovery PIN locked',
    detail:
      'Too many different wrong PINs were tried, so no PIN is accepted any more. Nothing was changed. ' +
      'A reset without a PIN is possible, and clears the payment methods.',
    source: 'pin',
  },
  'user-not-found': {
    status: 404,
    title: 'User not found',
    detail: 'The access token is valid, but its user does not exist.',
  },
  'recovery-pin-not-set': {
    status: 404,
    title: 'Recovery PIN not set',
    detail:
      'The user has no recovery PIN. Nothing was changed. ' +
      'A reset without a PIN is possible, and clears the payment methods.',
    source: 'pin',
  },
  'internal-error': {
    status: 501,
    title: 'Internal server error',
    detail: 'An internal error occurred. The same request can be sent again: it is never carried out twice.',
  },
} as const satisfies Record<ErrorCode, CatalogueRow>;

/** Returns the row of a code. Its type has all optional members, even those that this row lacks. */
export function getCatalogueRow(code: ErrorCode): CatalogueRow {
  return catalogue[code];
}

// Verifies access tokens: JWTs that the trusted issuer has signed for this audience (RFC 9068, RFC 8725).
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { validateCognitoJwtFields } from 'aws-jwt-verify/cognito-verifier';
import {
  CognitoJwtInvalidClientIdError,
  CognitoJwtInvalidTokenUseError,
  JwtInvalidAudienceError,
  JwtInvalidIssuerError,
  JwtInvalidSignatureAlgorithmError,
  JwtInvalidSignatureError,
} from 'aws-jwt-verify/error';
import { decomposeUnverifiedJwt } from 'aws-jwt-verify/jwt';
import type { JwtHeader, JwtPayload } from 'aws-jwt-verify/jwt-model';
import { verifyJwtSync } from 'aws-jwt-verify/jwt-verifier';
import { ServiceError } from '../domain/errors.ts';
import type { VerifyAccessToken } from '../domain/reset-password.ts';
import type { SigningKey, SigningKeys } from './signing-keys.ts';

export interface AccessTokenPolicy {
  /** The only accepted `iss`. If it is a Cognito user pool, the rules of Cognito's access tokens apply. */
  readonly issuer: string;
  /** Accepted values of `aud`, or of `client_id` if the issuer is a Cognito user pool. */
  readonly audience: readonly string[];
  /** Scopes of which a token must have all; `null`: not checked. */
  readonly requiredScopes: readonly string[] | null;
  /** Seconds: the maximum time since the login behind the token (RFC 9470); `null`: not checked. */
  readonly maxAge: number | null;
}

const maxTokenLength = 8 * 1024;
/** Seconds by which the issuer's clock may be ahead of ours. */
const clockSkew = 5;
/** The end of 9999, in seconds. A larger number is a mistake, such as a time in milliseconds. */
const maxNumericDate = 253_402_300_799;

/**
 * Creates the function that verifies access tokens.
 *
 * @param policy - the requirements for a token
 * @param keys - the issuer's signing keys
 * @param now - milliseconds since the epoch
 * @returns a function that resolves to the token's claims, or throws `ServiceError` `token-invalid`, `token-expired`,
 *   `authentication-too-old` or `insufficient-scope`; any other error means that the keys could not be loaded
 */
export function createAccessTokenVerifier(
  policy: AccessTokenPolicy,
  keys: SigningKeys,
  now: () => number,
): VerifyAccessToken {
  return async (token) => {
    const kid = refuseOnError(() => readKeyId(token));
    const key = await keys.find(kid);
    const claims = refuseOnError(() => {
      if (key === undefined) throw new TokenFault('no signing key with that kid');
      return checkClaims(verifySignature(token, key, policy), now() / 1000);
    });
    checkAge(claims, policy, now() / 1000);
    checkScope(claims, policy);
    return { userId: claims.sub, tokenId: digestToken(token), issuedAt: roundToMilliseconds(claims.iat) };
  };
}

/** Claims after `checkClaims`. */
type CheckedClaims = JwtPayload & { sub: string; iat: number; exp: number; auth_time?: number };

/** The result of a failed check of this file. The message is logged, so it never quotes the token. */
class TokenFault extends Error {}

/** Log reasons for the library's errors. Its messages quote the token, and minifying changes its class names. */
const reasonsOfLibraryErrors = [
  [JwtInvalidSignatureError, 'wrong signature'],
  [JwtInvalidSignatureAlgorithmError, 'algorithm does not match the key'],
  [JwtInvalidIssuerError, 'another issuer'],
  [JwtInvalidAudienceError, 'another audience'],
  [CognitoJwtInvalidTokenUseError, 'token_use is not that of an access token'],
  [CognitoJwtInvalidClientIdError, 'another client id'],
] as const;

/**
 * Runs a check of the token. Any error in it, ours or the library's, is caused by the token and becomes
 * `token-invalid`.
 */
function refuseOnError<T>(check: () => T): T {
  try {
    return check();
  } catch (cause) {
    throw new ServiceError('token-invalid', { cause, reason: findReason(cause) });
  }
}

function findReason(cause: unknown): string {
  if (cause instanceof TokenFault) return cause.message;
  return reasonsOfLibraryErrors.find(([errorClass]) => cause instanceof errorClass)?.[1] ?? 'malformed';
}

function readKeyId(token: string): string {
  if (token.length > maxTokenLength) throw new TokenFault('token too long');
  for (const [index, part] of token.split('.').entries()) {
    const bytes = Buffer.from(part, 'base64url');
    // Node decodes base64url leniently: without this check, one signed token could be written in several ways.
    if (bytes.toString('base64url') !== part) throw new TokenFault('not canonical base64url');
    // The library replaces invalid bytes with U+FFFD, which could make two users equal (RFC 8725 section 3.7).
    if (index < 2 && !isUtf8(bytes)) throw new TokenFault('not UTF-8');
  }
  const { header } = decomposeUnverifiedJwt(token);
  checkHeader(header);
  if (typeof header.kid !== 'string' || header.kid === '') throw new TokenFault('no kid');
  return header.kid;
}

function checkHeader(header: JwtHeader & { crit?: unknown; b64?: unknown; typ?: unknown }): void {
  // No extensions are supported, so none may be critical (RFC 7515 section 4.1.11). `b64` is an extension (RFC 7797).
  if (header.crit !== undefined || header.b64 !== undefined)
    throw new TokenFault('unsupported header extension');
  if (header.typ !== undefined && !isOneOf(header.typ, ['jwt', 'at+jwt', 'application/at+jwt']))
    throw new TokenFault('typ is not that of an access token');
}

const cognitoIssuer =
  /^https:\/\/(issuer-)?cognito-idp\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\/[a-z0-9-]+_[A-Za-z0-9]+$/;

/** Verifies signature, algorithm, issuer and audience, and that the token is not of another kind. */
function verifySignature(
  token: string,
  key: SigningKey,
  { issuer, audience }: AccessTokenPolicy,
): JwtPayload {
  const isCognito = cognitoIssuer.test(issuer);
  const payload = verifyJwtSync(
    token,
    key.jwk,
    {
      issuer,
      audience: isCognito ? null : [...audience],
      // checkClaims and checkAge check the times. The library would report expiry before a wrong issuer or audience.
      graceSeconds: Number.POSITIVE_INFINITY,
    },
    () => key.keyObject,
  );
  if (isCognito) {
    validateCognitoJwtFields(payload, { tokenUse: 'access', clientId: [...audience], groups: null });
  } else {
    rejectOtherTokens(payload);
  }
  return payload;
}

/**
 * Other kinds of token must not be accepted by an API (RFC 8725 section 3.12): ID tokens, which are for the client, and
 * security events (RFC 8417), of which OpenID Connect's logout tokens are one. Their `typ` is only recommended.
 */
function rejectOtherTokens(payload: JwtPayload & Record<string, unknown>): void {
  const declared = [payload.token_use, payload.typ].filter((use) => use !== undefined);
  if (!declared.every((use) => isOneOf(use, ['access', 'bearer']))) {
    throw new TokenFault('claim token_use or typ is not that of an access token');
  }
  if (payload.events !== undefined) throw new TokenFault('a security event or logout token');
  const isIdToken = ['at_hash', 'c_hash', 'nonce'].some((claim) => payload[claim] !== undefined);
  if (declared.length === 0 && isIdToken) throw new TokenFault('an ID token');
}

/** Whether a value is a string and equals one of the names, ignoring case. */
function isOneOf(value: unknown, names: readonly string[]): boolean {
  return typeof value === 'string' && names.includes(value.toLowerCase());
}

function checkClaims(payload: JwtPayload & { auth_time?: unknown }, nowSeconds: number): CheckedClaims {
  const { sub, iat, exp, nbf, auth_time: authTime } = payload;
  // 255 is OpenID Connect's limit. \p{C} are control, format, unassigned and lone surrogate characters.
  if (sub === undefined || !/^[^\p{C}\ufffd]{1,255}$/u.test(sub))
    throw new TokenFault('sub missing or malformed');
  if (!isTime(iat) || iat > nowSeconds + clockSkew)
    throw new TokenFault('iat missing, malformed or in the future');
  if (!isTime(exp) || exp <= iat) throw new TokenFault('exp missing, malformed or before iat');
  if (nbf !== undefined && (!isTime(nbf) || nbf > nowSeconds + clockSkew))
    throw new TokenFault('nbf malformed or in the future');
  if (authTime !== undefined && (!isTime(authTime) || authTime > nowSeconds + clockSkew))
    throw new TokenFault('auth_time malformed or in the future');
  return payload as CheckedClaims;
}

/** Whether a value is a plausible NumericDate (RFC 7519 section 2). */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= maxNumericDate;
}

function checkAge(claims: CheckedClaims, { maxAge }: AccessTokenPolicy, nowSeconds: number): void {
  // No clock skew: on or after `exp` the token must not be accepted (RFC 7519 section 4.1.4).
  if (claims.exp <= nowSeconds) throw new ServiceError('token-expired');
  if (maxAge !== null && nowSeconds - (claims.auth_time ?? claims.iat) > maxAge) {
    throw new ServiceError('authentication-too-old', { data: { maxAge } });
  }
}

function checkScope({ scope }: CheckedClaims, { requiredScopes }: AccessTokenPolicy): void {
  if (requiredScopes === null) return;
  const granted = String(scope ?? '').split(' ');
  if (!requiredScopes.every((required) => granted.includes(required))) {
    throw new ServiceError('insufficient-scope', {
      data: { scope: requiredScopes.join(' ') },
    });
  }
}

/** Rounds down to a millisecond, because DynamoDB does not support every JSON number, such as 5e-324. */
function roundToMilliseconds(seconds: number): number {
  return Math.floor(seconds * 1_000) / 1_000;
}

/**
 * Identifies a token by a digest of header and payload. The `jti` is not used because issuers may repeat it or leave it
 * out, and the signature is not included because some signatures have several valid encodings.
 */
function digestToken(token: string): string {
  return createHash('sha256')
    .update(token.slice(0, token.lastIndexOf('.')))
    .digest('base64url');
}

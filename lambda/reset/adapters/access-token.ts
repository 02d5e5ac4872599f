// Verification of an access token: a JWT signed by the one trusted issuer for this service (RFC 9068, RFC 8725).
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
  /** The only `iss` accepted. A Cognito user pool's issuer makes tokens be judged as Cognito's access tokens. */
  readonly issuer: string;
  /** Accepted `aud` values, or client ids where the issuer is a Cognito user pool. */
  readonly audience: readonly string[];
  /** Scopes that a token must all have; `null`: not checked. */
  readonly requiredScopes: readonly string[] | null;
  /** Seconds that the login behind the token may be ago (RFC 9470); `null`: not checked. */
  readonly maxAge: number | null;
}

const maxTokenLength = 8 * 1024;
/** How far the issuer's clock may be ahead of ours, in seconds. */
const clockSkew = 5;
/** 9999-12-31, in seconds. A later time is no time but a mistake, such as milliseconds. */
const maxNumericDate = 253_402_300_799;

/**
 * Makes the function that verifies access tokens.
 *
 * @param policy - what is demanded of a token
 * @param keys - the issuer's signing keys
 * @param now - milliseconds since the epoch
 * @returns a function that resolves to the token's claims, or throws `ServiceError` `token-invalid`, `token-expired`,
 *   `authentication-too-old` or `insufficient-scope`; any other error means that the keys could not be had
 */
export function createAccessTokenVerifier(
  policy: AccessTokenPolicy,
  keys: SigningKeys,
  now: () => number,
): VerifyAccessToken {
  return async (token) => {
    const kid = rejectingAsInvalid(() => readKeyId(token));
    const key = await keys.find(kid);
    const claims = rejectingAsInvalid(() => {
      if (key === undefined) throw new TokenFault('no signing key of that kid');
      return checkClaims(verifySignature(token, key, policy), now() / 1000);
    });
    checkAge(claims, policy, now() / 1000);
    checkScope(claims, policy);
    return { userId: claims.sub, tokenId: tokenId(token), issuedAt: toMilliseconds(claims.iat) };
  };
}

/** Claims whose types and times have been checked. */
type CheckedClaims = JwtPayload & { sub: string; iat: number; exp: number; auth_time?: number };

/** What a check of ours found; the message goes to the log, so it never quotes the token. */
class TokenFault extends Error {}

/** The library's faults in words for the log: its messages quote the token, and its class names do not outlive minifying. */
const libraryFaults = [
  [JwtInvalidSignatureError, 'wrong signature'],
  [JwtInvalidSignatureAlgorithmError, 'not the algorithm of the key'],
  [JwtInvalidIssuerError, 'another issuer'],
  [JwtInvalidAudienceError, 'another audience'],
  [CognitoJwtInvalidTokenUseError, 'not an access token by its token_use'],
  [CognitoJwtInvalidClientIdError, 'another client id'],
] as const;

/** Whatever the caller's token makes any of our checks or the library's throw, the token is the reason. */
function rejectingAsInvalid<T>(check: () => T): T {
  try {
    return check();
  } catch (cause) {
    throw new ServiceError('token-invalid', { cause, reason: reasonOf(cause) });
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof TokenFault) return cause.message;
  return libraryFaults.find(([fault]) => cause instanceof fault)?.[1] ?? 'malformed';
}

function readKeyId(token: string): string {
  if (token.length > maxTokenLength) throw new TokenFault('token too long');
  for (const [index, part] of token.split('.').entries()) {
    const bytes = Buffer.from(part, 'base64url');
    // Node decodes base64 leniently: a second spelling of a signed token would otherwise pass for another token.
    if (bytes.toString('base64url') !== part) throw new TokenFault('not canonical base64url');
    // The library puts U+FFFD in place of other bytes, so that different users could look alike (RFC 8725 section 3.7).
    if (index < 2 && !isUtf8(bytes)) throw new TokenFault('not UTF-8');
  }
  const { header } = decomposeUnverifiedJwt(token);
  checkHeader(header);
  if (typeof header.kid !== 'string' || header.kid === '') throw new TokenFault('no kid');
  return header.kid;
}

function checkHeader(header: JwtHeader & { crit?: unknown; b64?: unknown; typ?: unknown }): void {
  // No extension is understood here, so none may be critical (RFC 7515 section 4.1.11); b64 is one (RFC 7797).
  if (header.crit !== undefined || header.b64 !== undefined) throw new TokenFault('header extension');
  if (header.typ !== undefined && !isOneOf(header.typ, ['jwt', 'at+jwt', 'application/at+jwt']))
    throw new TokenFault('not an access token by its typ');
}

const cognitoIssuer =
  /^https:\/\/(issuer-)?cognito-idp\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\/[a-z0-9-]+_[A-Za-z0-9]+$/;

/** Signature, algorithm, issuer, audience. */
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
      // Times are judged by checkClaims and checkAge; the library would answer "expired" before it looks at issuer and audience.
      graceSeconds: Number.POSITIVE_INFINITY,
    },
    () => key.keyObject,
  );
  if (isCognito) {
    validateCognitoJwtFields(payload, { tokenUse: 'access', clientId: [...audience], groups: null });
  } else {
    rejectIdToken(payload);
  }
  return payload;
}

/** An ID token tells the client who the user is and must never open an API (RFC 8725 section 3.12). */
function rejectIdToken(payload: JwtPayload & Record<string, unknown>): void {
  const declared = [payload.token_use, payload.typ].filter((use) => use !== undefined);
  if (!declared.every((use) => isOneOf(use, ['access', 'bearer']))) {
    throw new TokenFault('not an access token by its claims');
  }
  const isIdToken = ['at_hash', 'c_hash', 'nonce'].some((claim) => payload[claim] !== undefined);
  if (declared.length === 0 && isIdToken) throw new TokenFault('an ID token');
}

/** Whether a value is one of some names, in any case; a list that holds one is not. */
function isOneOf(value: unknown, names: readonly string[]): boolean {
  return typeof value === 'string' && names.includes(value.toLowerCase());
}

function checkClaims(payload: JwtPayload & { auth_time?: unknown }, nowSeconds: number): CheckedClaims {
  const { sub, iat, exp, nbf, auth_time: authTime } = payload;
  // 255 characters are OpenID Connect's limit; control, format, unpaired surrogate and replacement characters name nobody.
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

/** A NumericDate (RFC 7519 section 2) that can be meant. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= maxNumericDate;
}

function checkAge(claims: CheckedClaims, { maxAge }: AccessTokenPolicy, nowSeconds: number): void {
  // On or after exp the token must not be accepted (RFC 7519 section 4.1.4), whatever the clocks.
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

/** Rounds down to a millisecond: the table cannot hold every number that JSON can write, such as 5e-324. */
function toMilliseconds(seconds: number): number {
  return Math.floor(seconds * 1_000) / 1_000;
}

/**
 * A digest of what the issuer signed. Its own name for the token, `jti`, would do only as long as the issuer never gives it
 * twice; and the signature is left out, since it can be spelt in several ways.
 */
function tokenId(token: string): string {
  return createHash('sha256')
    .update(token.slice(0, token.lastIndexOf('.')))
    .digest('base64url');
}

// Verifies access tokens: JWTs that the trusted issuer has signed for this audience (RFC 9068, RFC 8725). A claim that is not
// used never refuses a token, and the reason of a refusal names the claim.
import { createHash } from 'node:crypto';
import { assertStringArraysOverlap, assertStringEquals } from 'aws-jwt-verify/assert';
import { ServiceError } from '../domain/errors.ts';
import type { VerifyAccessToken } from '../domain/reset-password.ts';
import { isCognitoPool } from './discovery.ts';
import { decodeJws, isSignedBy, type JsonObject, refuseToken } from './jws.ts';
import type { SigningKeys } from './signing-keys.ts';

export interface AccessTokenPolicy {
  /** The only accepted `iss`. If it is a Cognito user pool, the rules of Cognito's access tokens apply. */
  readonly issuer: string;
  /** Accepted audiences. */
  readonly audience: readonly string[];
  /** The claim with the audience; `null`: `aud`, and in a Cognito user pool `client_id` for tokens without `aud`. */
  readonly audienceClaim: AudienceClaim | null;
  /** A token must have all of these scopes; `null`: not checked. */
  readonly requiredScopes: readonly string[] | null;
  /** Seconds: the maximum time since the login behind the token (RFC 9470); `null`: not checked. */
  readonly maxAge: number | null;
  /** Seconds: how far the issuer sets `iat` back. */
  readonly backdating: number;
}

/** The claims that can contain the audience. */
export type AudienceClaim = 'aud' | 'client_id' | 'azp';

/** Seconds: how far the issuer's clock may be ahead of ours. */
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
export function createVerifyAccessToken(
  policy: AccessTokenPolicy,
  keys: SigningKeys,
  now: () => number,
): VerifyAccessToken {
  return async (token) => {
    const jws = decodeJws(token);
    const key = await keys.find(readKeyId(jws.header));
    if (key === undefined) refuseToken('no signing key for that kid');
    if (jws.header.alg !== key.alg) refuseToken('alg is not that of the key');
    if (!isSignedBy(jws, key)) refuseToken('wrong signature');
    const { payload } = jws;
    checkIssuer(payload, policy);
    checkAudience(payload, policy);
    checkKind(jws.header, payload, policy);
    const nowSeconds = now() / 1000;
    const userId = readSubject(payload);
    const issuedAt = checkTimes(payload, policy, nowSeconds);
    checkAge(payload, issuedAt, policy, nowSeconds);
    checkScopes(payload, policy);
    return { userId, tokenId: digest(jws.signingInput), issuedAt: roundToMilliseconds(issuedAt) };
  };
}

/** @returns the key's id; `undefined` if the token has none, as tokens of an issuer with a single key may */
function readKeyId({ kid, crit, b64, typ }: JsonObject): string | undefined {
  // No extensions are supported, so none may be critical (RFC 7515 section 4.1.11). `b64` is an extension (RFC 7797).
  if (crit !== undefined || b64 !== undefined) refuseToken('crit or b64: unsupported header extension');
  if (typ !== undefined && !isOneOf(typ, ['jwt', ...accessTokenTypes]))
    refuseToken('typ in the header is not that of an access token');
  if (kid !== undefined && (typeof kid !== 'string' || kid === '')) refuseToken('kid malformed');
  return kid as string | undefined;
}

/** The values of `typ` in the header that mark an access token (RFC 9068 section 2.1). */
const accessTokenTypes = ['at+jwt', 'application/at+jwt'];

/** Whether a value is a string and equals one of the names, ignoring case. */
function isOneOf(value: unknown, names: readonly string[]): boolean {
  return typeof value === 'string' && names.includes(value.toLowerCase());
}

function checkIssuer({ iss }: JsonObject, { issuer }: AccessTokenPolicy): void {
  refuseUnless(assertStringEquals, iss, issuer, 'iss is another issuer');
}

/** Runs a check of the library. Its error is not passed on, because the message quotes the token. */
function refuseUnless<T>(
  check: (name: string, actual: unknown, expected: T) => void,
  actual: unknown,
  expected: T,
  reason: string,
): void {
  try {
    check(reason, actual, expected);
  } catch {
    refuseToken(reason);
  }
}

/**
 * Checks the audience. Cognito writes `aud` only into tokens that are bound to an API (RFC 8707). Other APIs must refuse
 * such a token, even if it is for the right client.
 */
function checkAudience(payload: JsonObject, { issuer, audience, audienceClaim }: AccessTokenPolicy): void {
  const isCognito = isCognitoPool(issuer);
  const claim = audienceClaim ?? (isCognito && payload.aud === undefined ? 'client_id' : 'aud');
  const value = payload[claim];
  // Only `aud` can have several values (RFC 7519 section 4.1.3).
  if (!isText(value) && !(claim === 'aud' && isTexts(value))) refuseToken(`${claim} missing or malformed`);
  refuseUnless(assertStringArraysOverlap, value, [...audience], `${claim} is another audience`);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}

/**
 * Refuses all other kinds of token (RFC 8725 section 3.12): ID tokens, refresh tokens, and security events (RFC 8417), which
 * include OpenID Connect's logout tokens. Their `typ` in the header is only recommended, so the claims are checked.
 *
 * @throws ServiceError `token-invalid`
 */
export function checkKind(header: JsonObject, payload: JsonObject, { issuer }: AccessTokenPolicy): void {
  // Only Cognito promises to write this claim.
  if (isCognitoPool(issuer))
    refuseUnless(assertStringEquals, payload.token_use, 'access', 'token_use is not that of an access token');
  const other = kindClaims.find((claim) =>
    readKinds(payload[claim]).some((kind) => /refresh|logout|offline|^id$/.test(String(kind))),
  );
  if (other !== undefined) refuseToken(`${other} is not that of an access token`);
  // Only these two always tell the kind of the token. Some issuers write the kind of user, for example, into the others.
  for (const claim of ['token_use', 'typ']) {
    if (!readKinds(payload[claim]).every((kind) => neutralKinds.includes(kind)))
      refuseToken(`${claim} is not that of an access token`);
  }
  if (payload.events !== undefined) refuseToken('events: a security event or logout token');
  // The sender of such a token must prove that it is theirs (RFC 7800). This service does not check such proofs.
  if (payload.cnf !== undefined) refuseToken('cnf: a token bound to a key');
  const mark = idTokenClaims.find((claim) => payload[claim] !== undefined);
  if (mark !== undefined && !isMarkedAsAccessToken(header, payload)) refuseToken(`${mark}: an ID token`);
}

function isMarkedAsAccessToken({ typ }: JsonObject, payload: JsonObject): boolean {
  return (
    isOneOf(typ, accessTokenTypes) ||
    kindClaims.some((claim) => readKinds(payload[claim]).some((kind) => accessKinds.includes(kind))) ||
    [payload.scope, payload.scp, payload.client_id].some((value) => isText(value) || isTexts(value))
  );
}

/** The claims in which issuers write the kind of a token. */
const kindClaims = ['token_use', 'typ', 'type', 'token_type', 'tokenType', 'use'];
/** The values of these claims in an access token, as `readKind` returns them. */
const accessKinds: readonly (string | undefined)[] = ['access', 'bearer', 'at'];
/** `jwt` does not tell the kind. */
const neutralKinds = [...accessKinds, 'jwt'];
/** Claims of ID tokens (OpenID Connect Core section 2), which some issuers write into access tokens too. */
const idTokenClaims = ['nonce', 'at_hash', 'c_hash', 's_hash'];

/** Returns the kinds that a claim tells: it is a text or a list of texts, and none if it is missing. */
function readKinds(claim: unknown): (string | undefined)[] {
  return claim === undefined ? [] : [claim].flat().map(readKind);
}

/** Returns the kind in one spelling: `id` for `ID`, `id_token`, `IDToken` and `urn:ietf:params:oauth:token-type:id_token`. */
function readKind(value: unknown): string | undefined {
  if (!isText(value)) return undefined;
  const name = String(value.toLowerCase().split(/[:/]/).pop()).replace(/[\W_]/g, '');
  return name.replace(/(?<=.)(token|jwt)/g, '');
}

/** Whether a token may have a value as its `sub`, which is the user's id. */
export function isSubject(value: unknown): value is string {
  // 255 is OpenID Connect's limit. \p{C} are control, format, unassigned and lone surrogate characters.
  return isText(value) && /^[^\p{C}\ufffd]{1,255}$/u.test(value);
}

function readSubject({ sub }: JsonObject): string {
  return isSubject(sub) ? sub : refuseToken('sub missing or malformed');
}

/**
 * Checks the times of a token, except for its expiry.
 *
 * @returns when the token was issued, in seconds
 */
function checkTimes(
  { iat, exp, nbf, auth_time: authTime }: JsonObject,
  { backdating, maxAge }: AccessTokenPolicy,
  nowSeconds: number,
): number {
  const isPast = (time: unknown) => isTime(time) && time <= nowSeconds + clockSkew;
  if (!isTime(iat) || !isPast(iat + backdating)) refuseToken('iat missing, malformed or in the future');
  if (!isTime(exp) || exp <= iat + backdating) refuseToken('exp missing, malformed or before iat');
  if (nbf !== undefined && !isPast(nbf)) refuseToken('nbf malformed or in the future');
  if (maxAge !== null && authTime !== undefined && !isPast(authTime))
    refuseToken('auth_time malformed or in the future');
  return iat + backdating;
}

/** Whether a value is a plausible NumericDate (RFC 7519 section 2). */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= maxNumericDate;
}

function checkAge(
  payload: JsonObject,
  issuedAt: number,
  { maxAge }: AccessTokenPolicy,
  nowSeconds: number,
): void {
  const { exp, auth_time: loggedInAt = issuedAt } = payload as { exp: number; auth_time?: number };
  // No clock skew: on or after `exp` the token must not be accepted (RFC 7519 section 4.1.4).
  if (exp <= nowSeconds) throw new ServiceError('token-expired');
  if (maxAge !== null && nowSeconds - loggedInAt > maxAge) {
    throw new ServiceError('authentication-too-old', { data: { maxAge } });
  }
}

/** Reads a token's scopes. Issuers write them into `scope` or `scp`, as a text separated by spaces or as a list. */
export function readScopes({ scope, scp }: JsonObject): string[] {
  return [scope, scp].flat().flatMap((value) => (isText(value) ? value.split(' ') : []));
}

function checkScopes(payload: JsonObject, { requiredScopes }: AccessTokenPolicy): void {
  if (requiredScopes === null) return;
  const granted = readScopes(payload);
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
function digest(signingInput: string): string {
  return createHash('sha256').update(signingInput).digest('base64url');
}

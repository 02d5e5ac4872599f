// What to do about an access token that the service refuses: what to ask the issuer for, and what to set. Tokens are not
// verified here, so what they say is only shown.
import { type AccessTokenPolicy, checkKind, readScopes } from '../../lambda/reset/adapters/access-token.ts';
import type { JsonObject, Jws } from '../../lambda/reset/adapters/jws.ts';
import type { ServiceError } from '../../lambda/reset/domain/errors.ts';
import { pasteable, printable } from '../shared/foreign-text.ts';

/** A token's header and claims. */
export type TokenContent = Pick<Jws, 'header' | 'payload'>;

const show = (value: unknown) => printable(JSON.stringify(value) ?? 'missing');

/**
 * Says why a token cannot be read, and what to ask the issuer for.
 *
 * @param reason - that of the service
 */
export function adviseOnUnreadable(token: string, reason: string | undefined): string {
  if (reason === 'token too long')
    return 'TOKEN is longer than the 10,240 characters that API Gateway lets through: have the issuer write fewer claims, such as groups.';
  // Headers of JWTs begin with `{"`. An encrypted token (JWE) has five parts.
  if (token.startsWith('ey') && token.split('.').length !== 5)
    return `TOKEN is a damaged JWT (${reason}): copy it again, from its first character to its last.`;
  return (
    'TOKEN is opaque or encrypted, so only its issuer can read it. Have the app request a JWT for your API: ' +
    "with Auth0, by the API's identifier in the parameter audience; with Okta, from a custom authorization server; " +
    'Google has no such access tokens. docs/issuers.md has more issuers.'
  );
}

/** `aud` of tokens for Microsoft Graph, in all clouds of Microsoft. */
const microsoftGraph =
  /^(00000003-0000-0000-c000-000000000000|https:\/\/[\w.-]*graph\.(microsoft|chinacloudapi)\.\w+\/?)$/;

/** Issuers of Entra ID, in all clouds of Microsoft. Those of Azure AD B2C write other tokens. */
export const entraIssuer =
  /^https:\/\/(login\.(partner\.)?microsoftonline\.\w+|sts\.(windows\.net|chinacloudapi\.cn)|[\w-]+\.ciamlogin\.com)\//;

/**
 * Says what to ask the issuer for, if no setting makes the service accept such a token.
 *
 * @returns undefined if the token is an access token for an API
 */
export function adviseOnKind(
  { header, payload }: TokenContent,
  policy: AccessTokenPolicy,
): string | undefined {
  const { aud, iss, cid, cnf } = payload;
  if (microsoftGraph.test(String(aud)) || (header.nonce !== undefined && entraIssuer.test(String(iss))))
    return (
      'It is for Microsoft Graph, and nobody else can check its signature. Have the app request a scope of your own API, ' +
      'api://<application id>/<scope>; openid, profile and User.Read alone give a token for Graph.'
    );
  if (cid !== undefined && aud === iss && !String(iss).includes('/oauth2/'))
    return (
      "It is from Okta's org server, whose tokens are for Okta only. Have the app log in at a custom authorization server, " +
      'and pass its issuer, such as https://<domain>/oauth2/default, to --issuer.'
    );
  if (cnf !== undefined)
    return 'It is bound to a key (DPoP or mTLS), which this service cannot check. Have the issuer issue bearer tokens.';
  return isAccessToken({ header, payload }, policy)
    ? undefined
    : 'It is not an access token. Have the app send the access_token of the token response, and not its id_token or ' +
        'refresh_token. If this is the access_token, docs/issuers.md says whether the issuer has others.';
}

function isAccessToken({ header, payload }: TokenContent, policy: AccessTokenPolicy): boolean {
  try {
    checkKind(header, payload, policy);
    return true;
  } catch {
    return false;
  }
}

/**
 * Compares a token's `iss` with an issuer.
 *
 * @returns undefined if they are equal
 */
export function adviseOnIssuer({ iss }: JsonObject, issuer: string): string | undefined {
  if (iss === issuer) return undefined;
  return typeof iss === 'string'
    ? `The token's iss is ${show(iss)}: if that is your issuer, use --issuer ${pasteable(iss)}`
    : `The token's iss is ${show(iss)}, and must be a text.`;
}

/**
 * Says what to do about a refusal, if the token tells it.
 *
 * @param refusal - that of the service
 */
export function advise(
  { code, reason = '' }: ServiceError,
  token: TokenContent,
  policy: AccessTokenPolicy,
): string | undefined {
  const { payload } = token;
  const advice = adviseOnKind(token, policy) ?? adviseOnIssuer(payload, policy.issuer);
  if (advice !== undefined) return advice;
  if (code === 'insufficient-scope') return adviseOnScopes(payload, policy);
  const { aud, azp, client_id: clientId } = payload;
  if (/^\S+ is another audience/.test(reason))
    return `It has ${show({ aud, client_id: clientId, azp })}: pass the right audience to --audience.`;
  if (!/^aud missing/.test(reason)) return undefined;
  const [claim, value] = typeof azp === 'string' ? ['azp', azp] : ['client_id', clientId];
  return typeof value === 'string'
    ? `Have the issuer write an aud, or set TOKEN_AUDIENCE_CLAIM=${claim} and TOKEN_AUDIENCE=${pasteable(value)}.`
    : 'Have the issuer write an aud: docs/issuers.md says how.';
}

function adviseOnScopes(payload: JsonObject, { requiredScopes }: AccessTokenPolicy): string {
  const granted = readScopes(payload);
  const missing = (requiredScopes ?? []).filter((scope) => !granted.includes(scope));
  const claim = ['permissions', 'roles'].find((name) =>
    missing.some((scope) => [payload[name]].flat().includes(scope)),
  );
  return (
    `It lacks ${missing.join(' ')} of TOKEN_SCOPE. At the issuer, add this to the scopes of the API and allow the app to use it; ` +
    `then have the app request it in the parameter scope.${claim ? ` ${claim} is not read.` : ''}`
  );
}

/** Names the scopes of a token, as the service reads them. */
export function describeScopes(payload: JsonObject): string {
  const scopes = readScopes(payload);
  return scopes.length > 0
    ? `Scopes: ${scopes.map((scope) => printable(scope)).join(' ')}`
    : 'Scopes: none (neither scope nor scp)';
}

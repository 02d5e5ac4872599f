// Where an issuer has its keys: OpenID Connect Discovery 1.0 and RFC 8414.
import { CodedError } from '../../shared/describe-fault.ts';
import { parsePlainUrl } from '../../shared/environment.ts';
import { downloadJson, isSecureUrl } from './download.ts';

const cognitoPool =
  /^https:\/\/(issuer-)?cognito-idp\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\/[a-z0-9-]+_[A-Za-z0-9]+$/;

/** Whether an issuer is a Cognito user pool. */
export function isCognitoPool(issuer: string): boolean {
  return cognitoPool.test(issuer);
}

/** The URL of Cognito's keys, which is also tried for an issuer without a discovery document. */
export function defaultJwksUri(issuer: string): string {
  return `${withoutSlash(issuer)}/.well-known/jwks.json`;
}

/**
 * The possible URLs of an issuer's discovery document, in the order in which they are tried. Most issuers have the first one.
 * The second one is that of RFC 8414, for servers that know OAuth only: its path is inserted between the issuer's host and path.
 */
export function discoveryUrls(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  return [
    `${withoutSlash(issuer)}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${withoutSlash(pathname)}`,
  ];
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, '');
}

/**
 * Finds out where an issuer has its keys.
 *
 * @param issuer - an https URL, or an http URL of this machine
 * @param signal - aborts the search
 * @returns the `jwks_uri` of the issuer's document, or `defaultJwksUri` if all places of the document answer 404
 * @throws CodedError `OTHER_ISSUER` if the document is another issuer's, `NO_JWKS_URI` if it has no `jwks_uri`, or one
 *   that is not https or that the setting would refuse, or what `downloadJson` throws
 */
export async function discoverJwksUri(issuer: string, signal?: AbortSignal): Promise<string> {
  for (const url of discoveryUrls(issuer)) {
    const document = await downloadIfThere(url, signal);
    if (document !== undefined) return readJwksUri(document, issuer, url);
  }
  return defaultJwksUri(issuer);
}

async function downloadIfThere(url: string, signal: AbortSignal | undefined): Promise<unknown> {
  try {
    return await downloadJson(url, signal);
  } catch (error) {
    if (error instanceof CodedError && error.httpStatus === 404) return undefined;
    throw error;
  }
}

function readJwksUri(document: unknown, issuer: string, url: string): string {
  const { issuer: owner, jwks_uri: jwksUri } = Object(document) as { issuer?: unknown; jwks_uri?: unknown };
  // Otherwise anybody who can publish a document on the issuer's host could name their own keys (RFC 8414 section 3.3).
  if (owner !== issuer) throw new CodedError('OTHER_ISSUER', { url });
  const parsed = typeof jwksUri === 'string' ? parsePlainUrl(jwksUri) : undefined;
  // Only an issuer on this machine may name a URL of this machine: any other could make the function call itself.
  const isLocal = /^http:/i.test(issuer);
  if (!parsed || !(isLocal ? isSecureUrl(parsed) : parsed.protocol === 'https:'))
    throw new CodedError('NO_JWKS_URI', { url });
  return parsed.href;
}

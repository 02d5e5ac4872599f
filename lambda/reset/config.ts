// The function's configuration: parses and checks its environment variables.
import { asIs, createReader, type Environment, parsePlainUrl } from '../shared/environment.ts';
import type { AccessTokenPolicy, AudienceClaim } from './adapters/access-token.ts';
import { defaultJwksUri, isCognitoPool } from './adapters/discovery.ts';
import { isSecureUrl } from './adapters/download.ts';
import { parsePeppers } from './adapters/pepper.ts';
import { type KeySource, type ParsedKeySet, parseKeySet } from './adapters/signing-keys.ts';
import { defaultMinPasswordLength } from './domain/new-password.ts';
import type { Peppers } from './domain/recovery-pin.ts';
import { parseDeprecation } from './http/deprecation.ts';

export interface Config {
  /** Identifies this deployment in log lines and metrics. */
  readonly serviceName: string;
  readonly tableName: string;
  /** URL of the table's engine; undefined: AWS. */
  readonly tableEndpoint: string | undefined;
  /** Paths of the operation, such as `/user/2021-2/user/password/reset`. */
  readonly paths: readonly string[];
  /** Origins of the web pages that may read answers (CORS). */
  readonly corsOrigins: readonly string[];
  readonly tokenIssuer: IssuerConfig;
  readonly requiredLinkedIdentity: string | null;
  /** Characters: the minimum for a new password. */
  readonly minPasswordLength: number;
  /** URL of a page with an anchor for each error code, to which errors link; undefined: they have no link. */
  readonly documentationUrl: string | undefined;
  /** Headers that announce the end of this API; empty: it is not announced. */
  readonly deprecation: Readonly<Record<string, string>>;
  /** The pepper keys that are set inline, or the id of the secret from which to fetch them. */
  readonly peppers: Peppers | string;
}

/** The issuer of the access tokens, and which of its tokens count. */
export interface IssuerConfig extends AccessTokenPolicy, KeySource {}

/** All variables that the function reads. */
export const variableNames = [
  'TABLE_NAME',
  'TOKEN_ISSUER',
  'TOKEN_AUDIENCE',
  'TOKEN_AUDIENCE_CLAIM',
  'TOKEN_JWKS_URI',
  'TOKEN_JWKS',
  'TOKEN_SCOPE',
  'TOKEN_MAX_AGE',
  'TOKEN_BACKDATING',
  'REQUIRED_LINKED_IDENTITY',
  'PASSWORD_MIN_LENGTH',
  'BASE_PATHS',
  'CORS_ORIGINS',
  'DOCUMENTATION_URL',
  'DEPRECATION',
  'PIN_PEPPER',
  'PIN_PEPPER_SECRET_ID',
  'AWS_ENDPOINT_URL_DYNAMODB',
  'POWERTOOLS_SERVICE_NAME',
] as const;

export type VariableName = (typeof variableNames)[number];

const defaultBasePath = 'user/2021-2';
const operation = '/user/password/reset';

/**
 * Reads the configuration; docs/configuration.md lists the variables. An empty variable counts as unset.
 *
 * @param env - usually `process.env`
 * @throws ConfigError that names every missing or bad variable, and quotes no secret
 */
export function loadConfig(env: Environment): Config {
  const { read, need, complete } = createReader<VariableName>(env);
  const config: Config = {
    serviceName: read('POWERTOOLS_SERVICE_NAME', asIs) ?? 'password-reset',
    tableName: need('TABLE_NAME', parseTableName),
    tableEndpoint: read('AWS_ENDPOINT_URL_DYNAMODB', parseEndpoint),
    paths: read('BASE_PATHS', parseBasePaths) ?? parseBasePaths(defaultBasePath),
    corsOrigins: read('CORS_ORIGINS', parseOrigins) ?? [],
    tokenIssuer: {
      issuer: need('TOKEN_ISSUER', parseIssuer),
      audience: need('TOKEN_AUDIENCE', parseCommaList),
      audienceClaim: read('TOKEN_AUDIENCE_CLAIM', parseAudienceClaim) ?? null,
      jwks:
        read('TOKEN_JWKS', parseInlineJwks) ??
        read('TOKEN_JWKS_URI', parseJwksUri) ??
        need('TOKEN_ISSUER', locateKeys),
      requiredScopes: read('TOKEN_SCOPE', parseScopes) ?? null,
      maxAge: read('TOKEN_MAX_AGE', parseSeconds) ?? null,
      backdating: read('TOKEN_BACKDATING', parseBackdating) ?? 0,
    },
    requiredLinkedIdentity: read('REQUIRED_LINKED_IDENTITY', parseIdentity) ?? null,
    minPasswordLength: read('PASSWORD_MIN_LENGTH', parseMinLength) ?? defaultMinPasswordLength,
    documentationUrl: read('DOCUMENTATION_URL', parseDocumentationUrl),
    deprecation: read('DEPRECATION', parseDeprecation) ?? {},
    peppers: read('PIN_PEPPER', parsePeppers) ?? need('PIN_PEPPER_SECRET_ID', parseSecretId, 'PIN_PEPPER'),
  };
  return complete(config);
}

/** @throws Error with the message "must be <expected>" if a value is not valid */
function requireValid(isValid: unknown, expected: string): asserts isValid {
  if (!isValid) throw new Error(`must be ${expected}`);
}

/** Creates a parser for strings that match a pattern. */
function matching(pattern: RegExp, expected: string): (text: string) => string {
  return (text) => {
    requireValid(pattern.test(text), expected);
    return text;
  };
}

const parseTableName = matching(
  /^(arn:aws[^/]+:table\/)?[\w.-]{3,255}$/,
  'the name or the ARN of a DynamoDB table',
);
/** Lists are not supported, so a comma is a mistake. A name may contain spaces. */
const parseIdentity = matching(/^[^\p{Cc},]+$/u, 'the name of a single linked identity');
/** The error does not quote the value, which may be the secret itself. */
const parseSecretId = matching(/^[^"{}]+$/, 'the name or the ARN of a secret, and not its value');

/** The scheme is checked because `localhost:8000` is a URL too, with the scheme "localhost:". */
function parseEndpoint(text: string): string {
  requireValid(
    /^https?:$/.test(parsePlainUrl(text)?.protocol ?? ''),
    'an http or https URL such as http://127.0.0.1:8000, without credentials or fragment',
  );
  return text;
}

function parseCommaList(text: string): string[] {
  const entries = text.split(',').map((entry) => entry.trim());
  // An empty entry would accept tokens with an empty audience.
  requireValid(
    entries.every((entry) => /^\S+$/.test(entry)),
    'a list separated by commas, without empty entries and without whitespace in an entry',
  );
  return refuseDuplicates(entries);
}

const audienceClaims: readonly AudienceClaim[] = ['aud', 'client_id', 'azp'];

function parseAudienceClaim(text: string): AudienceClaim {
  const claim = audienceClaims.find((name) => name === text);
  requireValid(claim, `one of ${audienceClaims.join(', ')}`);
  return claim;
}

/** Whoever writes a value twice probably meant another one. */
function refuseDuplicates(entries: string[]): string[] {
  requireValid(new Set(entries).size === entries.length, 'a list without duplicates');
  return entries;
}

/** Parses a scope list (RFC 6749 section 3.3). A comma is legal in a scope, but most likely a wrong separator. */
function parseScopes(text: string): string[] {
  requireValid(
    /^[ !#-+\--[\]-~]+$/.test(text),
    'scopes separated by spaces, without commas, quotes or backslashes',
  );
  return refuseDuplicates(text.split(/ +/));
}

/**
 * Parses the value of `iss`: a URL without query and fragment (RFC 8414 section 2), or a name. With a name, a variable for the
 * keys must be set too. A name has no colon, because a string with a colon must be a URI (RFC 7519 section 4.1.1).
 */
function parseIssuer(text: string): string {
  requireValid(
    /^[^\s,?#]+$/.test(text) && (!text.includes(':') || parsePlainUrl(text)),
    'a single issuer, without whitespace, query or fragment',
  );
  return text;
}

function parseBasePaths(text: string): string[] {
  return parseCommaList(text).map((basePath) => {
    requireValid(
      // Clients resolve "." and ".." before they send a path.
      /^[\w.-]+(\/[\w.-]+)*$/.test(basePath) && !/(^|\/)\.\.?(\/|$)/.test(basePath),
      `base paths without outer slashes, "." or "..", such as "${defaultBasePath}"`,
    );
    const path = `/${basePath}${operation}`;
    if (path.endsWith(operation + operation))
      throw new Error(`must not end with "${operation}": the service adds it`);
    return path;
  });
}

function parseInlineJwks(text: string): ParsedKeySet {
  let jwks: unknown;
  try {
    jwks = JSON.parse(text);
  } catch {
    throw new Error('must be JSON');
  }
  const parsed = parseKeySet(jwks);
  if (parsed.keys.length > 0) return parsed;
  const leftOut = parsed.leftOut.map(({ kid, reason }) => `${kid ?? 'unnamed'}: ${reason}`).join(', ');
  throw new Error(`must contain at least one usable public key (left out: ${leftOut || 'none'})`);
}

function parseJwksUri(text: string): string {
  return parseSecureUrl(text, 'a JSON Web Key Set');
}

/** The URL has no anchor, because each error adds its own. */
function parseDocumentationUrl(text: string): string {
  return parseSecureUrl(text, 'a page with an anchor for each error code');
}

function parseSecureUrl(text: string, what: string): string {
  const url = parsePlainUrl(text);
  requireValid(
    url && isSecureUrl(url),
    `an https URL (or http on this machine) of ${what}, without credentials or fragment`,
  );
  return url.href;
}

/** Origins are compared as strings, so an origin in another spelling would never match. */
function parseOrigins(text: string): string[] {
  const origins = parseCommaList(text);
  const areExact = origins.every((origin) => {
    const url = URL.parse(origin);
    return url && isSecureUrl(url) && url.origin === origin && !origin.includes('*');
  });
  requireValid(areExact, 'exact https origins (or http on this machine) such as https://app.example.com');
  return origins;
}

/** Returns Cognito's URL of the keys; `null` for any other issuer, because its discovery document has the URL. */
function locateKeys(text: string): string | null {
  const issuer = parseIssuer(text);
  const url = URL.parse(issuer);
  if (!url || !isSecureUrl(url))
    throw new Error(
      'is not an https URL, so the URL of the keys is unknown: set TOKEN_JWKS_URI or TOKEN_JWKS',
    );
  return isCognitoPool(issuer) ? defaultJwksUri(issuer) : null;
}

function parseSeconds(text: string): number {
  requireValid(/^[1-9]\d{0,8}$/.test(text), 'a whole number of seconds, 1 or more');
  return Number(text);
}

/** Tokens issued this long before a reset can survive it. Ten minutes are more than any known issuer needs. */
function parseBackdating(text: string): number {
  const seconds = /^\d{1,3}$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
  requireValid(seconds <= 600, 'a whole number of seconds, 0 to 600');
  return seconds;
}

/** Less than 15 only if a second factor is enforced, and never less than 8 (NIST SP 800-63B-4 section 3.1.1.2). */
function parseMinLength(text: string): number {
  const length = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  requireValid(length >= 8 && length <= 64, 'a number of characters from 8 to 64');
  return length;
}

// The function's configuration: environment variables, checked all at once.
import { asIs, createReader, type Environment } from './environment.ts';
import { defaultMinPasswordLength } from './new-password.ts';
import { parsePeppers } from './pepper.ts';
import type { Peppers } from './recovery-pin.ts';
import { type KeySet, parseKeySet } from './signing-keys.ts';

export interface Config {
  /** Names this deployment in its log lines and metrics. */
  readonly serviceName: string;
  readonly tableName: string;
  /** Where the table answers, if not at DynamoDB itself; such an engine may know less. */
  readonly tableEndpoint: string | undefined;
  /** Paths that the operation answers at, such as `/user/2021-2/user/password/reset`. */
  readonly paths: readonly string[];
  /** Origins of the web pages that may read answers. */
  readonly corsOrigins: readonly string[];
  readonly issuer: string;
  readonly audience: readonly string[];
  /** Keys given inline, or the absolute URL to fetch them from. */
  readonly jwks: KeySet | string;
  readonly requiredScopes: readonly string[] | null;
  /** Seconds. */
  readonly maxAge: number | null;
  readonly requiredLinkedIdentity: string | null;
  /** Characters that a new password has at least. */
  readonly minPasswordLength: number;
  /** Pepper keys given inline, or the id of the secret to fetch them from. */
  readonly peppers: Peppers | string;
}

const defaultBasePath = 'user/2021-2';

/**
 * Reads the configuration; the README lists the variables. An empty variable counts as unset.
 *
 * @param env - usually `process.env`
 * @throws ConfigError that names every missing or bad variable, and shows no value of a secret one
 */
export function loadConfig(env: Environment): Config {
  const { read, need, complete } = createReader(env);
  const config: Config = {
    serviceName: read('POWERTOOLS_SERVICE_NAME', asIs) ?? 'password-reset',
    tableName: need('TABLE_NAME', asIs),
    tableEndpoint: read('AWS_ENDPOINT_URL_DYNAMODB', parseUrl),
    paths: read('BASE_PATHS', parseBasePaths) ?? parseBasePaths(defaultBasePath),
    corsOrigins: read('CORS_ORIGINS', parseCommaList) ?? [],
    issuer: need('TOKEN_ISSUER', asIs),
    audience: need('TOKEN_AUDIENCE', parseCommaList),
    jwks:
      read('TOKEN_JWKS', parseInlineJwks) ??
      read('TOKEN_JWKS_URI', parseJwksUri) ??
      need('TOKEN_ISSUER', jwksUriOf),
    requiredScopes: read('TOKEN_SCOPE', (text) => text.split(/ +/)) ?? null,
    maxAge: read('TOKEN_MAX_AGE', parseSeconds) ?? null,
    requiredLinkedIdentity: read('REQUIRED_LINKED_IDENTITY', asIs) ?? null,
    minPasswordLength: read('PASSWORD_MIN_LENGTH', parseMinLength) ?? defaultMinPasswordLength,
    peppers: read('PIN_PEPPER', parsePeppers) ?? need('PIN_PEPPER_SECRET_ID', asIs),
  };
  return complete(config);
}

function parseUrl(text: string): string {
  if (!URL.canParse(text)) throw new Error('must be a URL such as http://127.0.0.1:8000');
  return text;
}

function parseCommaList(text: string): string[] {
  const entries = text.split(',').map((entry) => entry.trim());
  // An empty audience would be one that tokens can have.
  if (entries.includes('')) throw new Error('must be a list without empty entries, separated by commas');
  return entries;
}

function parseBasePaths(text: string): string[] {
  return parseCommaList(text).map((basePath) => {
    if (!/^[\w.-]+(\/[\w.-]+)*$/.test(basePath)) {
      throw new Error(
        `must be base paths without outer slashes, separated by commas, such as "${defaultBasePath}"`,
      );
    }
    return `/${basePath}/user/password/reset`;
  });
}

function parseInlineJwks(text: string): KeySet {
  let jwks: unknown;
  try {
    jwks = JSON.parse(text);
  } catch {
    throw new Error('must be JSON');
  }
  const keys = parseKeySet(jwks);
  if (keys.size === 0) throw new Error('must hold at least one usable public key with a "kid"');
  return keys;
}

const loopbackHosts = ['localhost', '127.0.0.1', '[::1]'];

function parseJwksUri(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol === 'https:') return url.href;
  if (url?.protocol === 'http:' && loopbackHosts.includes(url.hostname)) return url.href;
  throw new Error('must be an https URL (or http on this machine) of a JSON Web Key Set');
}

/** Where the verifier library would look: `/.well-known/jwks.json` below the issuer. */
function jwksUriOf(issuer: string): string {
  try {
    return parseJwksUri(`${issuer.replace(/\/$/, '')}/.well-known/jwks.json`);
  } catch {
    throw new Error('is no https URL to find keys below: set TOKEN_JWKS_URI or TOKEN_JWKS');
  }
}

function parseSeconds(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error('must be a whole number of seconds, 1 or more');
  return Number(text);
}

/** Below 15 only where a second factor is enforced, and never below 8 (NIST SP 800-63B-4 section 3.1.1.2). */
function parseMinLength(text: string): number {
  const length = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (length < 8 || length > 64) throw new Error('must be a number of characters from 8 to 64');
  return length;
}

// The function's configuration: environment variables, checked all at once.
import { asIs, createReader, type Environment } from '../shared/environment.ts';
import { parsePeppers } from './adapters/pepper.ts';
import { type ParsedKeySet, parseKeySet } from './adapters/signing-keys.ts';
import { defaultMinPasswordLength } from './domain/new-password.ts';
import type { Peppers } from './domain/recovery-pin.ts';

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
  readonly jwks: ParsedKeySet | string;
  readonly requiredScopes: readonly string[] | null;
  /** Seconds. */
  readonly maxAge: number | null;
  readonly requiredLinkedIdentity: string | null;
  /** Characters that a new password has at least. */
  readonly minPasswordLength: number;
  /** Pepper keys given inline, or the id of the secret to fetch them from. */
  readonly peppers: Peppers | string;
}

/** Every variable that the function reads. */
export const variableNames = [
  'TABLE_NAME',
  'TOKEN_ISSUER',
  'TOKEN_AUDIENCE',
  'TOKEN_JWKS_URI',
  'TOKEN_JWKS',
  'TOKEN_SCOPE',
  'TOKEN_MAX_AGE',
  'REQUIRED_LINKED_IDENTITY',
  'PASSWORD_MIN_LENGTH',
  'BASE_PATHS',
  'CORS_ORIGINS',
  'PIN_PEPPER',
  'PIN_PEPPER_SECRET_ID',
  'AWS_ENDPOINT_URL_DYNAMODB',
  'POWERTOOLS_SERVICE_NAME',
] as const;

export type VariableName = (typeof variableNames)[number];

const defaultBasePath = 'user/2021-2';

/**
 * Reads the configuration; docs/configuration.md lists the variables. An empty variable counts as unset.
 *
 * @param env - usually `process.env`
 * @throws ConfigError that names every missing or bad variable, and shows no value of a secret one
 */
export function loadConfig(env: Environment): Config {
  const { read, need, complete } = createReader<VariableName>(env);
  const config: Config = {
    serviceName: read('POWERTOOLS_SERVICE_NAME', asIs) ?? 'password-reset',
    tableName: need('TABLE_NAME', parseTableName),
    tableEndpoint: read('AWS_ENDPOINT_URL_DYNAMODB', parseEndpoint),
    paths: read('BASE_PATHS', parseBasePaths) ?? parseBasePaths(defaultBasePath),
    corsOrigins: read('CORS_ORIGINS', parseOrigins) ?? [],
    issuer: need('TOKEN_ISSUER', parseIssuer),
    audience: need('TOKEN_AUDIENCE', parseCommaList),
    jwks:
      read('TOKEN_JWKS', parseInlineJwks) ??
      read('TOKEN_JWKS_URI', parseJwksUri) ??
      need('TOKEN_ISSUER', jwksUriOf),
    requiredScopes: read('TOKEN_SCOPE', parseScopes) ?? null,
    maxAge: read('TOKEN_MAX_AGE', parseSeconds) ?? null,
    requiredLinkedIdentity: read('REQUIRED_LINKED_IDENTITY', parseIdentity) ?? null,
    minPasswordLength: read('PASSWORD_MIN_LENGTH', parseMinLength) ?? defaultMinPasswordLength,
    peppers: read('PIN_PEPPER', parsePeppers) ?? need('PIN_PEPPER_SECRET_ID', parseSecretId),
  };
  return complete(config);
}

/** @throws Error that says what a variable must be */
function must(isGood: unknown, be: string): asserts isGood {
  if (!isGood) throw new Error(`must be ${be}`);
}

function matching(pattern: RegExp, meaning: string): (text: string) => string {
  return (text) => {
    must(pattern.test(text), meaning);
    return text;
  };
}

const parseTableName = matching(
  /^(arn:aws[^/]+:table\/)?[\w.-]{3,255}$/,
  'the name or the ARN of a DynamoDB table',
);
/** One, as a list cannot be required; spaces may be in it. */
const parseIdentity = matching(/^[^\p{Cc},]+$/u, 'the name of one linked identity');
/** The error shows no value: it may be the secret itself. */
const parseSecretId = matching(/^[^"{}]+$/, 'the name or the ARN of a secret, and not what it holds');

/** `localhost:8000` is a URL too, of the scheme "localhost:". */
function parseEndpoint(text: string): string {
  must(
    /^https?:$/.test(parsePlainUrl(text)?.protocol ?? ''),
    'an http or https URL such as http://127.0.0.1:8000, without credentials or fragment',
  );
  return text;
}

/** Undefined where there is none, or one with credentials, which a log may show, or a fragment, which is never sent. */
function parsePlainUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  return url && `${url.username}${url.password}${url.hash}` === '' ? url : undefined;
}

function parseCommaList(text: string): string[] {
  const entries = text.split(',').map((entry) => entry.trim());
  // An empty audience would be one that tokens can have.
  must(
    entries.every((entry) => /^\S+$/.test(entry)),
    'a list without empty entries or blanks in them, separated by commas',
  );
  return refuseRepetition(entries);
}

/** An entry that is there twice is one that was meant to be another. */
function refuseRepetition(entries: string[]): string[] {
  must(new Set(entries).size === entries.length, 'a list without an entry twice');
  return entries;
}

/** Scopes as RFC 6749 section 3.3 writes them. A comma is legal in one, but never meant. */
function parseScopes(text: string): string[] {
  must(/^[ !#-+\--[\]-~]+$/.test(text), 'scopes separated by spaces, without commas, quotes or backslashes');
  return refuseRepetition(text.split(/ +/));
}

/**
 * The value of `iss`: a URL, or a name where the keys are set (RFC 7519 section 4.1.1: what has a colon is a URI). Neither
 * has a query or a fragment (RFC 8414 section 2).
 */
function parseIssuer(text: string): string {
  must(
    /^[^\s,?#]+$/.test(text) && (!text.includes(':') || parsePlainUrl(text)),
    'one issuer, without blanks, query or fragment',
  );
  return text;
}

function parseBasePaths(text: string): string[] {
  return parseCommaList(text).map((basePath) => {
    must(
      // Clients take "." and ".." out of a path before they send it.
      /^[\w.-]+(\/[\w.-]+)*$/.test(basePath) && !/(^|\/)\.\.?(\/|$)/.test(basePath),
      `base paths without outer slashes, "." or "..", such as "${defaultBasePath}"`,
    );
    return `/${basePath}/user/password/reset`;
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
  if (parsed.keys.size > 0) return parsed;
  const leftOut = parsed.leftOut.map(({ kid, reason }) => `${kid ?? 'unnamed'}: ${reason}`).join(', ');
  throw new Error(`must hold at least one usable public key with a "kid" (left out: ${leftOut || 'none'})`);
}

const loopbackHosts = ['localhost', '127.0.0.1', '[::1]'];

function isPrivate({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && loopbackHosts.includes(hostname));
}

function parseJwksUri(text: string): string {
  const url = parsePlainUrl(text);
  must(
    url && isPrivate(url),
    'an https URL (or http on this machine) of a JSON Web Key Set, without credentials or fragment',
  );
  return url.href;
}

/** Origins are compared as they are, so that one of another spelling would let nobody in. */
function parseOrigins(text: string): string[] {
  const origins = parseCommaList(text);
  const areExact = origins.every((origin) => {
    const url = URL.parse(origin);
    return url && isPrivate(url) && url.origin === origin && !origin.includes('*');
  });
  must(areExact, 'exact https origins (or http on this machine) such as https://app.example.com');
  return origins;
}

/** Where the verifier library would look: `/.well-known/jwks.json` below the issuer. */
function jwksUriOf(text: string): string {
  const issuer = parseIssuer(text);
  try {
    return parseJwksUri(`${issuer.replace(/\/$/, '')}/.well-known/jwks.json`);
  } catch {
    throw new Error('is no https URL to find keys below: set TOKEN_JWKS_URI or TOKEN_JWKS');
  }
}

function parseSeconds(text: string): number {
  must(/^[1-9]\d{0,8}$/.test(text), 'a whole number of seconds, 1 or more');
  return Number(text);
}

/** Below 15 only where a second factor is enforced, and never below 8 (NIST SP 800-63B-4 section 3.1.1.2). */
function parseMinLength(text: string): number {
  const length = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  must(length >= 8 && length <= 64, 'a number of characters from 8 to 64');
  return length;
}

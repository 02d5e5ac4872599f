// What `npm run issuer` says of an issuer: where its keys are, which are usable, what to set, and what the service answers to
// one of its tokens. Everything is judged by the service's own code.
import { createVerifyAccessToken } from '../../lambda/reset/adapters/access-token.ts';
import { defaultJwksUri, discoverJwksUri } from '../../lambda/reset/adapters/discovery.ts';
import { downloadJson } from '../../lambda/reset/adapters/download.ts';
import { decodeJws, type Jws } from '../../lambda/reset/adapters/jws.ts';
import { type ParsedKeySet, parseKeySet, selectKey } from '../../lambda/reset/adapters/signing-keys.ts';
import { type IssuerConfig, loadConfig, variableNames } from '../../lambda/reset/config.ts';
import { ServiceError } from '../../lambda/reset/domain/errors.ts';
import { getCatalogueRow } from '../../lambda/reset/http/error-catalogue.ts';
import { describeFault, type Fault } from '../../lambda/shared/describe-fault.ts';
import { ConfigError, type Environment } from '../../lambda/shared/environment.ts';
import { readOptions } from '../command-line/command-options.ts';
import type { Output } from '../command-line/program.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { pasteable, printable } from '../shared/foreign-text.ts';
import {
  advise,
  adviseOnIssuer,
  adviseOnKind,
  adviseOnUnreadable,
  describeScopes,
  entraIssuer,
} from './advise-on-token.ts';

export const help = `Tries an issuer of access tokens: where its keys are, which of them the service can use, and what to set.

TOKEN=<access token> npm run -s issuer -- --issuer <url> --audience <audience>

--issuer    the tokens' "iss", to the letter; TOKEN_ISSUER if not given
--audience  the accepted audiences, separated by commas; TOKEN_AUDIENCE if not given
TOKEN       variable with an access token: says its scopes, which checks of the service it passes, the answer,
            and what to do if it is refused. It is never printed.

TOKEN_JWKS_URI, TOKEN_AUDIENCE_CLAIM, TOKEN_BACKDATING, TOKEN_SCOPE and TOKEN_MAX_AGE are read as the service reads them.
docs/issuers.md has the settings of well-known issuers. Nothing is changed anywhere.`;

/** The variables that the program reads, and TOKEN_JWKS, which a shell may have for the service. */
export const variables = ['TOKEN', ...variableNames.filter((name) => name.startsWith('TOKEN_'))];

/** Milliseconds: longer than the service waits, so that a slow issuer is told apart from one that does not answer. */
const patience = 10_000;
/** Milliseconds that the service waits for document and keys together. */
const serviceWaits = 1_500;

/**
 * Tries an issuer.
 *
 * @param args - the options of the command line
 * @param env - the variables
 * @param output - gets the report, and a line wherever the program waits
 * @param signal - ends the program while it waits
 * @returns whether the service can work with this issuer, and accepts the token if there is one
 * @throws UsageError if the options are wrong, or the issuer does not answer as it should
 */
export async function checkIssuer(
  args: readonly string[],
  env: Environment,
  output: Pick<Output, 'print'>,
  signal: AbortSignal,
): Promise<boolean> {
  const { print } = output;
  const token = readToken(env);
  const jws = token === '' ? undefined : decode(token);
  const { policy, isGuess } = readPolicy(args, env, jws);
  const startedAt = performance.now();
  const within = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  const ask = async <T>(what: string, url: string, question: Promise<T>): Promise<T> => {
    print(`Asking ${what} …`);
    return question.catch(async (error) => {
      if (signal.aborted) throw new UsageError('ended before the issuer answered.');
      const failure = await explain(error, url, env, within);
      throw new UsageError([failure, ...(jws ? [compareIssuer(jws, policy)] : [])].join(' '));
    });
  };
  const jwksUri =
    typeof policy.jwks === 'string'
      ? policy.jwks
      : await ask(
          `${policy.issuer} where its keys are`,
          policy.issuer,
          discoverJwksUri(policy.issuer, within),
        );
  const jwks = await ask(`for the keys at ${jwksUri}`, jwksUri, downloadJson(jwksUri, within));
  const duration = Math.round(performance.now() - startedAt);
  const parsed = readKeys(jwks, jwksUri);
  await print(['', ...describeKeys(parsed, (jwks as { keys: unknown[] }).keys.length)].join('\n'));
  if (duration > serviceWaits)
    print(`\nThis took ${duration} ms; the service waits for ${serviceWaits} ms, and then answers 501.`);
  const refusal = jws && (await judge(token, policy, parsed));
  print('\nSettings:');
  const toSet = isGuess && refusal ? withoutWrongGuess(policy, jws) : policy;
  for (const line of formatSettings(toSet, jwksUri)) print(`  ${line}`);
  if (jws === undefined) {
    print('\nTo try a token, put it into the variable TOKEN.');
    return parsed.keys.length > 0;
  }
  print(`\nThe token:\n  ${describeScopes(jws.payload)}`);
  for (const line of describeChecks(refusal)) print(line);
  const advice = refusal ? advise(refusal, jws, policy) : suggestScope(policy);
  if (advice !== undefined) print(`\n${advice}`);
  return refusal === undefined;
}

function readToken({ TOKEN }: Environment): string {
  const token = (TOKEN ?? '').trim().replace(/^bearer +/i, '');
  if (token === '' && TOKEN !== undefined)
    throw new UsageError(
      'TOKEN is empty: did the command fail that should have set it? To try no token, unset it.',
    );
  return token;
}

/** Decodes the token for the report, without verifying it. */
function decode(token: string): Jws {
  try {
    return decodeJws(token);
  } catch (error) {
    throw new UsageError(adviseOnUnreadable(token, (error as ServiceError).reason));
  }
}

/** Judges a token as the service does. */
async function judge(
  token: string,
  policy: IssuerConfig,
  { keys }: ParsedKeySet,
): Promise<ServiceError | undefined> {
  const verify = createVerifyAccessToken(policy, { find: async (kid) => selectKey(keys, kid) }, Date.now);
  try {
    await verify(token);
    return undefined;
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  }
}

/** Takes a refused token's audience out of what to set, if the token is meant for another service. */
function withoutWrongGuess(policy: IssuerConfig, jws: Jws): IssuerConfig {
  return adviseOnKind(jws, policy) === undefined ? policy : { ...policy, audience: [unknown] };
}

/** Says whether the token is from the issuer that could not be asked. */
function compareIssuer(jws: Jws, policy: IssuerConfig): string {
  const advice = adviseOnKind(jws, policy) ?? adviseOnIssuer(jws.payload, policy.issuer);
  return advice ?? 'The token has this very iss, so --issuer is right.';
}

function suggestScope({ requiredScopes }: IssuerConfig): string | undefined {
  if (requiredScopes !== null) return undefined;
  return (
    'No scope is demanded: every access token of this issuer and audience may reset. TOKEN_SCOPE demands one. Choose one of ' +
    'your API, since most tokens have openid or profile.'
  );
}

const unknown = '<audience>';

/** Without `--audience`, the token's own audience is used, so that the other checks can be tried. */
function readPolicy(args: readonly string[], env: Environment, jws: Jws | undefined) {
  const { issuer = env.TOKEN_ISSUER, audience = env.TOKEN_AUDIENCE } = readOptions(args, {
    issuer: { type: 'string' },
    audience: { type: 'string' },
  });
  if (!issuer) {
    const advice = jws
      ? adviseOnIssuer(jws.payload, '')
      : 'Pass the "iss" of the tokens; --help lists the options.';
    throw new UsageError(`--issuer is missing. ${advice}`);
  }
  const ofToken = jws?.payload[env.TOKEN_AUDIENCE_CLAIM || 'aud'];
  const found = [ofToken].flat().find((value) => typeof value === 'string' && /^[^\s,]+$/.test(value));
  try {
    const { tokenIssuer: policy } = loadConfig({
      TABLE_NAME: 'users',
      PIN_PEPPER_SECRET_ID: 'pepper',
      TOKEN_ISSUER: issuer,
      TOKEN_AUDIENCE: audience || String(found ?? unknown),
      TOKEN_JWKS_URI: env.TOKEN_JWKS_URI,
      TOKEN_AUDIENCE_CLAIM: env.TOKEN_AUDIENCE_CLAIM,
      TOKEN_BACKDATING: env.TOKEN_BACKDATING,
      TOKEN_SCOPE: env.TOKEN_SCOPE,
      TOKEN_MAX_AGE: env.TOKEN_MAX_AGE,
    });
    return { policy, isGuess: !audience };
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(error.message);
    throw error;
  }
}

function readKeys(jwks: unknown, jwksUri: string): ParsedKeySet {
  try {
    return parseKeySet(jwks);
  } catch {
    throw new UsageError(
      `${jwksUri} answers with JSON that is not a key set: set TOKEN_JWKS_URI to the right URL.`,
    );
  }
}

function describeKeys({ keys, leftOut }: ParsedKeySet, count: number): string[] {
  const ignored = count - keys.length - leftOut.length;
  return [
    keys.length > 0 ? 'Keys:' : 'Keys: none is usable, so the service refuses every token',
    ...keys.map(({ kid, alg }) => `  usable  ${nameKey(kid)} (${alg})`),
    ...leftOut.map(({ kid, reason }) => `  left out  ${nameKey(kid)}: ${reason}`),
    ...(ignored > 0 ? [`  ${ignored} for encryption`] : []),
  ];
}

function nameKey(kid: string | undefined): string {
  return kid === undefined ? 'without kid' : printable(kid);
}

/** Formats what to set as lines for a shell. Audience and URL of the keys can be those of a token or issuer that nobody trusts yet. */
function formatSettings(policy: IssuerConfig, jwksUri: string): string[] {
  const { issuer, audience, audienceClaim, requiredScopes, maxAge, backdating } = policy;
  const isEntra = entraIssuer.test(issuer);
  const isGuessable = jwksUri === defaultJwksUri(issuer) && policy.jwks === null;
  const set = (name: string, value: string) => `${name}=${pasteable(value)}`;
  return [
    set('TOKEN_ISSUER', issuer),
    set('TOKEN_AUDIENCE', audience.join(',')),
    ...(audienceClaim === null ? [] : [set('TOKEN_AUDIENCE_CLAIM', audienceClaim)]),
    ...(isGuessable ? [] : [`${set('TOKEN_JWKS_URI', jwksUri)}   # saves a cold start one request`]),
    ...(backdating > 0 ? [set('TOKEN_BACKDATING', String(backdating))] : []),
    ...(isEntra && backdating === 0 ? ['TOKEN_BACKDATING=300   # Entra ID sets iat back'] : []),
    ...(requiredScopes === null ? [] : [set('TOKEN_SCOPE', requiredScopes.join(' '))]),
    ...(maxAge === null ? [] : [set('TOKEN_MAX_AGE', String(maxAge))]),
  ];
}

/** The checks in the order of the service, each with the codes, or the beginnings of the reasons, of its refusals. */
const checks: readonly (readonly [string, RegExp])[] = [
  ['form', /^(token is|token too|header is|payload is)/],
  ['header', /^(crit or b64|typ in the header|kid malformed)/],
  ['signing key', /^(no signing key|alg )/],
  ['signature', /^wrong signature/],
  ['issuer', /^iss /],
  ['audience', /^(aud|client_id|azp) (is another|missing)/],
  ['kind of token', /an access token$|an ID token$|^events|^cnf/],
  ['user', /^sub /],
  ['times', /^(iat|exp|nbf|auth_time) /],
  ['expiry', /^token-expired/],
  ['age of the login', /^authentication-too-old/],
  ['scopes', /^insufficient-scope/],
];

/** Says which checks a token passed, which one refused it, and what the service answers. */
export function describeChecks(refusal: ServiceError | undefined): string[] {
  if (refusal === undefined) {
    return [
      ...checks.map(([name]) => `  passes   ${name}`),
      'The answer: 204, if the user exists and is active, and nothing else of the request is wrong.',
    ];
  }
  const why = refusal.reason ?? refusal.code;
  const failed = checks.findIndex(([, reasons]) => reasons.test(why));
  return [
    ...checks.slice(0, failed).map(([name]) => `  passes   ${name}`),
    ...(failed >= 0 ? [`  REFUSED  ${checks[failed]?.[0]}: ${why}`] : [`  REFUSED  ${why}`]),
    ...checks.slice(failed + 1).map(([name]) => `  not reached  ${name}`),
    `The answer: ${getCatalogueRow(refusal.code).status} ${refusal.code}.`,
  ];
}

/**
 * Says what is wrong with an issuer that could not be asked, and what to do.
 *
 * @param asked - the URL of what did not answer, if the error does not tell it
 */
async function explain(
  error: unknown,
  asked: string,
  env: Environment,
  signal: AbortSignal,
): Promise<string> {
  const fault = describeFault(error);
  const { code, httpStatus, url = asked } = deepest(fault);
  if (code === 'OTHER_ISSUER')
    return downloadJson(url, signal).then(
      (document) => explainOwner(url, document),
      (again) => explain(again, url, env, signal),
    );
  if (code === 'NO_JWKS_URI')
    return `the document at ${url} names no https URL of keys without credentials or fragment: set TOKEN_JWKS_URI.`;
  if (code === 'NO_JSON')
    return `${url} answers with something that is not JSON, such as the page of a proxy or a login.`;
  if (code === 'TOO_LARGE') return `${url} answers with more than a megabyte.`;
  if (httpStatus === 404)
    return `there is nothing at ${url} (404). Is the issuer right? If it has its keys elsewhere, set TOKEN_JWKS_URI.`;
  if (httpStatus !== undefined)
    return `${url} answers with status ${httpStatus}. Redirects are not followed.`;
  if (/CERT|SIGNATURE|TLS|SSL/.test(code ?? ''))
    return `the certificate of ${url} is not trusted (${code}). If a proxy opens TLS here, set NODE_EXTRA_CA_CERTS to its certificate.`;
  const proxy = env.HTTPS_PROXY ?? env.https_proxy;
  return (
    `${url} cannot be reached (${code ?? fault.name}). ` +
    (proxy
      ? 'A proxy is set, but this program calls the issuer directly, as the function does: try it from a network without one.'
      : 'Is there a network, and is the name right?')
  );
}

/** Says what to do about a document that is another issuer's. */
function explainOwner(url: string, document: unknown): string {
  const { issuer } = Object(document) as { issuer?: unknown };
  if (typeof issuer !== 'string')
    return `the document at ${url} names no issuer: set TOKEN_JWKS_URI to the URL of your issuer's keys.`;
  // Microsoft's "common" and "organizations" are of all tenants; tokens have the id of one in its place.
  if (/[{}]/.test(issuer))
    return (
      `the document at ${url} is that of many tenants, ${printable(issuer)}. ` +
      "Pass the issuer of your own tenant to --issuer, with the tenant's id in place of the braces."
    );
  return (
    `the document at ${url} is that of ${pasteable(issuer)}. If that is the "iss" of your tokens, pass it to --issuer, to the ` +
    "letter. If not, set TOKEN_JWKS_URI to the URL of your issuer's keys."
  );
}

function deepest(fault: Fault): Fault {
  return fault.code === undefined && fault.cause !== undefined ? deepest(fault.cause) : fault;
}

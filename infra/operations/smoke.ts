// `npm run smoke`: checks the contract against a running endpoint, deployed or local. Nobody guarantees that the endpoint
// uses the table that was named with it. So every step first proves that it can touch no user but the one made here.
import { randomInt } from 'node:crypto';
import { DynamoDBClient, ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import { decodeJwt } from 'jose';
import { fetchSecretText, parsePeppers } from '../../lambda/reset/adapters/pepper.ts';
import type { Peppers } from '../../lambda/reset/domain/recovery-pin.ts';
import { jsonApiMediaType } from '../../lambda/reset/http/json-api.ts';
import { clientOptions } from '../../lambda/shared/aws-client.ts';
import { readOptions } from '../command-line/command-options.ts';
import { setLocalDefaults } from '../command-line/local-defaults.ts';
import { createProgram, Interruption, type Output } from '../command-line/program.ts';
import { runProgram } from '../command-line/run-program.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { findPepperSecret, prepareSmokeUser, type SmokeUser } from './smoke-user.ts';

const usage = 'TOKEN=<jwt of a user who does not exist> npm run -s smoke -- --url <endpoint> --table <name>';
const operation = '/user/password/reset';
/** No user has this PIN: PINs that users may choose have three different digits. Sent again, it counts as one attempt. */
const wrongPin = '0000';
/** Random, so that nobody knows the PIN of a user whom a killed run has left behind. */
const pin = String(randomInt(1, 10_000)).padStart(4, '0');

interface Options {
  /** URL of the operation. */
  readonly url: string;
  readonly table: string;
  readonly token: string;
  readonly userId: string;
  readonly pepperSecret: string | undefined;
  readonly linkedIdentities: readonly string[];
}

interface Check {
  readonly name: string;
  /** Appended to the operation's URL. */
  readonly suffix?: string;
  readonly hasToken: boolean;
  readonly status: number;
  /** Code of the expected error document; absent: no body is expected. */
  readonly code?: string;
  /** Expected state of the user afterwards. */
  readonly after?: { readonly hasPassword: boolean; readonly paymentMethods: readonly string[] };
  /** Counts an attempt. If the user's item does not have it, the endpoint uses another table, and nothing more is sent. */
  readonly provesTable?: true;
}

const belongTogether =
  '--url and --table must be outputs of one stack; look also at the variables AWS_ENDPOINT_URL_DYNAMODB, ' +
  'AWS_ENDPOINT_URL, AWS_PROFILE and AWS_REGION of this shell.';

const untouched = { hasPassword: true, paymentMethods: ['card', 'sepa'] };

const checks: readonly Check[] = [
  { name: 'no token', hasToken: false, status: 401, code: 'token-missing', after: untouched },
  {
    name: 'wrong PIN',
    suffix: `?pin=${wrongPin}`,
    hasToken: true,
    status: 403,
    code: 'recovery-pin-mismatch',
    after: untouched,
    provesTable: true,
  },
  {
    name: 'right PIN keeps the payment methods',
    suffix: `?pin=${pin}`,
    hasToken: true,
    status: 204,
    after: { hasPassword: false, paymentMethods: ['card', 'sepa'] },
  },
  {
    name: 'no PIN clears the payment methods',
    hasToken: true,
    status: 204,
    after: { hasPassword: false, paymentMethods: [] },
  },
  { name: 'unknown route', suffix: '/unknown', hasToken: false, status: 404, code: 'not-found' },
  // If no route matches, API Gateway reports a Bearer token as an invalid AWS signature.
  { name: 'unknown route, with a token', suffix: '/unknown', hasToken: true, status: 404, code: 'not-found' },
];

const help = `Checks the contract against a deployed stage: makes a user, resets it in every way, and removes it again.

${usage}

--url, --table     the outputs Endpoint and TableName of the stack
--token            the token, if not in the variable TOKEN, which is better: the process list shows options
--pepper-secret    the pepper secret, if not the one that the table's tag names
--linked-identity  a linked identity for the user, if the stage requires one`;

export const smoke = createProgram(
  { name: 'npm run smoke', help, variables: ['TOKEN', 'PIN_PEPPER'] },
  async (args, env, output, interruption) => {
    const options = readSmokeOptions(args, env);
    const givenPepper = env.PIN_PEPPER;
    // A table that is not on AWS is the local one, with the default pepper keys of `npm start`.
    const endpoint = env.AWS_ENDPOINT_URL_DYNAMODB;
    if (endpoint) setLocalDefaults(env);
    // Limited, so that an interrupted run ends soon.
    const limits = clientOptions({ attempts: 3, connecting: 3_000, answering: 5_000 });
    const client = new DynamoDBClient({ ...limits, ...(endpoint && { endpoint }) });
    /** Prints a line. An answer may repeat the token, and a log must not. */
    const print = (line: string) => output.print(line.replaceAll(options.token, '<token>'));
    try {
      const peppers = await loadPeppers(client, options, givenPepper, env.PIN_PEPPER, interruption);
      const user = await prepareSmokeUser(client, options.table, createSeedUser(options), peppers);
      const { failed, leftOut } = await runWithUser(options, user, print, interruption);
      const more = leftOut > 0 ? `, and ${leftOut} ${leftOut === 1 ? 'was' : 'were'} left out` : '';
      if (failed > 0)
        throw new UsageError(`${failed} of ${checks.length} checks failed at ${options.url}${more}.`);
      await print(`All ${checks.length} checks passed at ${options.url}.`);
    } catch (error) {
      throw describeFailure(error, options);
    } finally {
      client.destroy();
    }
  },
);

function describeFailure(error: unknown, { table }: Options): unknown {
  if (error instanceof Interruption) error.message += '; its user is not in the table any more.';
  if (!(error instanceof ResourceNotFoundException)) return error;
  return new UsageError(`there is no table "${table}" where these credentials lead. ${belongTogether}`);
}

/** Makes the user if nobody else has that id at either end, runs the checks, and removes the user whatever happens. */
async function runWithUser(
  options: Options,
  user: SmokeUser,
  print: Output['print'],
  interruption: AbortSignal,
): Promise<Outcome> {
  await user.refuseExisting(interruption);
  await probe(options, interruption);
  interruption.throwIfAborted();
  try {
    await user.create();
    return await runChecks(options, user, print, interruption);
  } finally {
    await user.remove();
  }
}

/**
 * Asks the endpoint for the user before it is made. Without this, an endpoint with another table would be asked to reset
 * a user of its own.
 */
async function probe(options: Options, interruption: AbortSignal): Promise<void> {
  const answer = await send(options, { suffix: `?pin=${wrongPin}`, hasToken: true }, interruption);
  const { url, userId, table } = options;
  if (typeof answer === 'string') throw new UsageError(`${url}: ${answer}.`);
  const code = readCode(answer.body);
  if (answer.response.status === 404 && code === 'user-not-found') return;
  throw new UsageError(
    `${url} answers ${answer.response.status}${code ? ` ${code}` : ''} to a wrong PIN of "${userId}", and not 404 ` +
      `user-not-found, though the table "${table}" has no such user; nothing else was sent. ${belongTogether}`,
  );
}

function readSmokeOptions(args: readonly string[], env: NodeJS.ProcessEnv): Options {
  const { url, table, ...others } = readOptions(args, {
    url: { type: 'string' },
    table: { type: 'string' },
    token: { type: 'string' },
    'pepper-secret': { type: 'string' },
    'linked-identity': { type: 'string', multiple: true },
  });
  const token = (others.token ?? env.TOKEN ?? '').trim();
  const missing = [!url && '--url', !table && '--table', !token && 'TOKEN (or --token)'].filter(Boolean);
  if (!url || !table || !token) throw new UsageError(`missing: ${missing.join(', ')}. Usage: ${usage}`);
  return {
    url: parseOperationUrl(url),
    table,
    token,
    userId: readSubject(token),
    pepperSecret: others['pepper-secret'],
    linkedIdentities: others['linked-identity'] ?? [],
  };
}

/** Accepts the stack's output `Endpoint`, or the base URL of a local service. */
function parseOperationUrl(text: string): string {
  const url = URL.parse(text);
  // Not quoted: it may be the token.
  if (!url || !/^https?:$/.test(url.protocol)) throw new UsageError('--url is not an http or https URL.');
  const base = `${url.origin}${url.pathname}`.replace(/\/$/, '');
  return base.endsWith(operation) ? base : `${base}/user/2021-2${operation}`;
}

function readSubject(token: string): string {
  try {
    const { sub } = decodeJwt(token);
    // Anything else may be refused as a header's value, with a message that quotes it.
    if (sub && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return sub;
  } catch {
    // Reported below, without quoting the token.
  }
  throw new UsageError('the token is not a JWT with a "sub".');
}

/** Loads the pepper keys from --pepper-secret, PIN_PEPPER, the secret in the table's tag, or the local default. */
async function loadPeppers(
  client: DynamoDBClient,
  { pepperSecret, table }: Options,
  given: string | undefined,
  local: string | undefined,
  signal: AbortSignal,
): Promise<Peppers> {
  const secretId = pepperSecret ?? (given ? undefined : await findPepperSecret(client, table, signal));
  const json = secretId ? await fetchSecretText(secretId, signal) : local;
  if (!json)
    throw new UsageError(
      `the table "${table}" has no tag with the pepper secret: pass --pepper-secret or set PIN_PEPPER.`,
    );
  return parsePeppers(json);
}

function createSeedUser({ userId, linkedIdentities }: Options) {
  return {
    userId,
    password: crypto.randomUUID(),
    pin,
    paymentMethods: {
      card: { kind: 'creditcard', identificationString: '**** 0000' },
      sepa: { kind: 'sepa', identificationString: 'DE** **** 0000' },
    },
    linkedIdentities,
  };
}

interface Outcome {
  readonly failed: number;
  readonly leftOut: number;
}

/** Runs the checks, each with the restored user. */
async function runChecks(
  options: Options,
  user: SmokeUser,
  print: Output['print'],
  interruption: AbortSignal,
): Promise<Outcome> {
  let failed = 0;
  let leftOut = 0;
  for (const check of checks) {
    if (failed > 0 && wouldClear(check)) {
      await print(`left out ${check.name}: it is sent only if nothing has failed`);
      leftOut += 1;
      continue;
    }
    await user.restore();
    interruption.throwIfAborted();
    const faults = await checkAnswer(check, options, interruption);
    const found = await user.read();
    faults.push(...checkUser(check, found));
    await print(faults.length === 0 ? `ok    ${check.name}` : `FAIL  ${check.name}: ${faults.join('; ')}`);
    if (faults.length > 0) failed += 1;
    if (check.provesTable && Object(found.pinGuesses).size !== 1)
      throw new UsageError(
        `the table "${options.table}" has not counted the attempt that was sent to ${options.url}, so nothing more was ` +
          `tried. ${belongTogether}`,
      );
  }
  return { failed, leftOut };
}

/** Whether a check would clear a user's payment methods, were the endpoint not what it seems. */
function wouldClear({ hasToken, suffix }: Check): boolean {
  return hasToken && !suffix?.includes('pin=');
}

interface Answer {
  readonly response: Response;
  readonly body: string;
}

/** Sends a request; resolves to the answer, or to a sentence that says why there is none. */
async function send(
  { url, token }: Options,
  { suffix = '', hasToken }: Pick<Check, 'suffix' | 'hasToken'>,
  interruption: AbortSignal,
): Promise<Answer | string> {
  try {
    const response = await fetch(`${url}${suffix}`, {
      method: 'PUT',
      headers: { Accept: 'application/json', ...(hasToken && { Authorization: `Bearer ${token}` }) },
      redirect: 'manual',
      signal: AbortSignal.any([interruption, AbortSignal.timeout(30_000)]),
    });
    return { response, body: await response.text() };
  } catch (error) {
    interruption.throwIfAborted();
    const { message, cause } = error as Error;
    return `no answer (${(cause as Error | undefined)?.message ?? message})`;
  }
}

/** Returns what is wrong with the answer; empty if nothing is. */
async function checkAnswer(check: Check, options: Options, interruption: AbortSignal): Promise<string[]> {
  const answer = await send(options, check, interruption);
  if (typeof answer === 'string') return [answer];
  const { response, body } = answer;
  const requestId = response.headers.get('Request-Id');
  return [
    ...expectEqual('status', response.status, check.status),
    ...(requestId ? [] : ['the header Request-Id is missing']),
    ...(check.code
      ? checkDocument(check, response, body)
      : expectEqual('length of the body', body.length, 0)),
  ];
}

/** API Gateway's REST APIs rename the challenge that every 401 has; SAM and other gateways do not. */
function checkChallenge(status: number, headers: Headers): string[] {
  const challenge = headers.get('x-amzn-Remapped-WWW-Authenticate') ?? headers.get('WWW-Authenticate');
  return status !== 401 || challenge?.startsWith('Bearer ') ? [] : ['the 401 has no Bearer challenge'];
}

/** The code of an error document, if the body is one. */
function readCode(body: string): string | undefined {
  try {
    const code = String(JSON.parse(body).errors[0].code);
    return /^[a-z-]{1,40}$/.test(code) ? code : undefined;
  } catch {
    return undefined;
  }
}

function checkDocument({ status, code }: Check, { headers }: Response, body: string): string[] {
  let error: Record<string, unknown>;
  try {
    error = JSON.parse(body).errors[0];
  } catch {
    return ['the body is not an error document'];
  }
  return [
    ...expectEqual('media type', headers.get('Content-Type'), jsonApiMediaType),
    ...expectEqual('code', error.code, code),
    ...expectEqual('status in the document', error.status, String(status)),
    ...expectEqual('id in the document', error.id, headers.get('Request-Id')),
    ...checkChallenge(status, headers),
  ];
}

function checkUser({ after }: Check, { passwordHash, paymentMethods }: Record<string, unknown>): string[] {
  if (!after) return [];
  return [
    ...expectEqual('password is set', passwordHash !== undefined, after.hasPassword),
    ...expectEqual(
      'payment methods',
      Object.keys(Object(paymentMethods)).sort().join(),
      after.paymentMethods.join(),
    ),
  ];
}

function expectEqual(what: string, actual: unknown, expected: unknown): string[] {
  return actual === expected ? [] : [`${what} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`];
}

if (import.meta.main) await runProgram(smoke);

// `npm run smoke`: checks the contract against a running endpoint, deployed or local.
import { parseArgs } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { decodeJwt } from 'jose';
import { fetchSecretText, parsePeppers } from '../../lambda/reset/adapters/pepper.ts';
import type { Peppers } from '../../lambda/reset/domain/recovery-pin.ts';
import { jsonApiMediaType } from '../../lambda/reset/http/json-api.ts';
import { setLocalDefaults } from '../local/local-defaults.ts';
import { runProgram, UsageError } from '../local/local-settings.ts';
import { findPepperSecret, prepareSmokeUser, type SmokeUser } from './smoke-user.ts';

const usage =
  'npm run smoke -- --url <endpoint> --table <name> --token <jwt of a user who does not exist> ' +
  '[--pepper-secret <id>] [--linked-identity <name>]';
const operation = '/user/password/reset';
const pin = '5621';
const wrongPin = '1357';

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
}

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

await runProgram('npm run smoke', async () => {
  const options = readOptions();
  const givenPepper = process.env.PIN_PEPPER;
  // A table that is not on AWS is the local one, with the default pepper keys of `npm start`.
  if (process.env.AWS_ENDPOINT_URL_DYNAMODB) setLocalDefaults(process.env);
  const client = new DynamoDBClient();
  const peppers = await loadPeppers(client, options, givenPepper);
  const user = await prepareSmokeUser(client, options.table, createSeedUser(options), peppers);
  const created = user.create();
  const removeAndExit = () =>
    created
      .catch(() => {})
      .then(user.remove)
      .catch((error: Error) => process.stderr.write(`The user was not removed: ${error.message}\n`))
      .finally(() => process.exit(130));
  // Registered before the first write can reach the table.
  process.once('SIGINT', removeAndExit).once('SIGTERM', removeAndExit);
  const failed = await created.then(() => runChecks(options, user)).finally(user.remove);
  if (failed > 0) throw new UsageError(`${failed} of ${checks.length} checks failed at ${options.url}.`);
  print(`All ${checks.length} checks passed at ${options.url}.`);
});

function readOptions(): Options {
  const { url, table, token, ...others } = readArguments();
  if (!url || !table || !token)
    throw new UsageError(`--url, --table and --token are required. Usage: ${usage}`);
  return {
    url: parseOperationUrl(url),
    table,
    token,
    userId: readSubject(token),
    pepperSecret: others['pepper-secret'],
    linkedIdentities: others['linked-identity'] ?? [],
  };
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        url: { type: 'string' },
        table: { type: 'string' },
        token: { type: 'string' },
        'pepper-secret': { type: 'string' },
        'linked-identity': { type: 'string', multiple: true },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message} Usage: ${usage}`);
  }
}

/** Accepts the stack's output `Endpoint`, or the base URL of a local service. */
function parseOperationUrl(text: string): string {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol))
    throw new UsageError(`--url "${text}" is not an http or https URL.`);
  const base = `${url.origin}${url.pathname}`.replace(/\/$/, '');
  return base.endsWith(operation) ? base : `${base}/user/2021-2${operation}`;
}

function readSubject(token: string): string {
  try {
    const { sub } = decodeJwt(token);
    if (sub) return sub;
  } catch {
    // Reported below, without quoting the token.
  }
  throw new UsageError('--token is not a JWT with a "sub".');
}

/** Loads the pepper keys from --pepper-secret, PIN_PEPPER, the secret in the table's tag, or the local default. */
async function loadPeppers(
  client: DynamoDBClient,
  { pepperSecret, table }: Options,
  given: string | undefined,
): Promise<Peppers> {
  const secretId = pepperSecret ?? (given ? undefined : await findPepperSecret(client, table));
  const json = secretId ? await fetchSecretText(secretId) : process.env.PIN_PEPPER;
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

/** Runs all checks, each with the restored user, and returns the number of failed ones. */
async function runChecks(options: Options, user: SmokeUser): Promise<number> {
  let failed = 0;
  for (const check of checks) {
    await user.restore();
    const faults = [...(await checkAnswer(check, options)), ...(await checkUser(check, user))];
    print(faults.length === 0 ? `ok    ${check.name}` : `FAIL  ${check.name}: ${faults.join('; ')}`);
    if (faults.length > 0) failed += 1;
  }
  return failed;
}

/** Returns what is wrong with the answer; empty if nothing is. */
async function checkAnswer(check: Check, { url, token }: Options): Promise<string[]> {
  const response = await fetch(`${url}${check.suffix ?? ''}`, {
    method: 'PUT',
    headers: { Accept: 'application/json', ...(check.hasToken && { Authorization: `Bearer ${token}` }) },
    redirect: 'manual',
    signal: AbortSignal.timeout(30_000),
  }).catch((error: Error) => error);
  if (response instanceof Error)
    return [`no answer (${(response.cause as Error | undefined)?.message ?? response.message})`];
  const body = await response.text();
  const requestId = response.headers.get('Request-Id');
  return [
    ...expectEqual('status', response.status, check.status),
    ...(requestId ? [] : ['the header Request-Id is missing']),
    ...(check.code ? checkDocument(check, response, body) : expectEqual('body', body, '')),
  ];
}

/** API Gateway's REST APIs rename the challenge that every 401 has; SAM and other gateways do not. */
function checkChallenge(status: number, headers: Headers): string[] {
  const challenge = headers.get('x-amzn-Remapped-WWW-Authenticate') ?? headers.get('WWW-Authenticate');
  return status !== 401 || challenge?.startsWith('Bearer ') ? [] : ['the 401 has no Bearer challenge'];
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

async function checkUser({ after }: Check, user: SmokeUser): Promise<string[]> {
  if (!after) return [];
  const { passwordHash, paymentMethods } = await user.read();
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

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

// `npm start`: runs the function's handler with a table, a token issuer, a gateway and a page, in one process.
import { once } from 'node:events';
import type { Server } from 'node:http';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { fetchSecretText, parsePeppers } from '../../lambda/reset/adapters/pepper.ts';
import { composeHandler } from '../../lambda/reset/compose.ts';
import { type Config, loadConfig, variableNames } from '../../lambda/reset/config.ts';
import type { Peppers } from '../../lambda/reset/domain/recovery-pin.ts';
import type { Handler } from '../../lambda/reset/http/pipeline.ts';
import { clientOptions } from '../../lambda/shared/aws-client.ts';
import type { Reporting } from '../../lambda/shared/telemetry.ts';
import { withinTime } from '../../lambda/shared/time-limit.ts';
import { localAudience, setLocalDefaults } from '../command-line/local-defaults.ts';
import { createProgram, type Output } from '../command-line/program.ts';
import { runProgram } from '../command-line/run-program.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { readUser } from '../users/describe-user.ts';
import type { SeedUser } from '../users/user-item.ts';
import { createGateway, defaultEnvironments } from './gateway.ts';
import { formatGreeting, helperEnvironment } from './greeting.ts';
import { checkProxy, expectFreePorts, listen } from './listen.ts';
import { type LocalSettings, localVariables, readLocalSettings } from './local-settings.ts';
import { createLocalPage, type LocalPage, referencePath } from './page/page-server.ts';
import { createWireLog } from './page/wire-log.ts';
import { type LocalPlatform, startPlatform } from './platform.ts';
import { addUsers, demoUsers, loadUsers, readSeedFile } from './seed.ts';
import { ensureTable, startDynalite } from './table.ts';
import { startTableRelay } from './table-relay.ts';
import { createLocalReporting, describeEvent, formatEvent, readLogFormat } from './terminal-log.ts';
import { fetchTokenOfNextSecond, localMaxAge, startTokenIssuer } from './token-issuer.ts';

/** Maximum number of users that the page shows. */
const maxCards = 24;

const help = `Runs the service on this machine, with a page to try it. It has no options, and reads variables:
PORT=3100 npm start

PORT           port of the API and the page, 3000 if not set; 0 is any free one
ISSUER_PORT    port of the token issuer, 3001 if not set
DYNAMODB_PORT  port of the table, 8000 if not set
SEED_FILE      JSON file with users to load in place of the demo users
CORS_ORIGINS   origins whose web pages may call, separated by commas
LOG_FORMAT     text or json: how requests and events are shown; if not set, text in a terminal, else json

docs/configuration.md has all variables.`;

/** Time limits for the calls that `npm start` makes itself, so that it ends soon if the table hangs. */
const callLimits = clientOptions({ attempts: 3, connecting: 3_000, answering: 10_000 });
/** Milliseconds for a request: a table on a busy laptop may need longer than DynamoDB. */
const patience = 60_000;
const patientLimits = clientOptions({ attempts: 3, connecting: patience, answering: patience });
/** Milliseconds: how long open requests may take when `npm start` ends. */
const endLimit = 2_000;

export const start = createProgram(
  { name: 'npm start', help, variables: [...localVariables, 'LOG_FORMAT', ...variableNames] },
  async (args, env, output, signal) => {
    if (args.length > 0)
      throw new UsageError('it has no options, but variables: PORT=3100 npm start. --help lists them.');
    await using held = new AsyncDisposableStack();
    const url = await startService(env, output, held);
    await output.print(`\nListening on ${url}`);
    if (!signal.aborted) await once(signal, 'abort');
  },
);

/**
 * Starts everything, and prints the greeting.
 *
 * @param env - is changed: gets the variables by which the function finds the table and the issuer
 * @param held - collects what must be stopped at the end
 * @returns the base URL of the gateway
 */
async function startService(
  env: NodeJS.ProcessEnv,
  output: Output,
  held: AsyncDisposableStack,
): Promise<string> {
  const { print, warn } = output;
  const settings = readLocalSettings(env);
  const logFormat = readLogFormat(env, output);
  const proxyHint = checkProxy(env);
  await expectFreePorts({
    PORT: settings.port,
    ...(!env.TOKEN_ISSUER && { ISSUER_PORT: settings.issuerPort }),
    ...(settings.tableEndpoint === undefined && { DYNAMODB_PORT: settings.dynamodbPort }),
  });
  const seedUsers = settings.seedFile === undefined ? undefined : await readSeedFile(settings.seedFile);

  env.TABLE_NAME = settings.tableName;
  const platform = held.adopt(
    await startPlatform((event) => print(formatEvent(logFormat, event)), warn),
    (it) => it.stop(),
  );
  const tableEndpoint = await startTable(env, settings, platform, held);
  const issuerUrl = env.TOKEN_ISSUER ? undefined : await startIssuer(env, settings.issuerPort, held);
  setLocalDefaults(env);

  const config = loadConfig(env);
  const reporting = createLocalReporting(logFormat, config, output);
  const createClient = (options: DynamoDBClientConfig) =>
    held.adopt(new DynamoDBClient(options), (it) => it.destroy());
  const client = createClient({ ...callLimits, endpoint: tableEndpoint });
  // The function reaches the table through the relay, which sees its writes.
  const tableClient = createClient({ ...patientLimits, endpoint: config.tableEndpoint ?? tableEndpoint });
  const users = await fillTable(env, client, settings.tableName, seedUsers, print);
  const page = createPage(env, { client, tableName: settings.tableName, users, issuerUrl, platform });
  // The handler's links contain the port, so it is made once the gateway listens. Requests that come earlier wait.
  const handler = Promise.withResolvers<Handler>();
  const gateway = createGateway(async (event, context) => (await handler.promise)(event, context), page, {
    cors: { origins: config.corsOrigins, paths: config.paths },
    onGrowingLine: (waiting) =>
      print(`${waiting} requests are waiting: ${defaultEnvironments} are handled at a time.`),
  });
  const url = await listen(gateway, settings.port, 'PORT');
  held.defer(() => close(gateway, page));
  const { documentationUrl = url + referencePath } = config;
  handler.resolve(composePatiently({ ...config, documentationUrl }, reporting, tableClient));
  await handler.promise;
  const environment = helperEnvironment(settings, { issuerUrl, tableEndpoint });
  await print(formatGreeting({ url, environment, users, hasIssuer: issuerUrl !== undefined }));
  if (proxyHint) await print(`\n${proxyHint}`);
  return url;
}

/** Makes the handler, with a time limit of a minute in place of the deployed function's. */
async function composePatiently(
  config: Config,
  reporting: Reporting,
  client: DynamoDBClient,
): Promise<Handler> {
  const handle = await composeHandler(config, reporting, {
    tableClient: Promise.resolve(client),
    limitTime: (_milliseconds, call, outer) => withinTime(patience, call, outer),
  });
  return (event, context) => {
    const deadline = Date.now() + patience;
    return handle(event, { ...Object(context), getRemainingTimeInMillis: () => deadline - Date.now() });
  };
}

/** Closes the gateway once open requests are answered, or their time is over. */
async function close(gateway: Server, page: LocalPage): Promise<void> {
  const closed = new Promise((resolve) => gateway.close(resolve));
  page.stop();
  gateway.closeIdleConnections();
  const timer = setTimeout(() => gateway.closeAllConnections(), endLimit);
  await closed;
  clearTimeout(timer);
}

/**
 * Starts a relay between function and table. It passes every change to the publishing function, with any table engine.
 * In front of dynalite the relay uses the table's port, so that it sees the writes of other programs too.
 *
 * @returns the table's URL for other programs
 */
async function startTable(
  env: NodeJS.ProcessEnv,
  { tableEndpoint, dynamodbPort }: LocalSettings,
  { publishChange }: LocalPlatform,
  held: AsyncDisposableStack,
): Promise<string> {
  // An https endpoint is AWS: requests are signed for its host, and the deployed stack publishes the events.
  if (tableEndpoint?.startsWith('https:')) return tableEndpoint;
  const target = tableEndpoint ?? held.adopt(await startDynalite(0), (it) => it.stop()).endpoint;
  const port = tableEndpoint === undefined ? dynamodbPort : 0;
  const relay = held.adopt(await startTableRelay(target, port, publishChange), (it) => it.stop());
  env.AWS_ENDPOINT_URL_DYNAMODB = relay.endpoint;
  return tableEndpoint ?? relay.endpoint;
}

/** Starts an issuer and sets the function's variables so that it trusts it. */
async function startIssuer(
  env: NodeJS.ProcessEnv,
  port: number,
  held: AsyncDisposableStack,
): Promise<string> {
  env.TOKEN_AUDIENCE ||= localAudience;
  env.TOKEN_MAX_AGE ??= localMaxAge;
  const issuer = held.adopt(await startTokenIssuer(port, env.TOKEN_AUDIENCE), (it) => it.stop());
  Object.assign(env, { TOKEN_ISSUER: issuer.url, TOKEN_JWKS_URI: '', TOKEN_JWKS: issuer.jwks });
  return issuer.url;
}

/**
 * Loads the users of the seed file. Without one, loads the demo users, but only into a table that is created now.
 *
 * @returns the users that were loaded: those that the page may put back as they were
 */
async function fillTable(
  env: NodeJS.ProcessEnv,
  client: DynamoDBClient,
  tableName: string,
  seedUsers: readonly SeedUser[] | undefined,
  print: Output['print'],
): Promise<readonly SeedUser[]> {
  const isNew = await ensureTable(client, tableName);
  const users = seedUsers ?? (isNew ? demoUsers : []);
  if (users.length === 0) return users;
  const added = await addUsers(client, tableName, users, await loadFunctionPeppers(env));
  const kept = users.filter((user) => !added.includes(user)).map(({ userId }) => userId);
  if (kept.length > 0)
    await print(
      `SEED_FILE: the table "${tableName}" has ${kept.join(', ')} already, left as they are. ` +
        'To load them anew, remove them from the table first, or set TABLE_NAME to a new one.\n',
    );
  return added;
}

async function loadFunctionPeppers(env: NodeJS.ProcessEnv): Promise<Peppers> {
  return parsePeppers(env.PIN_PEPPER || (await fetchSecretText(env.PIN_PEPPER_SECRET_ID ?? '')));
}

interface PageParts {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly users: readonly SeedUser[];
  readonly issuerUrl: string | undefined;
  readonly platform: LocalPlatform;
}

/** Creates the page, which shows the users that were loaded at the start. */
function createPage(
  env: NodeJS.ProcessEnv,
  { client, tableName, users, issuerUrl, platform }: PageParts,
): LocalPage {
  return createLocalPage(
    {
      users: users.slice(0, maxCards).map(({ userId, pin }) => ({ userId, pin })),
      describe: (userId) => readUser(client, tableName, userId),
      async restore(userId) {
        const atTheStart = users.filter((user) => user.userId === userId);
        await loadUsers(client, tableName, atTheStart, await loadFunctionPeppers(env));
      },
      events: async () =>
        (await platform.latestEvents()).map((event) => ({ event, text: describeEvent(event) })),
      issueToken:
        issuerUrl === undefined
          ? undefined
          : (userId, kind) => fetchTokenOfNextSecond(issuerUrl, userId, { ...(kind && { kind }) }),
    },
    createWireLog(),
  );
}

if (import.meta.main) await runProgram(start);

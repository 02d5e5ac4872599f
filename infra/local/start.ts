// `npm start`: table, token issuer and gateway in one process, around the handler that is deployed.
import type { Server } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { fetchSecretText, parsePeppers } from '../../lambda/reset/adapters/pepper.ts';
import type { Peppers } from '../../lambda/reset/domain/recovery-pin.ts';
import { readUser } from './describe-user.ts';
import { createGateway } from './gateway.ts';
import { greeting, helperEnvironment } from './greeting.ts';
import { listen } from './listen.ts';
import { localAudience, setLocalDefaults } from './local-defaults.ts';
import { type LocalSettings, readLocalSettings, runProgram } from './local-settings.ts';
import { createLocalPage, type LocalPage } from './page/page-server.ts';
import { createWireLog } from './page/wire-log.ts';
import { eventLine, type LocalPlatform, startPlatform } from './platform.ts';
import { demoUsers, loadUsers, readSeedFile, type SeedUser } from './seed.ts';
import { ensureTable, startDynalite } from './table.ts';
import { startTableRelay } from './table-relay.ts';
import { fetchTokenOfNextSecond, startTokenIssuer } from './token-issuer.ts';

/** How many users the page shows; more cards are of no use to anyone. */
const maxCards = 24;

await runProgram('npm start', async () => {
  const { env } = process;
  const settings = readLocalSettings(env);
  const seedUsers = settings.seedFile === undefined ? undefined : await readSeedFile(settings.seedFile);

  env.TABLE_NAME = settings.tableName;
  const platform = await startPlatform((event) => console.log(eventLine(event)));
  const tableEndpoint = await openTable(env, settings, platform);
  const issuerUrl = env.TOKEN_ISSUER ? undefined : await openIssuer(env, settings.issuerPort);
  setLocalDefaults(env);

  const { handler } = await import('../../lambda/reset/index.ts');
  const client = new DynamoDBClient({ endpoint: tableEndpoint });
  const users = await fillTable(env, client, settings.tableName, seedUsers);
  const page = openPage(env, { client, tableName: settings.tableName, users, issuerUrl, platform });
  const gateway = createGateway(handler, page);
  const url = await listen(gateway, settings.port, 'PORT');
  stopOnSignal(gateway);
  const environment = helperEnvironment(settings, {
    issuerUrl,
    tableEndpoint,
  });
  console.log(
    greeting({ url, environment, hasDemoUsers: users === demoUsers, hasIssuer: issuerUrl !== undefined }),
  );
  console.log(`\nListening on ${url}`);
});

/**
 * Puts a relay between function and table that tells the publishing function of every change, whatever the engine. In
 * front of dynalite it takes the engine's own port, so that other programs' writes are seen too.
 *
 * @returns where other programs find the table
 */
async function openTable(
  env: NodeJS.ProcessEnv,
  { tableEndpoint, dynamodbPort }: LocalSettings,
  { tell }: LocalPlatform,
): Promise<string> {
  // Over TLS it is a table of AWS, whose requests are signed for its own host and whose stack publishes by itself.
  if (tableEndpoint?.startsWith('https:')) return tableEndpoint;
  const target = tableEndpoint ?? (await startDynalite(0)).endpoint;
  const relay = await startTableRelay(target, tableEndpoint === undefined ? dynamodbPort : 0, tell);
  env.AWS_ENDPOINT_URL_DYNAMODB = relay.endpoint;
  return tableEndpoint ?? relay.endpoint;
}

/** Starts an issuer of our own and makes the function trust it. */
async function openIssuer(env: NodeJS.ProcessEnv, port: number): Promise<string> {
  env.TOKEN_AUDIENCE ||= localAudience;
  const issuer = await startTokenIssuer(port, env.TOKEN_AUDIENCE);
  Object.assign(env, { TOKEN_ISSUER: issuer.url, TOKEN_JWKS_URI: issuer.jwksUri, TOKEN_JWKS: '' });
  return issuer.url;
}

/** Loads what the seed file says, else the demo users; but those only into a table that was not there before. */
async function fillTable(
  env: NodeJS.ProcessEnv,
  client: DynamoDBClient,
  tableName: string,
  seedUsers: readonly SeedUser[] | undefined,
): Promise<readonly SeedUser[]> {
  const isNew = await ensureTable(client, tableName);
  const users = seedUsers ?? (isNew ? demoUsers : []);
  if (users.length > 0) await loadUsers(client, tableName, users, await peppersOfFunction(env));
  return users;
}

async function peppersOfFunction(env: NodeJS.ProcessEnv): Promise<Peppers> {
  return parsePeppers(env.PIN_PEPPER || (await fetchSecretText(env.PIN_PEPPER_SECRET_ID ?? '')));
}

interface PageParts {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly users: readonly SeedUser[];
  readonly issuerUrl: string | undefined;
  readonly platform: LocalPlatform;
}

/** The page for people, on the users that were loaded at the start. */
function openPage(
  env: NodeJS.ProcessEnv,
  { client, tableName, users, issuerUrl, platform }: PageParts,
): LocalPage {
  return createLocalPage(
    {
      users: users.slice(0, maxCards).map(({ userId, pin }) => ({ userId, pin })),
      describe: (userId) => readUser(client, tableName, userId),
      async restore(userId) {
        const atTheStart = users.filter((user) => user.userId === userId);
        await loadUsers(client, tableName, atTheStart, await peppersOfFunction(env));
      },
      events: platform.latest,
      issueToken: issuerUrl === undefined ? undefined : (userId) => fetchTokenOfNextSecond(issuerUrl, userId),
    },
    createWireLog(),
  );
}

/** Answers what is under way, then ends the process; a second signal ends it at once. */
function stopOnSignal(gateway: Server): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      gateway.close(() => process.exit(0));
      gateway.closeIdleConnections();
      setTimeout(() => process.exit(0), 2_000).unref();
    });
  }
}

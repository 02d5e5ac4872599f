// `npm run sam`: runs the function of the synthesised template in SAM's container.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { parsePeppers } from '../../lambda/reset/adapters/pepper.ts';
import { readOptions } from '../command-line/command-options.ts';
import { setLocalDefaults } from '../command-line/local-defaults.ts';
import { createProgram, Interruption, type Output } from '../command-line/program.ts';
import { runProgram } from '../command-line/run-program.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { findFreePort, host } from './listen.ts';
import { localVariables, readLocalSettings } from './local-settings.ts';
import { openSamIdentity } from './sam-identity.ts';
import { demoUsers, loadUsers } from './seed.ts';
import { ensureTable, waitUntilAnswering } from './table.ts';

const stateFolder = '.cache/sam';
const variablesFile = `${stateFolder}/variables.json`;
const template = 'cdk.out/password-reset-local.template.json';
const network = 'password-reset';
const container = 'password-reset-table';
const image = 'amazon/dynamodb-local:2.5.2';
const tableName = 'users';
/** Milliseconds within which the table must answer after its container has started. */
const tableTimeout = 60_000;

/** Ports of this machine. */
interface Ports {
  readonly api: number;
  readonly table: number;
}

interface Step {
  readonly why: string;
  readonly command: readonly string[];
  /** The step is skipped if this command succeeds. */
  readonly unless?: readonly string[];
}

// The table runs in a container on the same network as the function, under the name `dynamodb`, because a container
// cannot reach this machine's loopback address and, on some systems, not its host name either.
function listSteps(ports: Ports): readonly Step[] {
  return [
    {
      why: 'Synthesise the template',
      command: ['npx', 'cdk', 'synth', '-c', 'stage=local'],
    },
    {
      why: "Write the function's variables: the key that verifies tokens, a pepper key, the table's endpoint",
      command: npmRunSam('--variables'),
    },
    {
      why: 'Create a network for the function and its table',
      unless: ['docker', 'network', 'inspect', network],
      command: ['docker', 'network', 'create', network],
    },
    {
      why: 'Start the table',
      unless: ['docker', 'container', 'inspect', container],
      command: [
        ...['docker', 'run', '--detach', '--rm', '--name', container, '--network', network],
        ...['--network-alias', 'dynamodb', '--publish', `${host}:${ports.table}:8000`, image],
        ...['-jar', 'DynamoDBLocal.jar', '-inMemory', '-sharedDb'],
      ],
    },
    { why: 'Load the demo users', command: npmRunSam('--seed') },
    {
      why: 'Start the API',
      command: [
        ...['sam', 'local', 'start-api', '--template', template, '--env-vars', variablesFile],
        ...['--docker-network', network, '--port', String(ports.api), '--warm-containers', 'LAZY'],
      ],
    },
  ];
}

function listHints({ api }: Ports): readonly string[] {
  const url = `http://${host}:${api}/user/2021-2/user/password/reset`;
  return [
    `curl -i -X PUT -H "Authorization: Bearer $(npm run -s sam -- --token alice)" "${url}?pin=5621"`,
    `npm run -s sam -- --event reset-with-pin | sam local invoke --template ${template} --env-vars ${variablesFile} --docker-network ${network} --event -`,
    `docker stop ${container}`,
  ];
}

const help = `Runs the function of the synthesised template in SAM's containers: npm run sam (docs/sam.md)

--print         prints the commands, and runs none
--token <id>    prints an access token of a user
--event <name>  prints an event of infra/local/events with a new token, for sam local invoke
--user <id>     the user of the event, alice if not given
--variables     writes the function's variables, as npm run sam does before the start
--seed          loads the demo users into the table of the container, as npm run sam does

PORT           port of the API, 3000 if not set
DYNAMODB_PORT  port of the table, 8000 if not set`;

export const sam = createProgram(
  { name: 'npm run sam', help, variables: localVariables },
  async (args, env, { print }, signal) => {
    const {
      print: isPrinting,
      variables,
      seed,
      token,
      event,
      user,
    } = readOptions(args, {
      print: { type: 'boolean' },
      variables: { type: 'boolean' },
      seed: { type: 'boolean' },
      token: { type: 'string' },
      event: { type: 'string' },
      user: { type: 'string', default: 'alice' },
    });
    if (isPrinting) await print(formatSteps(env));
    else if (variables) await writeVariables();
    else if (seed) await seedTable(env, print);
    else if (token !== undefined) await print(await signToken(token));
    else if (event !== undefined) await print(await fillEvent(event, user));
    else await runSteps(env, print, signal);
  },
);

function npmRunSam(option: string): string[] {
  return ['npm', 'run', '-s', 'sam', '--', option];
}

function formatSteps(env: NodeJS.ProcessEnv): string {
  const ports = readPorts(env);
  const lines = listSteps(ports).flatMap(({ why, command, unless }) => [
    `# ${why}`,
    `${unless ? `${unless.join(' ')} >/dev/null 2>&1 || ` : ''}${command.join(' ')}`,
    '',
  ]);
  return [...lines, '# In another terminal', ...listHints(ports)].join('\n');
}

async function runSteps(env: NodeJS.ProcessEnv, print: Output['print'], signal: AbortSignal): Promise<void> {
  await print('# Look for Docker and the SAM CLI');
  checkTools(env);
  const ports = await findFreePorts(env);
  await print(`When it is running, use another terminal for:\n${listHints(ports).join('\n')}\n`);
  for (const { why, command, unless } of listSteps(ports)) {
    if (signal.aborted) return;
    if (unless && succeeds(unless, env)) continue;
    await print(`# ${why}\n${command.join(' ')}`);
    await run(command, env, signal);
  }
}

/** The variables of `npm start` mean the same here. */
function readPorts(env: NodeJS.ProcessEnv): Ports {
  const { port, dynamodbPort } = readLocalSettings(env);
  return { api: port, table: dynamodbPort };
}

/**
 * Replaces port 0 by a free one.
 *
 * @throws UsageError if a port is in use, before anything is started
 */
async function findFreePorts(env: NodeJS.ProcessEnv): Promise<Ports> {
  const { api, table } = readPorts(env);
  const hasTable = succeeds(['docker', 'container', 'inspect', container], env);
  return {
    api: await findFreePort(api, 'PORT'),
    table: hasTable ? table : await findFreePort(table, 'DYNAMODB_PORT'),
  };
}

/** Throws an error that names missing tools and where to get them, before anything is started. */
function checkTools(env: NodeJS.ProcessEnv): void {
  const missing = [
    !succeeds(['sam', '--version'], env) &&
      'the SAM CLI: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/install-sam-cli.html',
    !succeeds(['docker', 'info'], env) && 'Docker, running: https://docs.docker.com/get-started/get-docker/',
  ].filter((line) => line !== false);
  if (missing.length === 0) return;
  const without = missing.length === 2 ? 'needs neither of them' : 'does not need it';
  throw new UsageError(
    `install ${missing.join(' and ')}. npm run sam -- --print shows the commands. npm start ${without}.`,
  );
}

function succeeds([program = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): boolean {
  return spawnSync(program, args, { env, stdio: 'ignore' }).status === 0;
}

/** Runs a command to its end. Told to end, it passes that on, and waits for the command. */
async function run(
  [program = '', ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  const child = spawn(program, args, { env, stdio: 'inherit' });
  const end = () => {
    const reason = signal.reason instanceof Interruption ? signal.reason.signal : undefined;
    // The terminal sends Ctrl-C to the child too; a second one would interrupt its clean-up.
    if (reason !== 'SIGINT') child.kill(reason);
  };
  signal.addEventListener('abort', end);
  const [code] = await once(child, 'exit');
  signal.removeEventListener('abort', end);
  if (code !== 0 && !signal.aborted)
    throw new UsageError(`"${program} ${args[0]}" failed with exit code ${code}.`);
}

async function writeVariables(): Promise<void> {
  const { variables } = await openIdentity();
  const parameters = {
    ...variables,
    PIN_PEPPER: localPepper(),
    TABLE_NAME: tableName,
    AWS_ENDPOINT_URL_DYNAMODB: 'http://dynamodb:8000',
  };
  await mkdir(stateFolder, { recursive: true });
  await writeFile(variablesFile, JSON.stringify({ Parameters: parameters }, null, 2), { mode: 0o600 });
}

/** Puts the demo users into the container's table as they were, whatever endpoint, profile or region this shell has. */
async function seedTable(env: NodeJS.ProcessEnv, print: Output['print']): Promise<void> {
  const endpoint = findTable(env);
  await print(`Waiting for the table at ${endpoint}, which takes some seconds to start`);
  await waitUntilAnswering(endpoint, tableTimeout).catch((error: Error) => {
    throw new UsageError(`${error.message}: look at docker logs ${container}`);
  });
  const client = new DynamoDBClient({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    // The SDK refuses these two together with an endpoint, and this shell may have them set.
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
  });
  await ensureTable(client, tableName);
  await loadUsers(client, tableName, demoUsers, parsePeppers(localPepper()));
  client.destroy();
}

/** The part that is used of what `docker container inspect` prints. */
interface Container {
  readonly Config: { readonly Image: string };
  readonly State: { readonly Running: boolean };
  readonly NetworkSettings: {
    readonly Ports: Readonly<Record<string, readonly { readonly HostPort: string }[] | null>>;
  };
}

/**
 * Finds the table by its container, since what listens on a port of this machine may be another table.
 *
 * @returns the table's endpoint on this machine
 * @throws UsageError if the container is not there, or is not the one that `npm run sam` starts
 */
function findTable(env: NodeJS.ProcessEnv): string {
  const { status, stdout } = spawnSync('docker', ['container', 'inspect', container], {
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new UsageError(`there is no container "${container}": npm run sam starts it.`);
  const [{ Config, State, NetworkSettings }] = JSON.parse(stdout) as [Container];
  const port = NetworkSettings.Ports['8000/tcp']?.[0]?.HostPort;
  if (Config.Image === image && State.Running && port) return `http://${host}:${port}`;
  throw new UsageError(
    `the container "${container}" is not the one that npm run sam starts (${image}, running, with its port 8000 ` +
      `published). If nobody needs it, remove it with docker rm --force ${container} and repeat npm run sam.`,
  );
}

async function signToken(userId: string): Promise<string> {
  return (await openIdentity()).sign(userId);
}

/** Returns an event of infra/local/events with a new token. */
async function fillEvent(name: string, userId: string): Promise<string> {
  const folder = new URL('./events/', import.meta.url);
  const names = (await readdir(folder)).map((file) => file.replace(/\.json$/, ''));
  if (!names.includes(name))
    throw new UsageError(`there is no event "${name}"; there are ${names.join(', ')}`);
  const text = await readFile(new URL(`${name}.json`, folder), 'utf8');
  return text.replaceAll('<token>', await signToken(userId)).trimEnd();
}

function openIdentity() {
  return openSamIdentity(`${stateFolder}/key.json`);
}

/** The default pepper keys, whatever `PIN_PEPPER` is set to in this terminal. */
function localPepper(): string {
  const env: NodeJS.ProcessEnv = {};
  setLocalDefaults(env);
  return String(env.PIN_PEPPER);
}

if (import.meta.main) await runProgram(sam);

// `npm run sam`: runs the function of the synthesised template in SAM's container.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { parsePeppers } from '../../lambda/reset/adapters/pepper.ts';
import { setLocalDefaults } from './local-defaults.ts';
import { runProgram, UsageError } from './local-settings.ts';
import { openSamIdentity } from './sam-identity.ts';
import { demoUsers, loadUsers } from './seed.ts';
import { ensureTable } from './table.ts';

const stateFolder = '.cache/sam';
const variablesFile = `${stateFolder}/variables.json`;
const template = 'cdk.out/password-reset-local.template.json';
const network = 'password-reset';
const container = 'password-reset-table';
const tableName = 'users';
const url = 'http://127.0.0.1:3000/user/2021-2/user/password/reset';

interface Step {
  readonly why: string;
  readonly command: readonly string[];
  /** The step is skipped if this command succeeds. */
  readonly unless?: readonly string[];
}

// The table runs in a container on the same network as the function, under the name `dynamodb`, because a container
// cannot reach this machine's loopback address and, depending on the platform, not its host name either.
const steps: readonly Step[] = [
  { why: 'Synthesise the template', command: ['npx', 'cdk', 'synth', '-c', 'stage=local'] },
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
      ...['--network-alias', 'dynamodb', '--publish', '127.0.0.1:8000:8000', 'amazon/dynamodb-local:2.5.2'],
      ...['-jar', 'DynamoDBLocal.jar', '-inMemory', '-sharedDb'],
    ],
  },
  { why: 'Load the demo users', command: npmRunSam('--seed') },
  {
    why: 'Start the API',
    command: [
      ...['sam', 'local', 'start-api', '--template', template, '--env-vars', variablesFile],
      ...['--docker-network', network, '--port', '3000', '--warm-containers', 'LAZY'],
    ],
  },
];

const hints: readonly string[] = [
  `curl -i -X PUT -H "Authorization: Bearer $(npm run -s sam -- --token alice)" "${url}?pin=5621"`,
  `npm run -s sam -- --event reset-with-pin | sam local invoke --template ${template} --env-vars ${variablesFile} --docker-network ${network} --event -`,
  `docker stop ${container}`,
];

const usage =
  'npm run sam [-- --print | --variables | --seed | --token <user id> | --event <name> [--user <user id>]]';

await runProgram('npm run sam', async () => {
  const { print, variables, seed, token, event, user } = readArguments();
  if (print) console.log(formatSteps());
  else if (variables) await writeVariables();
  else if (seed) await seedTable();
  else if (token !== undefined) console.log(await signToken(token));
  else if (event !== undefined) console.log(await fillEvent(event, user));
  else await runSteps();
});

function readArguments() {
  try {
    return parseArgs({
      options: {
        print: { type: 'boolean' },
        variables: { type: 'boolean' },
        seed: { type: 'boolean' },
        token: { type: 'string' },
        event: { type: 'string' },
        user: { type: 'string', default: 'alice' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message} Usage: ${usage}`);
  }
}

function npmRunSam(option: string): string[] {
  return ['npm', 'run', '-s', 'sam', '--', option];
}

function formatSteps(): string {
  const lines = steps.flatMap(({ why, command, unless }) => [
    `# ${why}`,
    `${unless ? `${unless.join(' ')} >/dev/null 2>&1 || ` : ''}${command.join(' ')}`,
    '',
  ]);
  return [...lines, '# In another terminal', ...hints].join('\n');
}

async function runSteps(): Promise<void> {
  checkTools();
  console.log(`When it is running, use another terminal for:\n${hints.join('\n')}\n`);
  for (const { why, command, unless } of steps) {
    if (unless && succeeds(unless)) continue;
    console.log(`# ${why}\n${command.join(' ')}`);
    await run(command);
  }
}

/** Throws an error that names missing tools and where to get them, before anything is started. */
function checkTools(): void {
  const missing = [
    !succeeds(['sam', '--version']) &&
      'the SAM CLI: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/install-sam-cli.html',
    !succeeds(['docker', 'info']) && 'Docker, running: https://docs.docker.com/get-started/get-docker/',
  ].filter((line) => line !== false);
  if (missing.length === 0) return;
  throw new UsageError(
    `install ${missing.join(' and ')}. npm run sam -- --print shows the commands. npm start needs neither tool.`,
  );
}

function succeeds([program = '', ...args]: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

async function run([program = '', ...args]: readonly string[]): Promise<void> {
  let isInterrupted = false;
  // The terminal sends Ctrl-C to the child too: wait for it to end instead of ending first.
  const noteInterrupt = () => {
    isInterrupted = true;
  };
  process.on('SIGINT', noteInterrupt);
  const [code] = await once(spawn(program, args, { stdio: 'inherit' }), 'exit');
  process.off('SIGINT', noteInterrupt);
  if (isInterrupted) process.exit(0);
  if (code !== 0) throw new UsageError(`"${program} ${args[0]}" failed with exit code ${code}.`);
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

async function seedTable(): Promise<void> {
  setLocalDefaults(process.env);
  const client = new DynamoDBClient({
    endpoint: process.env.AWS_ENDPOINT_URL_DYNAMODB || 'http://127.0.0.1:8000',
  });
  await ensureTable(client, tableName);
  await loadUsers(client, tableName, demoUsers, parsePeppers(localPepper()));
  client.destroy();
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

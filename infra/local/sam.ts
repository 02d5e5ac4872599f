// `npm run sam`: the template that is deployed, in SAM's container on this machine.
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
  /** Where this one succeeds there is nothing left to do. */
  readonly unless?: readonly string[];
}

// The table is a container on the same network as the function's, and called `dynamodb` there: containers reach
// neither this machine's loopback nor, everywhere, its name.
const steps: readonly Step[] = [
  { why: 'The template', command: ['npx', 'cdk', 'synth', '-c', 'stage=local'] },
  {
    why: "The function's variables: a key to check tokens with, a pepper, the table's address",
    command: ownCommand('--variables'),
  },
  {
    why: 'A network for the function and its table',
    unless: ['docker', 'network', 'inspect', network],
    command: ['docker', 'network', 'create', network],
  },
  {
    why: 'The table',
    unless: ['docker', 'container', 'inspect', container],
    command: [
      ...['docker', 'run', '--detach', '--rm', '--name', container, '--network', network],
      ...['--network-alias', 'dynamodb', '--publish', '127.0.0.1:8000:8000', 'amazon/dynamodb-local:2.5.2'],
      ...['-jar', 'DynamoDBLocal.jar', '-inMemory', '-sharedDb'],
    ],
  },
  { why: 'Users to try it with', command: ownCommand('--seed') },
  {
    why: 'The API',
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
  if (print) console.log(explainSteps());
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

function ownCommand(option: string): string[] {
  return ['npm', 'run', '-s', 'sam', '--', option];
}

function explainSteps(): string {
  const lines = steps.flatMap(({ why, command, unless }) => [
    `# ${why}`,
    `${unless ? `${unless.join(' ')} >/dev/null 2>&1 || ` : ''}${command.join(' ')}`,
    '',
  ]);
  return [...lines, '# In another terminal', ...hints].join('\n');
}

async function runSteps(): Promise<void> {
  needTools();
  console.log(`Once it runs, in another terminal:\n${hints.join('\n')}\n`);
  for (const { why, command, unless } of steps) {
    if (unless && succeeds(unless)) continue;
    console.log(`# ${why}\n${command.join(' ')}`);
    await run(command);
  }
}

/** Says what is missing and where it comes from, before anything is started. */
function needTools(): void {
  const missing = [
    !succeeds(['sam', '--version']) &&
      'the SAM CLI: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/install-sam-cli.html',
    !succeeds(['docker', 'info']) && 'Docker, running: https://docs.docker.com/get-started/get-docker/',
  ].filter((line) => line !== false);
  if (missing.length === 0) return;
  throw new UsageError(
    `install ${missing.join(' and ')}. What it would run: npm run sam -- --print. Without both: npm start.`,
  );
}

function succeeds([program = '', ...args]: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

async function run([program = '', ...args]: readonly string[]): Promise<void> {
  let isInterrupted = false;
  // Ctrl-C goes to the child as well, which is the one to end things.
  const noteInterrupt = () => {
    isInterrupted = true;
  };
  process.on('SIGINT', noteInterrupt);
  const [code] = await once(spawn(program, args, { stdio: 'inherit' }), 'exit');
  process.off('SIGINT', noteInterrupt);
  if (isInterrupted) process.exit(0);
  if (code !== 0) throw new UsageError(`"${program} ${args[0]}" ended with code ${code}.`);
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

/** An event of infra/local/events with a token that is good now. */
async function fillEvent(name: string, userId: string): Promise<string> {
  const folder = new URL('./events/', import.meta.url);
  const names = (await readdir(folder)).map((file) => file.replace(/\.json$/, ''));
  if (!names.includes(name)) throw new UsageError(`there is no event "${name}", but ${names.join(', ')}`);
  const text = await readFile(new URL(`${name}.json`, folder), 'utf8');
  return text.replaceAll('<token>', await signToken(userId)).trimEnd();
}

function openIdentity() {
  return openSamIdentity(`${stateFolder}/key.json`);
}

/** The pepper of `npm start`, whatever this terminal has set. */
function localPepper(): string {
  const env: NodeJS.ProcessEnv = {};
  setLocalDefaults(env);
  return String(env.PIN_PEPPER);
}

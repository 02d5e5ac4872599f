// `npm run sam`: the commands that it prints and runs, and the files that it makes for SAM.
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { decodeJwt } from 'jose';
import { afterEach, expect, inject, onTestFinished, test } from 'vitest';
import { Interruption } from '../../infra/command-line/program.ts';
import { listen } from '../../infra/local/listen.ts';
import { sam } from '../../infra/local/sam.ts';
import { openSamIdentity } from '../../infra/local/sam-identity.ts';
import { startDynalite, waitUntilAnswering } from '../../infra/local/table.ts';
import { startTableProxy } from '../support/proxy.ts';
import { startInProcess } from '../support/run-program.ts';
import { startService } from '../support/service.ts';
import { writeShellProgram } from '../support/shell-program.ts';

const statement = /^(npx|npm|docker|sam) /;

test.each(['', '{"kty":"EC","d":"orC5', '{"kty":"EC","d":orC5-6SmtDnQ}'])(
  'a key file with %j is named, and nothing of it is quoted',
  async (content) => {
    const folder = mkdtempSync(join(tmpdir(), 'sam-key-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'key.json');
    writeFileSync(path, content);
    await expect(openSamIdentity(path)).rejects.toThrow(
      `${path} is no JSON Web Key: remove it, and start npm run sam again.`,
    );
  },
);

test('--print prints the commands without SAM and Docker', async () => {
  const { code, stdout, stderr } = await runSam(['--print'], []);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const commands = stdout.split('\n').filter((line) => statement.test(line) || line.startsWith('curl '));
  expect(commands).toEqual([
    'npx cdk synth -c stage=local',
    'npm run -s sam -- --variables',
    'docker network inspect password-reset >/dev/null 2>&1 || docker network create password-reset',
    expect.stringMatching(
      /^docker container inspect .* --network password-reset --network-alias dynamodb .*-sharedDb$/,
    ),
    'npm run -s sam -- --seed',
    expect.stringMatching(
      /^sam local start-api --template cdk\.out\/password-reset-local\.template\.json --env-vars \S+ --docker-network password-reset --port 3000/,
    ),
    expect.stringMatching(/^curl -i -X PUT .*pin=5621"$/),
    expect.stringMatching(/^npm run -s sam -- --event reset-with-pin \| sam local invoke /),
    'docker stop password-reset-table',
  ]);
});

test('--print prints the ports that are asked for', async () => {
  const { stdout } = await runSam(['--print'], [], { PORT: '3100', DYNAMODB_PORT: '8100' });
  expect(stdout).toContain('--publish 127.0.0.1:8100:8000 ');
  expect(stdout).toContain(' --port 3100 ');
  expect(stdout).toContain('"http://127.0.0.1:3100/user/2021-2/user/password/reset?pin=5621"');
  expect(stdout).not.toMatch(/\b3000\b/);
});

test.each([
  [[], ['SAM CLI', 'Docker', 'npm start needs neither of them']],
  [['sam'], ['Docker', 'npm start does not need it']],
  [['docker'], ['SAM CLI', 'npm start does not need it']],
])('with only %j, npm run sam names what is missing and where to get it', async (tools, missing) => {
  const { code, stderr, calls } = await runSam([], [...tools, 'npx', 'npm']);
  expect(code).toBe(1);
  for (const name of missing) expect(stderr).toContain(name);
  expect(stderr).toContain('https://');
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(calls.filter((call) => statement.test(call) && !/version|info/.test(call))).toEqual([]);
});

test('npm run sam runs the commands of --print in order, and skips what exists already', async () => {
  const { code, stdout, calls } = await runSam([], ['sam', 'docker', 'npx', 'npm'], { PORT: '0' });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^# Look for Docker and the SAM CLI\n/);
  expect(calls).toEqual([
    'sam --version',
    'docker info',
    'docker container inspect password-reset-table',
    'npx cdk synth -c stage=local',
    'npm run -s sam -- --variables',
    'docker network inspect password-reset',
    'docker container inspect password-reset-table',
    'npm run -s sam -- --seed',
    expect.stringMatching(/^sam local start-api /),
  ]);
});

test('npm run sam starts nothing if a port is in use, as by npm start', async () => {
  const server = createServer();
  const port = new URL(await listen(server, 0, 'PORT')).port;
  onTestFinished(() => void server.close());
  const { code, stderr, calls } = await runSam([], ['sam', 'docker', 'npx', 'npm'], { PORT: port });
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: `npm run sam: port ${port} is in use: set PORT to a free one.\n`,
  });
  expect(calls).not.toContainEqual(expect.stringMatching(/^npx|^npm/));
});

test.each([
  ['SIGTERM', 'ended by TERM\n'],
  // The terminal sends it to SAM too.
  ['SIGINT', 'ended by itself\n'],
] as const)('npm run sam passes %s on, unless the terminal does, and ends after SAM', async (signal, how) => {
  const { folder, env } = prepare(['docker', 'npx', 'npm'], { PORT: '0' });
  const [log, up] = [join(folder, 'ended'), join(folder, 'up')];
  writeShellProgram(
    folder,
    'sam',
    `[ "$1" = local ] || exit 0
trap 'sleep 0.3; echo ended by TERM > "${log}"; exit 0' TERM
echo > "${up}"; for i in $(seq 20); do sleep 0.1; done; echo ended by itself > "${log}"; exit 1`,
  );
  const running = startInProcess(sam, [], { ...env, PATH: `${env.PATH}:/bin:/usr/bin` });
  await expect.poll(() => existsSync(up)).toBe(true);
  expect(await running.end(new Interruption(signal))).toMatchObject({ code: 0, stderr: '' });
  expect(readFileSync(log, 'utf8')).toBe(how);
});

test('the demo users go into the table of the container only, as soon as it answers', async () => {
  const other = await startService();
  onTestFinished(() => other.close());
  await other.put({ userId: 'alice', paymentMethods: { mine: {} } });
  const before = await other.item('alice');
  // A container's port before its engine listens: connections are accepted, and reset.
  const docker = createServer((socket) => socket.resetAndDestroy());
  const port = Number(new URL(await listen(docker, 0, 'PORT')).port);
  const { folder, env } = prepare(['docker'], {
    // What a shell may have exported for work on a real table.
    AWS_ENDPOINT_URL_DYNAMODB: other.proxy.endpoint,
    AWS_ENDPOINT_URL: other.proxy.endpoint,
    AWS_PROFILE: 'no-such-profile',
    AWS_REGION: 'us-gov-west-1',
    AWS_USE_FIPS_ENDPOINT: 'true',
    AWS_USE_DUALSTACK_ENDPOINT: 'true',
    TABLE_NAME: other.tableName,
  });
  writeShellProgram(folder, 'docker', `echo '${inspected({ port })}'`);
  other.proxy.calls.length = 0;
  const { done } = startInProcess(sam, ['--seed'], env);
  await once(docker, 'connection');
  await sleep(1_500);
  await new Promise((resolve) => docker.close(resolve));
  const engine = await startDynalite(port);
  onTestFinished(() => engine.stop());
  const { code, stdout, stderr } = await done;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(new RegExp(`^Waiting for the table at ${engine.endpoint}`));
  const client = new DynamoDBClient({ endpoint: engine.endpoint });
  const { Items = [] } = await client.send(new ScanCommand({ TableName: 'users' }));
  expect(Items.map(({ userId }) => userId?.S).sort()).toEqual(['alice', 'bob', 'carol']);
  expect(other.proxy.calls).toEqual([]);
  expect(await other.item('alice')).toEqual(before);
});

test.each([
  ['not there', 'exit 1', 'there is no container "password-reset-table": npm run sam starts it'],
  ['another one', `echo '${inspected({ image: 'postgres:18' })}'`, 'is not the one that npm run sam starts'],
  ['stopped', `echo '${inspected({ running: false })}'`, 'is not the one that npm run sam starts'],
  ['not reachable', `echo '${inspected({ port: null })}'`, 'is not the one that npm run sam starts'],
])('without its container (%s), nothing is loaded anywhere', async (_how, docker, message) => {
  const other = await startTableProxy(inject('tableEndpoint'));
  onTestFinished(() => other.close());
  const { folder, env } = prepare([], { AWS_ENDPOINT_URL_DYNAMODB: other.endpoint });
  writeShellProgram(folder, 'docker', docker);
  expect(await startInProcess(sam, ['--seed'], env).done).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining(message),
  });
  expect(other.calls).toEqual([]);
});

test('the wait for an engine that never answers has an end', async () => {
  const docker = createServer((socket) => socket.resetAndDestroy());
  onTestFinished(() => void docker.close());
  const endpoint = await listen(docker, 0, 'PORT');
  await expect(waitUntilAnswering(endpoint, 500)).rejects.toThrow(
    `${endpoint} has not answered within 0.5 seconds`,
  );
});

test('an unknown option is refused with a list of the known ones', async () => {
  const { code, stderr } = await runSam(['--prnt'], []);
  expect(code).toBe(1);
  expect(stderr).toContain('--print');
});

test("--variables writes only variables that the stage's template has", async () => {
  const { folder } = await runSam(['--variables'], []);
  const { Parameters } = JSON.parse(readFileSync(join(folder, '.cache/sam/variables.json'), 'utf8'));
  expect(Object.keys(Parameters).sort()).toEqual([
    'AWS_ENDPOINT_URL_DYNAMODB',
    'PIN_PEPPER',
    'TABLE_NAME',
    'TOKEN_AUDIENCE',
    'TOKEN_ISSUER',
    'TOKEN_JWKS',
  ]);
  const [key] = JSON.parse(Parameters.TOKEN_JWKS).keys;
  expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
});

const eventNames = readdirSync('infra/local/events').map((file) => file.replace(/\.json$/, ''));

test.each(eventNames)(
  'the event %s is printed in the format of API Gateway, with a new token if it has one',
  async (name) => {
    const { stdout } = await runSam(['--event', name, '--user', 'bob'], []);
    const event = JSON.parse(stdout);
    expect(event).toMatchObject({
      httpMethod: 'PUT',
      isBase64Encoded: false,
      requestContext: { stage: 'local' },
    });
    const { Authorization } = event.headers;
    expect(event.multiValueHeaders.Authorization).toEqual(Authorization && [Authorization]);
    if (Authorization) expect(decodeJwt(Authorization.replace('Bearer ', '')).sub).toBe('bob');
    expect(stdout).not.toContain('<token>');
  },
);

// The program keeps its files in the folder in which it runs.
const project = process.cwd();
afterEach(() => process.chdir(project));

/** Makes a folder with fakes of the named tools that only record their calls, and an environment that has no others. */
function prepare(tools: string[], variables: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'password-reset-sam-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const log = join(folder, 'calls');
  writeFileSync(log, '');
  for (const tool of tools) writeShellProgram(folder, tool, `echo "${tool} $*" >> "${log}"`);
  process.chdir(folder);
  return { folder, log, env: { PATH: folder, ...variables } };
}

/** What `docker container inspect` prints of the table's container. */
function inspected({
  image = 'amazon/dynamodb-local:2.5.2',
  running = true,
  port = 8000 as number | null,
}): string {
  return JSON.stringify([
    {
      Config: { Image: image },
      State: { Running: running },
      NetworkSettings: { Ports: { '8000/tcp': port && [{ HostIp: '127.0.0.1', HostPort: String(port) }] } },
    },
  ]);
}

/** Runs the program in a folder of its own, with fakes of the named tools that only record their calls. */
async function runSam(args: string[], tools: string[], variables: Record<string, string> = {}) {
  const { folder, log, env } = prepare(tools, variables);
  const result = await startInProcess(sam, args, env).done;
  return { ...result, folder, calls: readFileSync(log, 'utf8').trim().split('\n').filter(Boolean) };
}

// `npm run sam`: the commands that it prints and runs, and the files that it makes for SAM.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { decodeJwt } from 'jose';
import { expect, inject, onTestFinished, test } from 'vitest';
import { listen } from '../../infra/local/listen.ts';
import { openSamIdentity } from '../../infra/local/sam-identity.ts';
import { startDynalite, waitUntilAnswering } from '../../infra/local/table.ts';
import { startTableProxy } from '../support/proxy.ts';
import { startService } from '../support/service.ts';

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

test('--print prints the commands without SAM and Docker', () => {
  const { status, stdout, stderr } = runSam(['--print'], []);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const commands = stdout.split('\n').filter((line) => statement.test(line) || line.startsWith('curl '));
  expect(commands).toEqual([
    'npx cdk synth -c stage=local --no-path-metadata',
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

test('--print prints the ports that are asked for', () => {
  const { stdout } = runSam(['--print'], [], { PORT: '3100', DYNAMODB_PORT: '8100' });
  expect(stdout).toContain('--publish 127.0.0.1:8100:8000 ');
  expect(stdout).toContain(' --port 3100 ');
  expect(stdout).toContain('"http://127.0.0.1:3100/user/2021-2/user/password/reset?pin=5621"');
  expect(stdout).not.toMatch(/\b3000\b/);
});

test.each([
  [[], ['SAM CLI', 'Docker', 'npm start needs neither of them']],
  [['sam'], ['Docker', 'npm start does not need it']],
  [['docker'], ['SAM CLI', 'npm start does not need it']],
])('with only %j installed, it names the missing tools and where to get them', (tools, missing) => {
  const { status, stderr, calls } = runSam([], [...tools, 'npx', 'npm']);
  expect(status).toBe(1);
  for (const name of missing) expect(stderr).toContain(name);
  expect(stderr).toContain('https://');
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(calls.filter((call) => statement.test(call) && !/version|info/.test(call))).toEqual([]);
});

test('it runs the same commands in order, and skips what exists already', () => {
  const { status, stdout, calls } = runSam([], ['sam', 'docker', 'npx', 'npm'], { PORT: '0' });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^# Look for Docker and the SAM CLI\n/);
  expect(calls).toEqual([
    'sam --version',
    'docker info',
    'docker container inspect password-reset-table',
    'npx cdk synth -c stage=local --no-path-metadata',
    'npm run -s sam -- --variables',
    'docker network inspect password-reset',
    'docker container inspect password-reset-table',
    'npm run -s sam -- --seed',
    expect.stringMatching(/^sam local start-api /),
  ]);
});

test('it starts nothing if a port is in use, as by npm start', async () => {
  const server = createServer();
  const port = new URL(await listen(server, 0, 'PORT')).port;
  onTestFinished(() => void server.close());
  const { status, stderr, calls } = runSam([], ['sam', 'docker', 'npx', 'npm'], { PORT: port });
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: `npm run sam: port ${port} is in use: set PORT to a free one.\n`,
  });
  expect(calls).not.toContainEqual(expect.stringMatching(/^npx|^npm/));
});

test('it tells SAM to end, and ends after it', async () => {
  const { folder, env } = prepare(['docker', 'npx', 'npm'], { PORT: '0' });
  const log = join(folder, 'ended');
  writeTool(
    folder,
    'sam',
    `[ "$1" = local ] || exit 0; trap 'sleep 0.3; echo ended > "${log}"; exit 0' TERM; echo up; for i in $(seq 100); do sleep 0.1; done`,
  );
  const child = spawn(process.execPath, [script], {
    cwd: folder,
    env: { ...env, PATH: `${env.PATH}:/bin:/usr/bin` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const chunk of child.stdout) if (String(chunk).includes('up\n')) break;
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(readFileSync(log, 'utf8')).toBe('ended\n');
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
  writeTool(folder, 'docker', `echo '${inspected({ port })}'`);
  other.proxy.calls.length = 0;
  const seeding = spawn(process.execPath, [script, '--seed'], { cwd: folder, env });
  const output = Promise.all([text(seeding.stdout), text(seeding.stderr)]);
  await once(docker, 'connection');
  await sleep(1_500);
  await new Promise((resolve) => docker.close(resolve));
  const engine = await startDynalite(port);
  onTestFinished(() => engine.stop());
  const [code] = await once(seeding, 'exit');
  const [stdout, stderr] = await output;
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
  writeTool(folder, 'docker', docker);
  const seeding = spawn(process.execPath, [script, '--seed'], { cwd: folder, env });
  const output = Promise.all([text(seeding.stdout), text(seeding.stderr)]);
  const [code] = await once(seeding, 'exit');
  expect([code, ...(await output)]).toEqual([1, '', expect.stringContaining(message)]);
  expect(other.calls).toEqual([]);
});

test('waiting for an engine that never answers ends', async () => {
  const docker = createServer((socket) => socket.resetAndDestroy());
  onTestFinished(() => void docker.close());
  const endpoint = await listen(docker, 0, 'PORT');
  await expect(waitUntilAnswering(endpoint, 500)).rejects.toThrow(
    `${endpoint} has not answered within 0.5 seconds`,
  );
});

test('an unknown option is refused with a list of the known ones', () => {
  const { status, stderr } = runSam(['--prnt'], []);
  expect(status).toBe(1);
  expect(stderr).toContain('--print');
});

test("it overrides only variables of the stage's template", () => {
  const { folder } = runSam(['--variables'], []);
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
  (name) => {
    const { stdout } = runSam(['--event', name, '--user', 'bob'], []);
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

const script = join(process.cwd(), 'infra/local/sam.ts');

/** Makes a folder with fakes of the named tools that only record their calls, and an environment that has no others. */
function prepare(tools: string[], variables: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'password-reset-sam-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const log = join(folder, 'calls');
  writeFileSync(log, '');
  symlinkSync(process.execPath, join(folder, 'node'));
  for (const tool of tools) writeTool(folder, tool, `echo "${tool} $*" >> "${log}"`);
  return {
    folder,
    log,
    env: { PATH: folder, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...variables },
  };
}

function writeTool(folder: string, tool: string, body: string): void {
  writeFileSync(join(folder, tool), `#!/bin/sh\n${body}\n`);
  chmodSync(join(folder, tool), 0o755);
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

/** Runs the script in a folder of its own, with fakes of the named tools that only record their calls. */
function runSam(args: string[], tools: string[], variables: Record<string, string> = {}) {
  const { folder, log, env } = prepare(tools, variables);
  const run = spawnSync(process.execPath, [script, ...args], { cwd: folder, env, encoding: 'utf8' });
  return { ...run, folder, calls: readFileSync(log, 'utf8').trim().split('\n').filter(Boolean) };
}

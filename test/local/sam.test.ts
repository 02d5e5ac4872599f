// `npm run sam`: the commands that it prints and runs, and the files that it makes for SAM.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { expect, onTestFinished, test } from 'vitest';

const statement = /^(npx|npm|docker|sam) /;

test('--print prints the commands without SAM and Docker', () => {
  const { status, stdout, stderr } = runSam(['--print'], []);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
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

test.each([
  [[], ['SAM CLI', 'Docker']],
  [['sam'], ['Docker']],
  [['docker'], ['SAM CLI']],
])('with only %j installed, it names the missing tools and where to get them', (tools, missing) => {
  const { status, stderr, calls } = runSam([], [...tools, 'npx', 'npm']);
  expect(status).toBe(1);
  for (const name of missing) expect(stderr).toContain(name);
  expect(stderr).toContain('https://');
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(calls.filter((call) => statement.test(call) && !/version|info/.test(call))).toEqual([]);
});

test('it runs the same commands in order, and skips what exists already', () => {
  const { status, calls } = runSam([], ['sam', 'docker', 'npx', 'npm']);
  expect(status).toBe(0);
  expect(calls).toEqual([
    'sam --version',
    'docker info',
    'npx cdk synth -c stage=local',
    'npm run -s sam -- --variables',
    'docker network inspect password-reset',
    'docker container inspect password-reset-table',
    'npm run -s sam -- --seed',
    expect.stringMatching(/^sam local start-api /),
  ]);
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

/** Runs the script in a folder of its own, with fakes of the named tools that only record their calls. */
function runSam(args: string[], tools: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'password-reset-sam-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const log = join(folder, 'calls');
  writeFileSync(log, '');
  symlinkSync(process.execPath, join(folder, 'node'));
  for (const tool of tools) {
    writeFileSync(join(folder, tool), `#!/bin/sh\necho "${tool} $*" >> "${log}"\n`);
    chmodSync(join(folder, tool), 0o755);
  }
  const run = spawnSync(process.execPath, [join(process.cwd(), 'infra/local/sam.ts'), ...args], {
    cwd: folder,
    env: { PATH: folder, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
    encoding: 'utf8',
  });
  return { ...run, folder, calls: readFileSync(log, 'utf8').trim().split('\n').filter(Boolean) };
}

// `npm run test:sam` if something is missing or does not come up: what it says, and that it ends what it has started.
// Docker and SAM are programs here that only keep a list of what exists; test/sam runs the real ones.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startDynalite } from '../../infra/local/table.ts';
import { startSam } from '../sam/sam-process.ts';
import { writeShellProgram } from '../support/shell-program.ts';
import { startProgram } from '../support/start-program.ts';

const root = process.cwd();

/** A folder with programs, which is also the project's folder of `npm run sam`. */
function createFolder(programs: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'password-reset-test-sam-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, body] of Object.entries(programs)) {
    writeShellProgram(folder, name, `cd "${folder}"\n${body}`);
  }
  return folder;
}

/** Keeps the network and the container in files. */
const docker = (port: string) => `
echo "$*" >> calls
case "$*" in
  info) ;;
  "network inspect"*) test -e network ;;
  "network create"*) touch network ;;
  "network rm"*) rm network ;;
  "container inspect"*) test -e container && cat inspected ;;
  run*) touch container; echo '[{"Config":{"Image":"amazon/dynamodb-local:2.5.2"},"State":{"Running":true},"NetworkSettings":{"Ports":{"8000/tcp":[{"HostPort":"${port}"}]}}}]' > inspected ;;
  ps*) test -e container && echo 4711 ;;
  "rm --force 4711") rm container ;;
esac`;

function prepare(programs: Readonly<Record<string, string>>) {
  const folder = createFolder(programs);
  symlinkSync(process.execPath, join(folder, 'node'));
  return spawnSync(process.execPath, [join(root, 'test/sam/prepare.ts')], {
    env: { PATH: `${folder}:/bin`, PYTHON: '/nowhere/python3' },
    encoding: 'utf8',
  });
}

test.each([
  ['no Docker', 'exit 1', 'no Docker daemon answers `docker info`: install Docker'],
  [
    'a table already',
    'test "$1" != network',
    'the container "password-reset-table" of npm run sam exists already',
  ],
  [
    'a network already',
    'test "$1" != container',
    'the network "password-reset" of npm run sam exists already',
  ],
  [
    'no Python',
    'test "$1" = info',
    'it needs Python 3.10 or newer with venv (Debian: apt-get install python3-venv',
  ],
])('with %s, npm run test:sam fails with one line that says what to do', (_what, body, message) => {
  const { status, stdout, stderr } = prepare({ docker: body });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toContain(`npm run test:sam: not run: ${message}`);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

/** SAM that never answers, and notes when it starts and when it is ended. */
const silent = `echo > started; trap 'echo SIGTERM >> ended; exit 0' TERM; for i in $(seq 200); do sleep 0.1; done`;

/** The folder of a project whose `npm run sam` is ours, with stand-ins for Docker and SAM. */
function createProject(tableEndpoint: string, sam: string) {
  const folder = createFolder({
    docker: docker(new URL(tableEndpoint).port),
    sam: `[ "$1" = --version ] && exit 0\n${sam}`,
    npx: ':',
  });
  const script = `node ${join(root, 'infra/local/sam.ts')}`;
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts: { sam: script } }));
  const environment = {
    PATH: `${folder}:${dirname(process.execPath)}:${process.env.PATH}`,
    HOME: folder,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
  };
  return { folder, environment };
}

test.each([
  ['ends at once', 60_000, 'exit 3', 'npm run sam ended with code 1 before its API answered'],
  [
    'answers, but the function fails',
    60_000,
    `echo > started
    port=$(echo "$*" | sed 's/.*--port \\([0-9]*\\).*/\\1/')
    node -e 'require("http").createServer((_, r) => r.writeHead(502).end()).listen(process.argv[1], "127.0.0.1")' $port &
    trap "echo SIGTERM >> ended; kill $!; exit 0" TERM
    wait`,
    'The function behind npm run sam fails: status 502, 3 times',
  ],
  ['never answers', 8_000, silent, 'The function behind npm run sam has not answered within 8 seconds'],
])(
  'if SAM %s, all that was started is ended',
  { timeout: 70_000 },
  async (_how, milliseconds, sam, message) => {
    const engine = await startDynalite(0);
    onTestFinished(() => engine.stop());
    const { folder, environment } = createProject(engine.endpoint, sam);
    await expect(startSam(environment, { folder, milliseconds, output: 'ignore' })).rejects.toThrow(message);
    const calls = readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
    // On a busy machine the time may be over before SAM is started.
    const hasStarted = existsSync(join(folder, 'started'));
    if (hasStarted || milliseconds === 60_000)
      expect(calls).toContainEqual(expect.stringMatching(/^run --detach /));
    const hasContainer = calls.some((call) => call.startsWith('run --detach '));
    expect(calls.slice(calls.indexOf('ps --all --quiet --filter network=password-reset'))).toEqual([
      'ps --all --quiet --filter network=password-reset',
      ...(hasContainer ? ['rm --force 4711'] : []),
      'network rm password-reset',
      'container inspect password-reset-table',
      'network inspect password-reset',
    ]);
    expect(['container', 'network'].filter((name) => existsSync(join(folder, name)))).toEqual([]);
    expect(existsSync(join(folder, 'ended'))).toBe(hasStarted);
  },
);

test('if the tests are interrupted, SAM is ended', async () => {
  const engine = await startDynalite(0);
  onTestFinished(() => engine.stop());
  const { folder, environment } = createProject(engine.endpoint, silent);
  const options = { folder, milliseconds: 60_000, output: 'ignore' };
  const runner = startProgram([
    process.execPath,
    '--input-type=module',
    '--eval',
    `import { startSam } from './test/sam/sam-process.ts';
    await startSam(${JSON.stringify(environment)}, ${JSON.stringify(options)});`,
  ]);
  await expect.poll(() => existsSync(join(folder, 'started')), { timeout: 60_000 }).toBe(true);
  runner.kill('SIGKILL');
  await expect.poll(() => existsSync(join(folder, 'ended'))).toBe(true);
});

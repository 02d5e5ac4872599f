// `npm start` as a developer uses it: the printed commands, the log, the signals, and no process that outlives its parent.
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { printToken } from '../../infra/local/print-token.ts';
import { resetPath, send } from '../support/http-client.ts';
import { type LocalProcess, runShell, startLocal } from '../support/local-process.ts';
import { runInProcess } from '../support/run-program.ts';
import { expectNoneOf } from '../support/secrets.ts';
import { root, startProgram } from '../support/start-program.ts';

describe('the first output', () => {
  let local: LocalProcess;
  beforeAll(async () => {
    local = await startLocal({}, 'npm');
  });
  afterAll(() => local.stop());

  /** The printed commands in order: token, curl, user, token, curl, user. */
  const commands = () =>
    local
      .output()
      .split('\n')
      .filter((line) => /^(TOKEN=|curl |.*npm run -s user)/.test(line));

  it('introduces the demo users', () => {
    expect(local.output()).toContain(
      'Demo users: alice (PIN 5621, two payment methods), bob (no PIN), carol (disabled).',
    );
  });

  it('has commands that work as described', async () => {
    const [token, withPin, look, again, withoutPin, lookAgain] = commands();
    const first = await runShell(`${token}\n${withPin}\n${look}`);
    expect(first.stdout).toMatch(/^HTTP\/1\.1 204/);
    expect(JSON.parse(first.stdout.slice(first.stdout.indexOf('{')))).toMatchObject({
      userId: 'alice',
      passwordSet: false,
      pinSet: true,
      pinGuesses: 0,
      paymentMethods: ['visa', 'sepa'],
      lastReset: { pinVerified: true },
    });
    const second = await runShell(`${again}\n${withoutPin}\n${lookAgain}`);
    expect(second.stdout).toMatch(/^HTTP\/1\.1 204/);
    expect(JSON.parse(second.stdout.slice(second.stdout.indexOf('{')))).toMatchObject({ paymentMethods: [] });
  });

  it('can be followed by the examples of README and docs/api.md, one after the other', async () => {
    const blocks = ['README.md', 'docs/api.md'].flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/```sh\n([^`]*npm run -s token[^`]*curl[^`]*)```/g)].map(
        ([, block]) => block,
      ),
    );
    expect(blocks).toHaveLength(2);
    const [variables] = /ISSUER_PORT=\S+ AWS_ENDPOINT_URL_DYNAMODB=\S+/.exec(local.output()) ?? [];
    const examples = blocks.join('').replaceAll('http://127.0.0.1:3000', local.url);
    const { stdout } = await runShell(`export ${variables}\n${examples}`);
    expect(stdout.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 204', 'HTTP/1.1 204']);
  });

  it('is followed by a log line per request and embedded metrics, without token, PIN or query', async () => {
    const ISSUER_PORT = /ISSUER_PORT=(\d+)/.exec(local.output())?.[1] ?? '';
    const token = (await runInProcess(printToken, ['bob'], { ISSUER_PORT })).stdout.trim();
    const headers = { Authorization: `Bearer ${token}`, 'User-Agent': 'agent-4711' };
    const before = local.output().length;
    const malformed = await send(local.url, { path: `${resetPath}?pin=94711`, headers });
    const done = await send(local.url, { path: `${resetPath}?utm_source=mail-4711`, headers });
    // What is printed may arrive after the answer.
    const printed = await vi.waitFor(
      () => {
        const lines = local.output().slice(before).trim().split('\n');
        const parsed = lines.map((line) => JSON.parse(line));
        expect(parsed.filter((line) => line._aws ?? line.message === 'event')).toHaveLength(2);
        return parsed;
      },
      { timeout: 15_000 },
    );
    expect(printed.filter((line) => line.message === 'request')).toMatchObject([
      {
        requestId: malformed.headers['request-id'],
        code: 'recovery-pin-malformed',
        userId: 'bob',
        level: 'INFO',
      },
      { requestId: done.headers['request-id'], code: 'reset', userId: 'bob', paymentMethodsCleared: 1 },
    ]);
    expect(printed.find((line) => line._aws)).toMatchObject({ PasswordReset: 1, PaymentMethodsCleared: 1 });
    expectNoneOf(['4711', token, token.split('.')[2] ?? '', 'argon2', 'utm_source'], printed);
  });

  it('ends when its npm is ended', async () => {
    await local.stop('SIGTERM');
    const isAnswering = () => fetch(local.url).then(Boolean, () => false);
    await expect.poll(isAnswering).toBe(false);
  });
});

it('ends with exit code 0 on Ctrl-C, also if it comes twice', async () => {
  const local = await startLocal();
  void local.stop('SIGINT');
  expect(await local.stop('SIGINT')).toBe(0);
  await expect(fetch(local.url)).rejects.toThrow();
});

it('ends when the process of its test is killed', async () => {
  const test = `
    import { startLocal } from './test/support/local-process.ts';
    const [node, npm] = [await startLocal(), await startLocal({}, 'npm')];
    console.log(node.url, npm.url, 'started');`;
  const runner = startProgram([process.execPath, '--input-type=module', '--eval', test]);
  let output = '';
  for await (const chunk of runner.stdout) {
    output += chunk;
    if (output.includes('started')) break;
  }
  const urls = output.split(' ').slice(0, 2);
  const answering = () =>
    Promise.all(
      urls.map((url) =>
        fetch(url).then(
          () => true,
          () => false,
        ),
      ),
    );
  expect(await answering()).toEqual([true, true]);
  runner.kill('SIGKILL');
  await expect.poll(answering).toEqual([false, false]);
});

it('says in one line that packages are not installed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'password-reset-'));
  await cp(join(root, 'infra'), join(folder, 'infra'), { recursive: true });
  await cp(join(root, 'package.json'), join(folder, 'package.json'));
  const { start } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')).scripts;
  const { code, stderr } = await runShell(`cd '${folder}' && ${start}`);
  await rm(folder, { recursive: true });
  expect([code, stderr]).toEqual([1, 'Run npm ci first: the packages of this project are not installed.\n']);
});

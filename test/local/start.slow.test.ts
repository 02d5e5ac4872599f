// `npm start` as a developer uses it: the printed commands, the helper scripts, the signals and the error messages.
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { listen } from '../../infra/local/listen.ts';
import { demoUsers } from '../../infra/local/seed.ts';
import { schemaViolationsOf } from '../support/events.ts';
import { resetPath, send } from '../support/http-client.ts';
import { type LocalProcess, runShell, startLocal } from '../support/local-process.ts';
import { expectNoneOf } from '../support/secrets.ts';
import { pepperJson, startService } from '../support/service.ts';
import { audience, createTokenSigner, issuer, type TokenSigner } from '../support/token-signer.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'password-reset-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function seedFile(content: string): Promise<string> {
  const path = join(folder, `${Math.random()}.json`);
  await writeFile(path, content);
  return path;
}

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
      [...readFileSync(page, 'utf8').matchAll(/```sh\n([^`]*npm run -s token[^`]*)```/g)].map(
        ([, block]) => block,
      ),
    );
    expect(blocks).toHaveLength(2);
    const [variables] = /ISSUER_PORT=\S+ AWS_ENDPOINT_URL_DYNAMODB=\S+/.exec(local.output()) ?? [];
    const examples = blocks.join('').replaceAll('http://127.0.0.1:3000', local.url);
    const { stdout } = await runShell(`export ${variables}\n${examples}`);
    expect(stdout.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 204', 'HTTP/1.1 204']);
  });

  it('has demo users without a PIN and disabled, too', async () => {
    const tokenOf = async (userId: string) =>
      (await runShell(`${(commands()[0] ?? '').replace('alice', userId)}; echo -n "$TOKEN"`)).stdout;
    const bob = {
      path: `${resetPath}?pin=5621`,
      headers: { Authorization: `Bearer ${await tokenOf('bob')}` },
    };
    expect((await send(local.url, bob)).code).toBe('recovery-pin-not-set');
    const carol = { path: resetPath, headers: { Authorization: `Bearer ${await tokenOf('carol')}` } };
    expect((await send(local.url, carol)).code).toBe('user-disabled');
  });

  it('is followed by a log line per request and embedded metrics, without token, PIN or query', async () => {
    const token = (await runShell(`${commands()[0]?.replace('alice', 'bob')}; echo -n "$TOKEN"`)).stdout;
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
});

describe('the published events', () => {
  let local: LocalProcess;
  let signer: TokenSigner;
  let closeTable = async () => {};
  const createIssuer = async () => {
    signer = await createTokenSigner();
    return { TOKEN_ISSUER: issuer, TOKEN_AUDIENCE: audience, TOKEN_JWKS: JSON.stringify(signer.jwks) };
  };
  afterEach(async () => {
    await local.stop();
    await closeTable();
    closeTable = async () => {};
  });

  /** Sends a request; resolves to the invocation id in its log line, which the event has too. */
  async function reset(query = '', token?: string): Promise<string> {
    const Authorization = `Bearer ${token ?? (await signer.sign({ sub: 'alice' }))}`;
    const answer = await send(local.url, { path: resetPath + query, headers: { Authorization } });
    const isLine = (line: string) => line.includes(`"requestId":"${answer.headers['request-id']}"`);
    const line = await vi.waitUntil(() => local.output().split('\n').find(isLine), { timeout: 15_000 });
    return JSON.parse(line).invocationId;
  }

  /** The printed log lines with a message. */
  const printed = (message: string) =>
    local
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{') && line.includes(`"message":"${message}"`))
      .map((line) => JSON.parse(line));

  /** The printed events, of which the last are printed a moment after their answers. */
  async function events(atLeast: number) {
    await vi.waitFor(() => expect(printed('event').length).toBeGreaterThanOrEqual(atLeast), {
      timeout: 15_000,
    });
    return printed('event');
  }

  it.each(['the table of npm start', 'an existing table'])(
    'appear on the terminal and on the page, with %s',
    async (table) => {
      const environment = await createIssuer();
      if (table === 'an existing table') {
        const service = await startService();
        closeTable = () => service.close();
        await service.put(...demoUsers);
        Object.assign(environment, {
          AWS_ENDPOINT_URL_DYNAMODB: service.proxy.endpoint,
          TABLE_NAME: service.tableName,
          PIN_PEPPER: pepperJson,
        });
      }
      local = await startLocal(environment);
      const attempts = [];
      for (const pin of ['1000', '1001', '1002', '1002']) attempts.push(await reset(`?pin=${pin}`));
      const token = await signer.sign({ sub: 'alice' });
      const done = await reset('', token);
      await reset('', token);
      const printedEvents = await events(2);
      expect(printedEvents).toMatchObject([
        {
          source: 'password-reset',
          'detail-type': 'RecoveryPinLocked',
          detail: { lockId: attempts[2] },
        },
        {
          'detail-type': 'PasswordReset',
          detail: { resetId: done, userId: 'alice', paymentMethodsCleared: ['sepa', 'visa'] },
        },
      ]);
      for (const event of printedEvents)
        expect(schemaViolationsOf(event['detail-type'], event.detail)).toEqual([]);
      const onThePage = (await (await fetch(`${local.url}/~local/state`)).json()) as { events: object[] };
      expect(printedEvents).toEqual(onThePage.events.map((event) => ({ message: 'event', ...event })));
    },
  );
});

describe('with variables set, npm start', () => {
  let local: LocalProcess | undefined;
  afterEach(async () => {
    await local?.stop();
    local = undefined;
  });

  it('greets with commands that can be pasted, for the first user of a seed file who can reset', async () => {
    const users = [
      { userId: 'carol', status: 'disabled', pin: '5621' },
      { userId: "zoe o'neill", pin: '0421', paymentMethods: { visa: {} } },
    ];
    local = await startLocal({ SEED_FILE: await seedFile(JSON.stringify(users)) });
    expect(local.output()).toContain('Users loaded from the seed file: 2.');
    const commands = local
      .output()
      .split('\n')
      .filter((line) => /^(TOKEN=|curl |.*npm run -s user)/.test(line));
    const { stdout, stderr } = await runShell(commands.join('\n'));
    expect(stdout.match(/^HTTP\/1\.1 .*$/gm)?.map((line) => line.trim())).toEqual(
      Array(2).fill('HTTP/1.1 204 No Content'),
    );
    expect(stdout).toContain('"userId": "zoe o\'neill"');
    expect(stderr).not.toMatch(/syntax|npm run|unexpected/);
  });

  it('answers the preflights of web pages as the deployed gateway does, and their requests', async () => {
    const Origin = 'http://localhost:5173';
    local = await startLocal({ CORS_ORIGINS: Origin });
    const url = local.url + resetPath;
    const preflight = await fetch(url, { method: 'OPTIONS', headers: { Origin } });
    expect([preflight.status, await preflight.text()]).toEqual([204, '']);
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-origin': Origin,
      'access-control-allow-methods': 'PUT',
      'access-control-allow-headers': 'Authorization,Content-Type,Request-Id',
      vary: 'Origin',
    });
    const answer = await fetch(url, { method: 'PUT', headers: { Origin } });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([401, Origin]);
    expect((await fetch(`${local.url}/elsewhere`, { method: 'OPTIONS', headers: { Origin } })).status).toBe(
      404,
    );
  });

  it('loads the users of a seed file instead of the demo users', async () => {
    const SEED_FILE = await seedFile('[{"userId":"zoe","pin":"0421"}]');
    const signer = await createTokenSigner();
    local = await startLocal({
      SEED_FILE,
      TOKEN_ISSUER: issuer,
      TOKEN_AUDIENCE: audience,
      TOKEN_JWKS: JSON.stringify(signer.jwks),
    });
    const reset = async (sub: string) =>
      send(local?.url ?? '', {
        path: `${resetPath}?pin=0421`,
        headers: { Authorization: `Bearer ${await signer.sign({ sub })}` },
      });
    expect((await reset('zoe')).code).toBe('204');
    expect((await reset('alice')).code).toBe('user-not-found');
  });

  it('uses an existing table, and does not change its users', async () => {
    const service = await startService();
    await service.put({ userId: 'alice', paymentMethods: { mine: {} } });
    const before = await service.item('alice');
    local = await startLocal({
      AWS_ENDPOINT_URL_DYNAMODB: service.proxy.endpoint,
      TABLE_NAME: service.tableName,
    });
    expect(await service.item('alice')).toEqual(before);
    expect(await service.item('bob')).toBeUndefined();
    expect(local.output()).toContain(`TABLE_NAME='${service.tableName}'`);
    // The greeting knows no user of the table, but what it says is no syntax error.
    const greeting = local
      .output()
      .split('\n')
      .filter((line) => /^(USER_ID|TOKEN)=/.test(line));
    const { stdout } = await runShell([...greeting.slice(0, 2), 'echo "$TOKEN"'].join('\n'));
    expect(stdout.split('.')).toHaveLength(3);
    await service.close();
  });

  it('adds the users of a seed file to an existing table, and leaves those that it has', async () => {
    const service = await startService();
    await service.put({ userId: 'alice', password: 'p', pin: '0421', paymentMethods: { mine: {} } });
    const before = await service.item('alice');
    local = await startLocal({
      AWS_ENDPOINT_URL_DYNAMODB: service.proxy.endpoint,
      TABLE_NAME: service.tableName,
      SEED_FILE: await seedFile('[{"userId":"alice","pin":"5621"},{"userId":"zoe","pin":"5621"}]'),
    });
    expect(local.output()).toContain(`the table "${service.tableName}" has alice already, left as they are`);
    expect(await service.item('zoe')).toMatchObject({ pinVerifier: { S: expect.any(String) } });
    const restore = (userId: string) =>
      fetch(`${local?.url}/~local/users/${userId}/restore`, { method: 'POST' });
    expect((await restore('zoe')).status).toBe(200);
    await restore('alice');
    expect(await service.item('alice')).toEqual(before);
    await service.close();
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends with exit code 0 on %s', async (signal) => {
    const started = await startLocal();
    expect(await started.stop(signal)).toBe(0);
    await expect(fetch(started.url)).rejects.toThrow();
  });

  it('ends when its npm is ended', async () => {
    const started = await startLocal({}, 'npm');
    await started.stop('SIGTERM');
    const isAnswering = () => fetch(started.url).then(Boolean, () => false);
    await expect.poll(isAnswering).toBe(false);
  });
});

describe('a mistake ends npm start with exit code 1 and one line that says what to do:', () => {
  async function lineOf(environment: Record<string, string>): Promise<string> {
    const { code, stdout, stderr } = await runShell('exec node infra/local/start.ts', environment);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    return stderr;
  }

  it.each([['PORT'], ['ISSUER_PORT'], ['DYNAMODB_PORT'], ['PORT', 'ISSUER_PORT', 'DYNAMODB_PORT']])(
    'ports in use: %s',
    async (...variables) => {
      const servers = variables.map(() => createServer());
      const ports = await Promise.all(
        servers.map(async (server) => new URL(await listen(server, 0, 'PORT')).port),
      );
      const line = await lineOf(
        Object.fromEntries(variables.map((variable, index) => [variable, String(ports[index])])),
      );
      const told = variables.map((variable, index) => `${ports[index]} (${variable})`).join(', ');
      expect(line).toContain(`these ports are in use: ${told}. Is another \`npm start\` running?`);
      for (const server of servers) server.close();
    },
  );

  it('packages that are not installed', async () => {
    const copy = join(folder, 'copy');
    await cp('infra', join(copy, 'infra'), { recursive: true });
    await cp('package.json', join(copy, 'package.json'));
    const { start } = JSON.parse(await readFile('package.json', 'utf8')).scripts;
    const { code, stderr } = await runShell(`cd '${copy}' && ${start}`);
    expect([code, stderr]).toEqual([
      1,
      'Run npm ci first: the packages of this project are not installed.\n',
    ]);
  });

  it('an invalid port', async () => {
    expect(await lineOf({ PORT: '70000' })).toContain('PORT is "70000": set it to a port number');
  });

  it('a seed file that is missing, not JSON, or invalid', async () => {
    expect(await lineOf({ SEED_FILE: '/none.json' })).toContain(
      'SEED_FILE /none.json cannot be read (ENOENT)',
    );
    expect(await lineOf({ SEED_FILE: await seedFile('[{]') })).toMatch(/SEED_FILE .*position 2/);
    expect(await lineOf({ SEED_FILE: await seedFile('[{"userId":"a","pin":1}]') })).toContain(
      '[0].pin must be',
    );
  });

  it('an issuer without an audience', async () => {
    expect(await lineOf({ TOKEN_ISSUER: issuer })).toContain('TOKEN_AUDIENCE is not set');
  });

  it('a table that does not answer', async () => {
    expect(await lineOf({ AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:9' })).toMatch(
      /npm start: .*ECONNREFUSED/,
    );
  });

  it.each([
    ['local/start', 'npm start'],
    ['local/print-token', 'npm run -s token -- <user id>'],
    ['local/print-user', 'npm run -s user -- <user id>'],
    ['local/sam', 'npm run sam [-- --print'],
    ['operations/smoke', 'npm run -s smoke -- --url <endpoint>'],
  ])('infra/%s.ts --help says how to use it, and nothing is wrong', async (program, use) => {
    const { code, stdout, stderr } = await runShell(`node infra/${program}.ts --help`);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(use);
  });

  it('an option of npm start, which has none', async () => {
    const { code, stderr } = await runShell('npm -s start -- --port 3100');
    expect([code, stderr]).toEqual([1, expect.stringContaining('PORT=3100 npm start')]);
  });

  it.each([
    ['npm run -s token -- alice', 'is npm start running?'],
    ['npm run -s user -- alice', 'is npm start running?'],
    ['npm run -s token', 'npm run -s token -- alice'],
    ['npm run -s user', 'npm run -s user -- alice'],
  ])('%s, also without npm start or the user id', async (command, hint) => {
    const { code, stderr } = await runShell(command, { ISSUER_PORT: '9', DYNAMODB_PORT: '9' });
    expect(code).toBe(1);
    expect(stderr).toContain(hint);
  });
});

// `npm start` and its helpers in this process: what they print, their variables and mistakes.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Interruption } from '../../infra/command-line/program.ts';
import { listen } from '../../infra/local/listen.ts';
import { printToken } from '../../infra/local/print-token.ts';
import { printUser } from '../../infra/local/print-user.ts';
import { sam } from '../../infra/local/sam.ts';
import { demoUsers } from '../../infra/local/seed.ts';
import { start } from '../../infra/local/start.ts';
import { deadLetters } from '../../infra/operations/dead-letters.ts';
import { rotatePepper } from '../../infra/operations/rotate-pepper.ts';
import { smoke } from '../../infra/operations/smoke.ts';
import { schemaViolationsOf } from '../support/events.ts';
import { resetPath, send } from '../support/http-client.ts';
import { runShell } from '../support/local-process.ts';
import { documented } from '../support/openapi.ts';
import { runInProcess } from '../support/run-program.ts';
import { expectNoneOf } from '../support/secrets.ts';
import { pepperJson, startService } from '../support/service.ts';
import { audience, createTokenSigner, issuer } from '../support/token-signer.ts';
import { type LocalService, startHere } from './local-service.ts';

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

it('has demo users with a PIN, without one, and disabled, and says so', async () => {
  const local = await startHere();
  onTestFinished(() => void local.stop());
  expect(local.output()).toContain(
    'Demo users: alice (PIN 5621, two payment methods), bob (no PIN), carol (disabled).',
  );
  const ISSUER_PORT = /ISSUER_PORT=(\d+)/.exec(local.output())?.[1] ?? '';
  const codeOf = async (userId: string) => {
    const { stdout } = await runInProcess(printToken, [userId], { ISSUER_PORT });
    const headers = { Authorization: `Bearer ${stdout.trim()}` };
    return (await send(local.url, { path: `${resetPath}?pin=5621`, headers })).code;
  };
  expect(await codeOf('alice')).toBe('204');
  expect(await codeOf('bob')).toBe('recovery-pin-not-set');
  expect(await codeOf('carol')).toBe('user-disabled');
});

it.each(['the table of npm start', 'an existing table'])(
  'events appear on the terminal and on the page, with %s',
  async (table) => {
    const signer = await createTokenSigner();
    const environment = {
      TOKEN_ISSUER: issuer,
      TOKEN_AUDIENCE: audience,
      TOKEN_JWKS: JSON.stringify(signer.jwks),
    };
    if (table === 'an existing table') {
      const service = await startService();
      onTestFinished(() => service.close());
      await service.put(...demoUsers);
      Object.assign(environment, {
        AWS_ENDPOINT_URL_DYNAMODB: service.proxy.endpoint,
        TABLE_NAME: service.tableName,
        PIN_PEPPER: pepperJson,
      });
    }
    const local = await startHere(environment);
    onTestFinished(() => void local.stop());
    const token = await signer.sign({ sub: 'alice' });
    const reset = (query: string) =>
      send(local.url, { path: resetPath + query, headers: { Authorization: `Bearer ${token}` } });
    for (const pin of ['1000', '1001', '1002', '1002']) await reset(`?pin=${pin}`);
    expect((await reset('')).code).toBe('204');
    await reset('');
    const events = await vi.waitFor(
      () => {
        const lines = local
          .output()
          .split('\n')
          .filter((line) => line.startsWith('{"message":"event"'));
        expect(lines).toHaveLength(2);
        return lines.map((line) => JSON.parse(line));
      },
      { timeout: 15_000 },
    );
    expect(events).toMatchObject([
      { source: 'password-reset', 'detail-type': 'RecoveryPinLocked', detail: { userId: 'alice' } },
      {
        'detail-type': 'PasswordReset',
        detail: { userId: 'alice', paymentMethodsCleared: ['sepa', 'visa'] },
      },
    ]);
    for (const event of events) expect(schemaViolationsOf(event['detail-type'], event.detail)).toEqual([]);
    const onThePage = (await (await fetch(`${local.url}/~local/state`)).json()) as {
      events: { event: object }[];
    };
    expect(events).toEqual(onThePage.events.map(({ event }) => ({ message: 'event', ...event })));
  },
);

/** The local service with a token of alice for it. */
async function startWithToken(environment: Readonly<Record<string, string>> = {}, isTerminal = false) {
  const local = await startHere(environment, isTerminal);
  onTestFinished(() => void local.stop());
  const ISSUER_PORT = /ISSUER_PORT=(\d+)/.exec(local.output())?.[1] ?? '';
  const token = (await runInProcess(printToken, ['alice'], { ISSUER_PORT })).stdout.trim();
  return { local, token, headers: { Authorization: `Bearer ${token}` } };
}

it('in a terminal, each request and each event is one readable line, without token, PIN or query', async () => {
  const { local, token, headers } = await startWithToken({}, true);
  const before = local.output().length;
  await send(local.url, { path: `${resetPath}?utm_source=mail-4711` });
  await send(local.url, { path: `${resetPath}?pin=4711`, headers });
  await send(local.url, { path: `${resetPath}?pin=94711`, headers });
  await send(local.url, { path: `${resetPath}?pin=5621&utm_source=mail-4711`, headers });
  await vi.waitFor(() => expect(local.output()).toContain('-->'), { timeout: 15_000 });
  const printed = local.output().slice(before);
  const lines = printed.split('\n').filter(Boolean);
  // An event is published while the request that caused it is answered.
  const isEvent = (line: string) => line.startsWith('-->');
  expect(lines.filter(isEvent)).toEqual([
    expect.stringMatching(/^--> PasswordReset +alice +right PIN, payment methods kept$/),
  ]);
  expect(lines.filter((line) => !isEvent(line))).toEqual([
    expect.stringMatching(/^401 token-missing +- +\d+ ms$/),
    expect.stringMatching(/^403 recovery-pin-mismatch +alice +\d+ ms$/),
    expect.stringMatching(/^403 recovery-pin-malformed +alice +\d+ ms$/),
    expect.stringMatching(/^204 reset +alice +\d+ ms$/),
  ]);
  expectNoneOf(['4711', token, token.split('.')[2] ?? '', 'argon2', 'utm_source'], printed);
});

it('LOG_FORMAT chooses the form of the log, whether the output is a terminal or not', async () => {
  const linesOf = async (LOG_FORMAT: string, isTerminal: boolean) => {
    const { local } = await startWithToken({ LOG_FORMAT }, isTerminal);
    await send(local.url, { path: resetPath });
    return local.output().match(/^401 .*/gm) ?? [];
  };
  expect(await linesOf('text', false)).toHaveLength(1);
  // The JSON lines are written past the program's output.
  expect(await linesOf('json', true)).toEqual([]);
});

it('each error links to its code on the reference page, unless DOCUMENTATION_URL names another page', async () => {
  const { local } = await startWithToken();
  const { body } = await send(local.url, { path: resetPath });
  const [page = '', code] = JSON.parse(body).errors[0].links.about.split('#');
  expect([page, code]).toEqual([`${local.url}/~local/reference`, 'token-missing']);
  expect(await (await fetch(page)).text()).toContain('id="token-missing"');
  const DOCUMENTATION_URL = 'https://docs.example.com/errors';
  const other = await startWithToken({ DOCUMENTATION_URL });
  const answer = await send(other.local.url, { path: resetPath });
  expect(JSON.parse(answer.body).errors[0].links.about).toBe(`${DOCUMENTATION_URL}#token-missing`);
});

it('waits for a table that is slower than DynamoDB may be', async () => {
  const service = await startService();
  onTestFinished(() => service.close());
  await service.put(...demoUsers);
  const { local, headers } = await startWithToken({
    AWS_ENDPOINT_URL_DYNAMODB: service.proxy.endpoint,
    TABLE_NAME: service.tableName,
    PIN_PEPPER: pepperJson,
  });
  service.proxy.intercept = async ({ operation }) => {
    if (operation !== 'UpdateItem') return false;
    service.proxy.intercept = undefined;
    // Longer than the function as it is deployed waits for a write.
    await setTimeout(2_600);
    return false;
  };
  expect((await send(local.url, { path: `${resetPath}?pin=5621`, headers })).code).toBe('204');
});

describe('with variables set, npm start', () => {
  let local: LocalService | undefined;
  afterEach(async () => {
    await local?.stop();
    local = undefined;
  });

  it('greets with commands that can be pasted, for the first user of a seed file who can reset', async () => {
    const users = [
      { userId: 'carol', status: 'disabled', pin: '5621' },
      { userId: "zoe o'neill", pin: '0421', paymentMethods: { visa: {} } },
    ];
    local = await startHere({ SEED_FILE: await seedFile(JSON.stringify(users)) });
    expect(local.output()).toContain('Users loaded from the seed file: 2.');
    const commands = local
      .output()
      .split('\n')
      .filter((line) => /^(TOKEN=|curl |.*npm run -s user)/.test(line));
    // What a shell makes of them; test/local/start.process.slow.test.ts runs such commands for real.
    const programs = 'npm() { echo "npm:$*" >&2; echo token; }; curl() { echo "curl:$*" >&2; }';
    const { stderr } = await runShell([programs, ...commands].join('\n'));
    const token = "npm:run -s token -- zoe o'neill";
    const user = "npm:run -s user -- zoe o'neill";
    const curl = `curl:-i -X PUT -H Authorization: Bearer token ${local.url}${resetPath}`;
    expect(stderr.trim().split('\n')).toEqual([token, `${curl}?pin=0421`, user, token, curl, user]);
  });

  it('answers the preflights of web pages as the deployed gateway does, and their requests', async () => {
    const Origin = 'http://localhost:5173';
    local = await startHere({ CORS_ORIGINS: Origin });
    for (const path of documented.paths) {
      const preflight = await fetch(`${local.url}/user/2021-2${path}`, {
        method: 'OPTIONS',
        headers: { Origin },
      });
      expect([path, preflight.status, await preflight.text()]).toEqual([path, 204, '']);
      expect(Object.fromEntries(preflight.headers)).toMatchObject({
        'access-control-allow-origin': Origin,
        'access-control-allow-methods': String(documented.methods),
        'access-control-allow-headers': String(documented.requestHeaders),
        vary: 'Origin',
      });
    }
    const answer = await fetch(local.url + resetPath, { method: 'PUT', headers: { Origin } });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([401, Origin]);
    expect((await fetch(`${local.url}/elsewhere`, { method: 'OPTIONS', headers: { Origin } })).status).toBe(
      404,
    );
  });

  it('loads the users of a seed file instead of the demo users', async () => {
    const SEED_FILE = await seedFile('[{"userId":"zoe","pin":"0421"}]');
    const signer = await createTokenSigner();
    local = await startHere({
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
    local = await startHere({
      AWS_ENDPOINT_URL_DYNAMODB: service.proxy.endpoint,
      TABLE_NAME: service.tableName,
    });
    expect(await service.item('alice')).toEqual(before);
    expect(await service.item('bob')).toBeUndefined();
    expect(local.output()).toContain(`TABLE_NAME=${service.tableName}`);
    // The greeting knows no user of the table, but what it says is no syntax error.
    const greeting = local
      .output()
      .split('\n')
      .filter((line) => /^(USER_ID|TOKEN)=/.test(line));
    const npm = 'npm() { echo "token of $5"; }';
    const { stdout } = await runShell([npm, ...greeting.slice(0, 2), 'echo "$TOKEN"'].join('\n'));
    expect(stdout).toBe('token of put the id of a user here\n');
    await service.close();
  });

  it('adds the users of a seed file to an existing table, and leaves those that it has', async () => {
    const service = await startService();
    await service.put({ userId: 'alice', password: 'p', pin: '0421', paymentMethods: { mine: {} } });
    const before = await service.item('alice');
    local = await startHere({
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

  it.each(['SIGTERM', 'SIGHUP'] as const)(
    'ends with exit code 0 on %s, and frees its ports',
    async (signal) => {
      const running = await startHere();
      const { code, stderr } = await running.stop(new Interruption(signal));
      expect([code, stderr]).toEqual([0, '']);
      await expect(fetch(running.url)).rejects.toThrow();
      const again = await startHere({ PORT: new URL(running.url).port });
      await again.stop();
    },
  );
});

describe('a mistake ends npm start with exit code 1 and one line that says what to do:', () => {
  async function lineOf(environment: Record<string, string>): Promise<string> {
    const ports = { PORT: '0', ISSUER_PORT: '0', DYNAMODB_PORT: '0' };
    const { code, stdout, stderr } = await runInProcess(start, [], { ...ports, ...environment });
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

  it('an invalid port', async () => {
    expect(await lineOf({ PORT: '70000' })).toContain('PORT is "70000": set it to a port number');
  });

  it('a format of the log that is not known', async () => {
    expect(await lineOf({ LOG_FORMAT: 'xml' })).toBe(
      'npm start: LOG_FORMAT is "xml": set it to text or json.\n',
    );
  });

  it.each(['nonsense', 'localhost:8000', 'http://u:SECRET@127.0.0.1:1', 'http://127.0.0.1:1#x'])(
    'an endpoint that is no URL to be shown: %s',
    async (AWS_ENDPOINT_URL_DYNAMODB) => {
      const what =
        'AWS_ENDPOINT_URL_DYNAMODB is no http or https URL without credentials or fragment: ' +
        'set it to one such as http://127.0.0.1:8000.\n';
      expect(await lineOf({ AWS_ENDPOINT_URL_DYNAMODB })).toBe(`npm start: ${what}`);
      expect(await runInProcess(printUser, ['alice'], { AWS_ENDPOINT_URL_DYNAMODB })).toEqual({
        ...{ code: 1, stdout: '' },
        stderr: `npm run user: ${what}`,
      });
    },
  );

  it('a proxy that Node would ask for this machine', async () => {
    const proxy = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: 'http://127.0.0.1:9' };
    const hint =
      'HTTP_PROXY sends requests for 127.0.0.1 to a proxy: add 127.0.0.1 to NO_PROXY in this shell.\n';
    expect(await lineOf(proxy)).toBe(`npm start: ${hint}`);
    expect(await runInProcess(printToken, ['alice'], proxy)).toEqual({
      code: 1,
      stdout: '',
      stderr: `npm run token: ${hint}`,
    });
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

  it('a variable that is almost one of those that it reads', async () => {
    expect(await lineOf({ PASSWORD_MIN_LENGHT: '8' })).toBe(
      'npm start: PASSWORD_MIN_LENGHT is not a variable that is read. ' +
        'Did you mean PASSWORD_MIN_LENGTH? If not, unset it.\n',
    );
    expect(await lineOf({ SEED_FIEL: 'users.json' })).toContain('Did you mean SEED_FILE?');
  });

  it('an option, since it has none', async () => {
    const { code, stderr } = await runInProcess(start, ['--port', '3100']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('PORT=3100 npm start')]);
  });
});

it.each([
  ['npm start', start, 'PORT=3100 npm start'],
  ['npm run token', printToken, 'npm run -s token -- <user id>'],
  ['npm run user', printUser, 'npm run -s user -- <user id>'],
  ['npm run sam', sam, '--print '],
  ['npm run smoke', smoke, 'npm run -s smoke -- --url <endpoint>'],
  ['npm run rotate-pepper', rotatePepper, 'npm run rotate-pepper -- --secret <ARN>'],
  ['npm run dead-letters', deadLetters, 'npm run dead-letters -- --stack <name>'],
])(
  '%s --help says how to use it, in lines that fit a terminal, and --hepl is noticed',
  async (name, program, use) => {
    const { code, stdout, stderr } = await runInProcess(program, ['--help']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(use);
    expect(stdout.split('\n').filter((line) => line.length > 120)).toEqual([]);
    expect(await runInProcess(program, ['--hepl'])).toEqual({
      code: 1,
      stdout: '',
      stderr: `${name}: there is no option --hepl: did you mean --help?\n`,
    });
  },
);

it.each([
  ['token', printToken, 'alice', 'is npm start running?'],
  ['user', printUser, 'alice', 'is npm start running?'],
  ['token', printToken, '', 'npm run -s token -- alice'],
  ['user', printUser, '', 'npm run -s user -- alice'],
] as const)(
  'npm run %s, without npm start or the user id, says what is missing',
  async (_name, program, userId, hint) => {
    const args = userId ? [userId] : [];
    const { code, stderr } = await runInProcess(program, args, { ISSUER_PORT: '9', DYNAMODB_PORT: '9' });
    expect([code, stderr]).toEqual([1, expect.stringContaining(hint)]);
  },
);

it('npm run user says that the table does not exist, if its engine answers', async () => {
  const service = await startService();
  onTestFinished(() => service.close());
  const AWS_ENDPOINT_URL_DYNAMODB = service.proxy.endpoint;
  expect(
    (await runInProcess(printUser, ['alice'], { AWS_ENDPOINT_URL_DYNAMODB, TABLE_NAME: 'other' })).stderr,
  ).toBe(`npm run user: there is no table "other" at ${AWS_ENDPOINT_URL_DYNAMODB}: look at TABLE_NAME.\n`);
});

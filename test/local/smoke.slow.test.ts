// `npm run smoke` against `npm start` and against broken endpoints: it finds faults, and leaves the table unchanged.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ScanCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { Interruption } from '../../infra/command-line/program.ts';
import { listen } from '../../infra/local/listen.ts';
import { demoUsers } from '../../infra/local/seed.ts';
import { smoke as program } from '../../infra/operations/smoke.ts';
import { startTableProxy } from '../support/proxy.ts';
import { startInProcess } from '../support/run-program.ts';
import { startService } from '../support/service.ts';
import { audience, createTokenSigner, issuer, type TokenSigner } from '../support/token-signer.ts';
import { type LocalService, startHere } from './local-service.ts';

const tableName = `users-${randomUUID()}`;
const passed = [
  'ok    no token',
  'ok    wrong PIN',
  'ok    right PIN keeps the payment methods',
  'ok    no PIN clears the payment methods',
  'ok    unknown route',
  'ok    unknown route, with a token',
];
let signer: TokenSigner;
let client: DynamoDBClient;
let environment: Record<string, string>;
let service: LocalService;
let url: string;
let itemsBefore: unknown;

beforeAll(async () => {
  signer = await createTokenSigner();
  const endpoint = inject('tableEndpoint');
  client = new DynamoDBClient({ endpoint });
  environment = { AWS_ENDPOINT_URL_DYNAMODB: endpoint, AWS_REGION: 'eu-central-1' };
  service = await startHere({
    ...environment,
    TABLE_NAME: tableName,
    TOKEN_ISSUER: issuer,
    TOKEN_AUDIENCE: audience,
    TOKEN_JWKS: JSON.stringify(signer.jwks),
  });
  url = service.url;
});

afterAll(() => service.stop());

beforeEach(async () => {
  itemsBefore = await allItems();
});

test('the smoke test passes against npm start, and leaves the table unchanged', async () => {
  const { code, stdout } = await smoke({ user: 'nobody-yet' });
  expect(stdout.trim().split('\n')).toEqual([
    ...passed,
    `All 6 checks passed at ${url}/user/2021-2/user/password/reset.`,
  ]);
  expect(code).toBe(0);
  expect(await allItems()).toEqual(itemsBefore);
});

test('the smoke test accepts the endpoint as the stack prints it', async () => {
  const { code, stdout } = await smoke({
    user: 'nobody-yet',
    at: `${url}/user/2021-2/user/password/reset`,
  });
  expect([code, stdout]).toEqual([0, expect.stringContaining('All 6 checks passed')]);
});

test('the smoke test refuses the token of an existing user, and does not touch that user', async () => {
  const { code, stdout, stderr } = await smoke({ user: 'alice' });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('already has a user "alice"');
  expect(await allItems()).toEqual(itemsBefore);
});

describe('against an endpoint that breaks the contract, the smoke test', () => {
  test('reports what each check found instead, and sends no reset without a PIN after a failure', async () => {
    const { at, requests } = await relay((answer) => answer.headers.delete('request-id'));
    const { code, stdout, stderr } = await smoke({ user: 'nobody-yet', at });
    expect(stdout.trim().split('\n')).toEqual([
      'FAIL  no token: the header Request-Id is missing; id in the document is ' +
        `${stdout.match(/"\w{20}"/)?.[0]}, not null`,
      expect.stringMatching(/^FAIL {2}wrong PIN: the header Request-Id is missing; /),
      'FAIL  right PIN keeps the payment methods: the header Request-Id is missing',
      'left out no PIN clears the payment methods: it is sent only if nothing has failed',
      expect.stringMatching(/^FAIL {2}unknown route: /),
      'left out unknown route, with a token: it is sent only if nothing has failed',
    ]);
    expect(stderr).toContain(
      `4 of 6 checks failed at ${at}/user/2021-2/user/password/reset, and 2 were left out.`,
    );
    expect(code).toBe(1);
    expect(requests.filter(({ url, headers }) => headers.authorization && !url?.includes('?pin='))).toEqual(
      [],
    );
    expect(await allItems()).toEqual(itemsBefore);
  });

  test('reports a 401 without a challenge, under either of its names', async () => {
    const answerTo = (headers: Record<string, string>): RequestListener => {
      const id = 'cbgmhslmp1o9or9kh1p0';
      return (request, response) => {
        // The probe has a token, the first check has none.
        const [status, code] = request.headers.authorization
          ? [404, 'user-not-found']
          : [401, 'token-missing'];
        response
          .writeHead(status, { 'Request-Id': id, 'Content-Type': 'application/vnd.api+json', ...headers })
          .end(JSON.stringify({ errors: [{ id, status: String(status), code }] }));
      };
    };
    const outputOf = async (headers: Record<string, string>) => {
      const { stdout } = await smoke({ user: 'nobody-yet', at: await serve(answerTo(headers)) });
      return stdout.split('\n')[0];
    };
    expect(await outputOf({})).toBe('FAIL  no token: the 401 has no Bearer challenge');
    for (const name of ['WWW-Authenticate', 'x-amzn-Remapped-WWW-Authenticate']) {
      expect(await outputOf({ [name]: 'Bearer realm="password-reset"' })).toBe('ok    no token');
    }
  });

  test('stops before it makes its user, unless the endpoint says that there is no such user', async () => {
    const requests: IncomingMessage[] = [];
    const at = await serve((request, response) => {
      requests.push(request);
      response.writeHead(204).end();
    });
    const calls = await callsDuring(async (env) => {
      const { code, stdout, stderr } = await smoke({ user: 'nobody-yet', at, env });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/ answers 204 to a wrong PIN of "nobody-yet", and not 404 user-not-found/);
    });
    expect(requests.map(({ url }) => url)).toEqual([expect.stringMatching(/\/reset\?pin=0000$/)]);
    expect(calls).not.toContain('PutItem');
  });

  test('stops if the attempt at the PIN is not counted in its user', async () => {
    const requests: (string | undefined)[] = [];
    const at = await serve(({ url, headers }, response) => {
      requests.push(url?.split('/').at(-1));
      const [status, code] = !headers.authorization
        ? [401, 'token-missing']
        : requests.length === 1
          ? [404, 'user-not-found']
          : [403, 'recovery-pin-mismatch'];
      const id = 'cbgmhslmp1o9or9kh1p0';
      response
        .writeHead(status, {
          'Content-Type': 'application/vnd.api+json',
          'Request-Id': id,
          ...(status === 401 && { 'WWW-Authenticate': 'Bearer realm="password-reset"' }),
        })
        .end(JSON.stringify({ errors: [{ id, status: String(status), code }] }));
    });
    const { code, stdout, stderr } = await smoke({ user: 'nobody-yet', at });
    expect(stdout.trim().split('\n')).toEqual(['ok    no token', 'ok    wrong PIN']);
    expect(stderr).toMatch(/has not counted the attempt .*AWS_ENDPOINT_URL_DYNAMODB/);
    expect([code, requests]).toEqual([1, ['reset?pin=0000', 'reset', 'reset?pin=0000']]);
    expect(await allItems()).toEqual(itemsBefore);
  });

  test('never prints the token, though every answer repeats it', async () => {
    const token = await signer.sign({ sub: 'nobody-yet' });
    const { at } = await relay((answer, { headers }) => {
      const isProbe = answer.body.includes('user-not-found');
      answer.headers.set('content-type', String(headers.authorization));
      if (!isProbe) answer.body = JSON.stringify({ errors: [{ id: token, status: token, code: token }] });
    });
    const { code, stdout, stderr } = await start({ user: 'nobody-yet', at, token }).done;
    expect(code).toBe(1);
    expect(stdout).toContain('code is "<token>"');
    expect(stdout + stderr).not.toContain(token.split('.')[2]);
  });
});

describe('if --url and --table do not belong together, the smoke test', () => {
  test('does not reset the user of the other stage', async () => {
    const other = await startOtherStage();
    await other.put(
      { userId: 'dora', password: 'p', paymentMethods: { visa: {} } },
      { userId: 'emil', password: 'p', pin: '5621', paymentMethods: { visa: {} } },
    );
    for (const userId of ['dora', 'emil']) {
      const before = await other.item(userId);
      const { code, stdout, stderr } = await smoke({ user: userId, at: other.url });
      const { pinGuesses = { SS: [] }, ...after } = (await other.item(userId)) ?? {};
      expect(after).toEqual(before);
      expect(pinGuesses.SS).toHaveLength(userId === 'emil' ? 1 : 0);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain('--url and --table must be outputs of one stack');
    }
    expect(await allItems()).toEqual(itemsBefore);
  });

  test('stops after the first attempt, if the other stage does not have the user either', async () => {
    const other = await startOtherStage();
    const { code, stdout, stderr } = await smoke({ user: 'nobody-yet', at: other.url });
    expect(stdout.trim().split('\n')).toEqual([
      'ok    no token',
      expect.stringMatching(/^FAIL {2}wrong PIN: /),
    ]);
    expect(stderr).toContain('has not counted the attempt');
    expect(code).toBe(1);
    expect(other.proxy.calls).toEqual(['UpdateItem', 'UpdateItem']);
    expect(await allItems()).toEqual(itemsBefore);
  });

  async function startOtherStage() {
    const other = await startService({}, signer);
    onTestFinished(() => other.close());
    return other;
  }
});

describe('the smoke test leaves no user behind', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('when it gets %s', async (signal, exitCode) => {
    const { code, stderr } = await (await startAndHang()).end(new Interruption(signal));
    expect(code).toBe(exitCode);
    expect(stderr).toBe(`npm run smoke: interrupted by ${signal}; its user is not in the table any more.\n`);
    expect(await allItems()).toEqual(itemsBefore);
  });

  test.each(['nobody-yet', "o'nobody"])(
    'or names %s and the command that removes it, if the table refuses',
    async (user) => {
      const proxy = await startTableProxy(inject('tableEndpoint'));
      onTestFinished(() => proxy.close());
      proxy.intercept = async ({ operation, response }) => {
        if (operation !== 'DeleteItem') return false;
        response.writeHead(400).end(JSON.stringify({ __type: 'com.amazon#AccessDeniedException' }));
        return true;
      };
      const env = { AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint };
      const { code, stderr } = await smoke({ user, env });
      expect([code, stderr]).toEqual([1, expect.stringContaining('AccessDeniedException')]);
      expect(stderr).toContain(`the user "${user}" could not be removed from the table "${tableName}"`);
      const next = await smoke({ user });
      expect([next.code, next.stderr]).toEqual([1, expect.stringContaining('whom another smoke test made')]);
      // Both name the same command.
      const [removal, again] = [stderr, next.stderr].map((line) => line.match(/aws dynamodb .*/)?.[0]);
      expect(removal).toBe(again);
      await carryOut(String(removal));
      expect(await allItems()).toEqual(itemsBefore);
    },
  );

  test('when two run at once with the same token', async () => {
    const token = await signer.sign({ sub: 'nobody-yet' });
    const [bothHaveAsked, oneHasEnded] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    // Both find no user, and the one that makes it cannot end before the other has tried.
    let answers = 0;
    const { at } = await relay(() => {
      answers += 1;
      if (answers === 2) bothHaveAsked.resolve();
      return answers <= 2 ? bothHaveAsked.promise : oneHasEnded.promise;
    });
    const runs = [1, 2].map(() => start({ user: 'nobody-yet', at, token }).done);
    await Promise.race(runs);
    oneHasEnded.resolve();
    const [first, second] = (await Promise.all(runs)).toSorted((a, b) => Number(a.code) - Number(b.code));
    expect([first?.code, first?.stdout]).toEqual([0, expect.stringContaining('All 6 checks passed')]);
    expect(second?.code).toBe(1);
    expect(await allItems()).toEqual(itemsBefore);
  });

  /** Starts a run whose first check is never answered, and waits for its user. */
  async function startAndHang() {
    const at = await hangingAfterProbe();
    const started = start({ user: 'nobody-yet', at, token: await signer.sign({ sub: 'nobody-yet' }) });
    await expect.poll(allItems, { timeout: 60_000 }).toHaveLength(demoUsers.length + 1);
    return started;
  }

  async function hangingAfterProbe(): Promise<string> {
    let requests = 0;
    return serve((_request, response) => {
      requests++;
      if (requests > 1) return;
      response.writeHead(404).end(JSON.stringify({ errors: [{ code: 'user-not-found' }] }));
    });
  }

  /** Carries out the printed `aws dynamodb delete-item`, with its arguments as a shell reads them. */
  async function carryOut(command: string): Promise<void> {
    const shell = spawn('bash', ['-c', `aws() { printf '%s\\n' "$@"; }; ${command}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [, , , TableName, , key, , ConditionExpression, , values] = (await text(shell.stdout)).split('\n');
    await client.send(
      new DeleteItemCommand({
        TableName,
        Key: JSON.parse(String(key)),
        ConditionExpression,
        ExpressionAttributeValues: JSON.parse(String(values)),
      }),
    );
  }
});

test('the smoke test removes its user when it is interrupted before the table has answered', async () => {
  const proxy = await startTableProxy(inject('tableEndpoint'));
  const token = await signer.sign({ sub: 'nobody-yet' });
  proxy.intercept = async ({ operation }) => {
    if (operation === 'PutItem') running.end(new Interruption('SIGINT'));
    return false;
  };
  const running = start({
    user: 'nobody-yet',
    token,
    env: { AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint },
  });
  expect((await running.done).code).toBe(130);
  await proxy.drain();
  expect(await allItems()).toEqual(itemsBefore);
});

test('the smoke test recognizes its own user if the answer to the first write is lost', async () => {
  const proxy = await startTableProxy(inject('tableEndpoint'));
  let losses = 0;
  proxy.intercept = async ({ operation, forward, response }) => {
    if (operation !== 'PutItem' || losses > 0) return false;
    losses++;
    await forward();
    response.socket?.destroy();
    return true;
  };
  const { code } = await smoke({ user: 'nobody-yet', env: { AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint } });
  proxy.close();
  expect([code, losses]).toEqual([0, 1]);
  expect(await allItems()).toEqual(itemsBefore);
});

test("the smoke test finds the pepper's secret by the table's tag", async () => {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
  const Tags = [
    { Key: 'password-reset:pepper', Value: 'arn:aws:secretsmanager:eu-central-1:1:secret:pepper' },
  ];
  const ResourceArn = Table?.TableArn;
  await client.send(new TagResourceCommand({ ResourceArn, Tags }));
  // The other tests find the pepper in the environment.
  onTestFinished(async () => {
    await client.send(new UntagResourceCommand({ ResourceArn, TagKeys: Tags.map(({ Key }) => Key) }));
  });
  let input = '';
  const secrets = await serve(async (request, response) => {
    for await (const chunk of request) input += chunk;
    const SecretString = JSON.stringify({ current: 'k1', k1: 'not the one of npm start, so no PIN matches' });
    response
      .writeHead(200, { 'Content-Type': 'application/x-amz-json-1.1' })
      .end(JSON.stringify({ SecretString }));
  });
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', secrets);
  const { stdout } = await smoke({ user: 'nobody-yet' });
  await client.send(
    new UntagResourceCommand({ ResourceArn: Table?.TableArn, TagKeys: [String(Tags[0]?.Key)] }),
  );
  expect(JSON.parse(input)).toEqual({ SecretId: Tags[0]?.Value });
  expect(stdout).toContain('FAIL  right PIN');
});

const bearer = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJib2IifQ.c2lnbmF0dXJl';

test.each([
  [[], 'missing: --url, --table, TOKEN (or --token). Usage: TOKEN=<jwt'],
  [['--url', 'http://127.0.0.1:1', '--table', 'users'], 'missing: TOKEN (or --token). Usage: TOKEN=<jwt'],
  [['--url', bearer, '--table', 'users', '--token', bearer], '--url is not an http or https URL'],
  [['--url', 'http://127.0.0.1:1', '--table', 'users', '--token', 'a.b.c'], 'the token is not a JWT'],
  [['--url', 'http://127.0.0.1:1', '--table', 'users', '--token', `${bearer}\n1`], 'the token is not a JWT'],
  [['--url', 'http://127.0.0.1:1', '--table', 'users', bearer], 'There is a value without an option'],
  [
    ['--url', 'http://127.0.0.1:1', '--table', 'no-such-table', '--token', bearer],
    'there is no table "no-such-table"',
  ],
  [['--uri', 'x'], 'There is no option --uri: did you mean --url?'],
  [['--help=x'], 'There is no option --help.'],
])('the smoke test explains the bad arguments %j in one line, without the token', async (args, message) => {
  const { code, stderr } = await run(args).done;
  expect(code).toBe(1);
  expect(stderr).toContain(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).not.toContain('c2lnbmF0dXJl');
});

test('the smoke test takes the token from the environment, where no log and no process list shows it', async () => {
  const TOKEN = await signer.sign({ sub: 'nobody-yet' });
  const { code, stdout } = await run(['--url', url, '--table', tableName], { TOKEN }).done;
  expect([code, stdout]).toEqual([0, expect.stringContaining('All 6 checks passed')]);
});

interface SmokeOptions {
  readonly user: string;
  readonly at?: string;
  readonly env?: Record<string, string>;
}

async function smoke(options: SmokeOptions) {
  return start({ ...options, token: await signer.sign({ sub: options.user }) }).done;
}

function start({ at = url, env = {}, token }: SmokeOptions & { readonly token: string }) {
  return run(['--url', at, '--table', tableName, '--token', token], env);
}

function run(args: string[], env: Record<string, string> = {}) {
  return startInProcess(program, args, { ...environment, ...env });
}

async function allItems() {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: tableName, ConsistentRead: true }));
  return Items.toSorted((a, b) => String(a.userId?.S).localeCompare(String(b.userId?.S)));
}

interface RelayedAnswer {
  readonly headers: Headers;
  body: string;
}

/** Passes requests on to `npm start`, and changes the answers. */
async function relay(change: (answer: RelayedAnswer, request: IncomingMessage) => void | Promise<void>) {
  const requests: IncomingMessage[] = [];
  const at = await serve(async (request, response) => {
    requests.push(request);
    const { authorization } = request.headers;
    const answer = await fetch(`${url}${request.url}`, {
      method: String(request.method),
      headers: authorization ? { authorization } : {},
    });
    const relayed = { headers: new Headers(answer.headers), body: await answer.text() };
    await change(relayed, request);
    const headers = Object.fromEntries(
      [...relayed.headers].filter(([name]) => /^(content-type|request-id|.*www-authenticate)$/.test(name)),
    );
    response.writeHead(answer.status, headers).end(relayed.body);
  });
  return { at, requests };
}

/** The table operations that a run sends. */
async function callsDuring(action: (env: Record<string, string>) => Promise<void>): Promise<string[]> {
  const proxy = await startTableProxy(inject('tableEndpoint'));
  onTestFinished(() => proxy.close());
  await action({ AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint });
  return proxy.calls;
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return listen(server, 0, 'PORT');
}

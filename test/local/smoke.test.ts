// `npm run smoke` against `npm start` and against broken endpoints: it finds faults, and leaves the table unchanged.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import { createInterface } from 'node:readline';
import {
  DescribeTableCommand,
  DynamoDBClient,
  ScanCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest';
import { listen } from '../../infra/local/listen.ts';
import { demoUsers } from '../../infra/local/seed.ts';
import { startTableProxy } from '../support/proxy.ts';
import { audience, createTokenSigner, issuer, type TokenSigner } from '../support/token-signer.ts';

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
let service: ChildProcess;
let url: string;
let itemsBefore: unknown;

beforeAll(async () => {
  signer = await createTokenSigner();
  const endpoint = inject('tableEndpoint');
  client = new DynamoDBClient({ endpoint });
  const NODE_COMPILE_CACHE = process.env.NODE_COMPILE_CACHE ?? '';
  environment = { AWS_ENDPOINT_URL_DYNAMODB: endpoint, AWS_REGION: 'eu-central-1', NODE_COMPILE_CACHE };
  service = spawn(process.execPath, ['infra/local/start.ts'], {
    env: {
      ...environment,
      TABLE_NAME: tableName,
      TOKEN_ISSUER: issuer,
      TOKEN_AUDIENCE: audience,
      TOKEN_JWKS: JSON.stringify(signer.jwks),
      PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  for await (const line of createInterface({ input: service.stdout as NodeJS.ReadableStream })) {
    url = line.match(/^Listening on (.+)$/)?.[1] ?? '';
    if (url) break;
  }
  if (!url) throw new Error('npm start did not come up');
  service.stdout?.resume();
});

afterAll(() => {
  service.kill();
});

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
  const { code } = await smoke({ user: 'nobody-yet', at: `${url}/user/2021-2/user/password/reset` });
  expect(code).toBe(0);
});

test('the smoke test refuses the token of an existing user, and does not touch that user', async () => {
  const { code, stdout, stderr } = await smoke({ user: 'alice' });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('already has a user "alice"');
  expect(await allItems()).toEqual(itemsBefore);
});

describe('against an endpoint that breaks the contract, the smoke test', () => {
  test('reports what each check found instead, fails and cleans up', async () => {
    const at = await serve((_request, response) => response.writeHead(204).end());
    const { code, stdout, stderr } = await smoke({ user: 'nobody-yet', at });
    expect(code).toBe(1);
    expect(stdout).toContain(
      'FAIL  no token: status is 204, not 401; the header Request-Id is missing; the body is not an error document',
    );
    expect(stdout).toContain(
      'FAIL  no PIN clears the payment methods: the header Request-Id is missing; password is set is true',
    );
    expect(stderr).toContain('6 of 6 checks failed');
    expect(await allItems()).toEqual(itemsBefore);
  });

  test('reports a 401 without a challenge, under either of its names', async () => {
    const answerTo = (headers: Record<string, string>): RequestListener => {
      const id = 'cbgmhslmp1o9or9kh1p0';
      const body = JSON.stringify({ errors: [{ id, status: '401', code: 'token-missing' }] });
      return (_request, response) =>
        response
          .writeHead(401, { 'Request-Id': id, 'Content-Type': 'application/vnd.api+json', ...headers })
          .end(body);
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

  test('removes its user when it is interrupted', async () => {
    const at = await serve(() => {});
    const { child, done } = start({
      user: 'nobody-yet',
      at,
      token: await signer.sign({ sub: 'nobody-yet' }),
    });
    await expect.poll(allItems).toHaveLength(demoUsers.length + 1);
    child.kill('SIGINT');
    expect((await done).code).toBe(130);
    expect(await allItems()).toEqual(itemsBefore);
  });
});

test('the smoke test removes its user when it is interrupted before the table has answered', async () => {
  const proxy = await startTableProxy(inject('tableEndpoint'));
  const token = await signer.sign({ sub: 'nobody-yet' });
  const { child, done } = start({
    user: 'nobody-yet',
    token,
    env: { AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint },
  });
  proxy.intercept = async ({ operation }) => {
    // Once only: a later put belongs to a check, and a second signal would end the process at once.
    if (operation === 'PutItem' && !child.killed) child.kill('SIGINT');
    return false;
  };
  expect((await done).code).toBe(130);
  await proxy.drain();
  expect(await allItems()).toEqual(itemsBefore);
});

test('the smoke test recognizes its own user where the answer to the first write is lost', async () => {
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
  const { stdout } = await smoke({ user: 'nobody-yet', env: { AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets } });
  expect(JSON.parse(input)).toEqual({ SecretId: Tags[0]?.Value });
  expect(stdout).toContain('FAIL  right PIN');
});

test.each([
  [['--url', 'http://127.0.0.1:1', '--table', 'users'], '--url, --table and --token are required'],
  [
    ['--url', 'nowhere', '--table', 'users', '--token', 'a.b.c'],
    '--url "nowhere" is not an http or https URL',
  ],
  [['--url', 'http://127.0.0.1:1', '--table', 'users', '--token', 'a.b.c'], '--token is not a JWT'],
  [['--uri', 'x'], 'Usage: npm run smoke'],
])('the smoke test explains the bad arguments %j in one line', async (args, message) => {
  const { code, stderr } = await run(args).done;
  expect(code).toBe(1);
  expect(stderr).toContain(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
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
  let child = undefined as unknown as ChildProcess;
  const done = new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    child = execFile(
      process.execPath,
      ['infra/smoke/smoke.ts', ...args],
      { env: { ...environment, ...env } },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
  return { child, done };
}

async function allItems() {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: tableName, ConsistentRead: true }));
  return Items.toSorted((a, b) => String(a.userId?.S).localeCompare(String(b.userId?.S)));
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return listen(server, 0, 'PORT');
}

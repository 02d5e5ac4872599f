// `npm run smoke` as a process: signals as npm and a terminal send them, and a reader that goes away.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { listen } from '../../infra/local/listen.ts';
import { demoUsers } from '../../infra/local/seed.ts';
import { cleanEnvironment, startProgram } from '../support/start-program.ts';
import { audience, createTokenSigner, issuer } from '../support/token-signer.ts';
import { type LocalService, startHere } from './local-service.ts';

const tableName = `users-${randomUUID()}`;
let client: DynamoDBClient;
let environment: Record<string, string>;
let service: LocalService;
let itemsBefore: unknown;

beforeAll(async () => {
  const signer = await createTokenSigner();
  const endpoint = inject('tableEndpoint');
  client = new DynamoDBClient({ endpoint });
  service = await startHere({
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    TABLE_NAME: tableName,
    TOKEN_ISSUER: issuer,
    TOKEN_AUDIENCE: audience,
    TOKEN_JWKS: JSON.stringify(signer.jwks),
  });
  environment = {
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    TOKEN: await signer.sign({ sub: 'nobody-yet' }),
  };
  itemsBefore = await allItems();
});
afterAll(() => service.stop());

test.each([
  ['Ctrl-C reaches it from the terminal and from npm', 'SIGINT', -1],
  ['npm is told to end', 'SIGTERM', 1],
] as const)('leaves no user behind when %s', async (_how, signal, group) => {
  const at = await hangingAfterProbe();
  const command = ['npm', 'run', '-s', 'smoke', '--', '--url', at, '--table', tableName] as const;
  const child = startProgram(command, environment, true);
  await expect.poll(allItems, { timeout: 90_000 }).toHaveLength(demoUsers.length + 1);
  process.kill(group * Number(child.pid), signal);
  await once(child, 'exit');
  await expect.poll(allItems, { timeout: 90_000 }).toEqual(itemsBefore);
});

test('leaves no user behind when its output is closed, as by `| head -1`', async () => {
  const command = `node infra/operations/smoke.ts --url ${service.url} --table ${tableName} | head -1; echo "\${PIPESTATUS[0]}"`;
  const child = spawn('bash', ['-c', command], {
    env: cleanEnvironment(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(stdout).toBe('ok    no token\n1\n');
  expect(stderr).toBe('npm run smoke: its output was closed; its user is not in the table any more.\n');
  expect(await allItems()).toEqual(itemsBefore);
});

/** An endpoint that answers the probe as `npm start` does, and nothing more. */
async function hangingAfterProbe(): Promise<string> {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests++;
    if (requests > 1) return;
    response.writeHead(404).end(JSON.stringify({ errors: [{ code: 'user-not-found' }] }));
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return listen(server, 0, 'PORT');
}

async function allItems() {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: tableName, ConsistentRead: true }));
  return Items.toSorted((a, b) => String(a.userId?.S).localeCompare(String(b.userId?.S)));
}

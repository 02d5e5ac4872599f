import { once } from 'node:events';
import { createServer, request, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { EarlyAgent, openTableConnection } from '../../lambda/table-connection.ts';
import { createCertificate } from '../support/certificate.ts';

const certificate = createCertificate();
let server: Server;
let port: number;
let agent: EarlyAgent;
let connections: Duplex[];
let requests: string[];
beforeEach(async () => {
  connections = [];
  requests = [];
  server = createServer(certificate, (incoming, response) => {
    requests.push(String(incoming.headers['x-amz-target'] ?? incoming.url));
    response.end('{}');
  });
  server.on('connection', (socket) => connections.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
  agent = new EarlyAgent({ keepAlive: true, ca: certificate.cert });
});
afterEach(() => {
  agent.destroy();
  server.close();
  server.closeAllConnections();
});

async function get(path: string): Promise<string> {
  const outgoing = request({ host: 'localhost', port, path, agent }).end();
  const [response] = await once(outgoing, 'response');
  return text(response);
}

function tableClient(credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }): DynamoDBClient {
  return new DynamoDBClient({
    region: 'eu-central-1',
    endpoint: `https://localhost:${port}`,
    credentials: async () => credentials,
    requestHandler: { httpsAgent: agent },
  });
}

it('uses the connection that was opened before there was a request, and goes on using it', async () => {
  await agent.open('localhost', port);
  expect([connections.length, requests.length]).toEqual([1, 0]);
  expect(await get('/first')).toBe('{}');
  expect(await get('/second')).toBe('{}');
  expect(connections).toHaveLength(1);
});

it('opens another one where the first is taken or for another address', async () => {
  await agent.open('localhost', port);
  await Promise.all([get('/first'), get('/second')]);
  expect(connections).toHaveLength(2);
});

it('forgets one that the server has closed meanwhile', async () => {
  await agent.open('localhost', port);
  const [first] = connections;
  first?.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await get('/first')).toBe('{}');
  expect(connections).toHaveLength(2);
});

it('opens none to a server that it has no reason to trust', async () => {
  const strict = new EarlyAgent();
  await expect(strict.open('localhost', port)).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  await expect(agent.open('127.0.0.1', port)).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
});

it('sends nothing to the table when it opens a connection to it, and leaves the client as it was', async () => {
  const client = tableClient();
  await openTableConnection(client, agent);
  expect([connections.length, requests.length]).toEqual([1, 0]);
  for (let i = 0; i < 2; i++) await client.send(new UpdateItemCommand({ TableName: 'users', Key: {} }));
  expect(requests).toEqual(['DynamoDB_20120810.UpdateItem', 'DynamoDB_20120810.UpdateItem']);
  expect(connections).toHaveLength(1);
});

it('says what is wrong where there are no credentials', async () => {
  const client = new DynamoDBClient({
    region: 'eu-central-1',
    credentials: () => Promise.reject(new Error('no credentials')),
    requestHandler: { httpsAgent: agent },
  });
  await expect(openTableConnection(client, agent)).rejects.toThrow('no credentials');
});

// A connection opened in advance, over real TLS: when it is used, when not, and that it sends no request by itself.
import { once } from 'node:events';
import { Agent, createServer, request, type Server } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  EarlyAgent,
  openTableClient,
  openTableConnection,
} from '../../../../lambda/reset/adapters/table-connection.ts';
import { createCertificate } from '../../../support/certificate.ts';
import { createRecorder } from '../../../support/recorder.ts';

const certificate = createCertificate();
let server: Server;
let port: number;
let agent: EarlyAgent;
let connections: Socket[];
/** The SNI server name of each connection; `false` if it sent none. */
let servernames: unknown[];
let requests: string[];
beforeEach(async () => {
  connections = [];
  servernames = [];
  requests = [];
  server = createServer(certificate, (incoming, response) => {
    requests.push(String(incoming.headers['x-amz-target'] ?? incoming.url));
    response.end('{}');
  });
  server.on('connection', (socket) => connections.push(socket as Socket));
  server.on('secureConnection', (socket: TLSSocket & { servername?: unknown }) => {
    servernames.push(socket.servername);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
  agent = new EarlyAgent({ keepAlive: true, ca: certificate.cert });
});
afterEach(() => {
  vi.restoreAllMocks();
  agent.destroy();
  server.close();
  server.closeAllConnections();
});

async function get(path: string, at = port): Promise<string> {
  const outgoing = request({ host: 'localhost', port: at, path, agent }).end();
  const [response] = await once(outgoing, 'response');
  return text(response);
}

function tableClient(endpoint = `https://localhost:${port}`): DynamoDBClient {
  return new DynamoDBClient({
    region: 'eu-central-1',
    endpoint,
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    requestHandler: { httpsAgent: agent },
  });
}

it('uses the connection opened before the first request, and keeps using it', async () => {
  await agent.open('localhost', port);
  expect([connections.length, requests.length]).toEqual([1, 0]);
  expect(await get('/first')).toBe('{}');
  expect(await get('/second')).toBe('{}');
  expect(connections).toHaveLength(1);
});

it('opens a second connection if the first is in use', async () => {
  await agent.open('localhost', port);
  await Promise.all([get('/first'), get('/second')]);
  expect(connections).toHaveLength(2);
});

it.each(['another host', 'another port'])('opens a second connection to %s', async (which) => {
  const other = createServer(certificate, (_request, response) => response.end('other')).listen(0);
  await once(other, 'listening');
  const address =
    which === 'another port' ? { port: (other.address() as AddressInfo).port } : { host: '127.0.0.1' };
  const options = { host: 'localhost', port, agent, checkServerIdentity: () => undefined, ...address };
  await agent.open('localhost', port);
  const [response] = await once(request(options).end(), 'response');
  expect(await text(response)).toBe(which === 'another port' ? 'other' : '{}');
  expect(await get('/here')).toBe('{}');
  expect(connections).toHaveLength(which === 'another port' ? 1 : 2);
  other.close();
  other.closeAllConnections();
});

it.each<[string, (socket: Socket | undefined) => void]>([
  ['closed', (socket) => socket?.end()],
  ['reset', (socket) => socket?.destroy()],
])('does not use a connection that the server has meanwhile %s', async (_name, end) => {
  const created = vi.spyOn(Agent.prototype, 'createConnection');
  await agent.open('localhost', port);
  const socket = created.mock.results[0]?.value as TLSSocket;
  end(connections[0]);
  // The client can know only once it has seen the close.
  await new Promise((resolve) => socket.once('close', resolve));
  expect(await get('/first')).toBe('{}');
  expect(connections).toHaveLength(2);
});

it('closes a connection that received bytes that are not TLS, and does not use it', async () => {
  const relayed: Socket[] = [];
  const relay = createTcpServer((socket) => {
    relayed.push(socket);
    socket.pipe(connect(port, 'localhost')).pipe(socket);
  }).listen(0);
  await once(relay, 'listening');
  const at = (relay.address() as AddressInfo).port;
  await agent.open('localhost', at);
  const [broken] = relayed as [Socket];
  broken.unpipe();
  broken.resume().write('not a TLS record');
  await once(broken, 'close');
  expect(await get('/first', at)).toBe('{}');
  expect(relayed).toHaveLength(2);
  relay.close();
  for (const socket of relayed) socket.destroy();
}, 5_000);

it('sends SNI for a host name, and none for an IP literal', async () => {
  await agent.open('localhost', port);
  const lax = new EarlyAgent({ ca: certificate.cert, checkServerIdentity: () => undefined });
  await lax.open('127.0.0.1', port);
  await expect.poll(() => servernames).toEqual(['localhost', false]);
  lax.destroy();
});

it('times out, and closes the connection, if a server never answers the handshake', async () => {
  const mute = createTcpServer().listen(0);
  const accepted = once(mute, 'connection');
  await once(mute, 'listening');
  const opening = agent.open('localhost', (mute.address() as AddressInfo).port);
  await expect(opening).rejects.toMatchObject({ code: 'OUT_OF_TIME' });
  const [socket] = (await accepted) as [Socket];
  socket.resume();
  if (!socket.closed) await once(socket, 'close');
  mute.close();
}, 5_000);

it('opens no connection to a server without a trusted certificate for its name', async () => {
  const strict = new EarlyAgent();
  await expect(strict.open('localhost', port)).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  await expect(agent.open('127.0.0.1', port)).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
});

it('opens the connection to the table without a request, and leaves the client unchanged', async () => {
  const client = tableClient();
  await openTableConnection(client, agent);
  expect([connections.length, requests.length]).toEqual([1, 0]);
  for (let i = 0; i < 2; i++) await client.send(new UpdateItemCommand({ TableName: 'users', Key: {} }));
  expect(requests).toEqual(['DynamoDB_20120810.UpdateItem', 'DynamoDB_20120810.UpdateItem']);
  expect(connections).toHaveLength(1);
});

it('copies no input for a log that is not used', async () => {
  const logged = (client: DynamoDBClient) => client.middlewareStack.identify().join().includes('logger');
  // The SDK could give the step another name, and removing it would silently do nothing.
  expect(logged(tableClient())).toBe(true);
  expect(logged(await openTableClient(`http://localhost:${port}`, createRecorder().logger))).toBe(false);
});

it('opens no connection to a table without TLS', async () => {
  await openTableConnection(tableClient(`http://localhost:${port}`), agent);
  expect(connections).toHaveLength(0);
});

it('fails with the cause if the connection cannot be opened', async () => {
  server.close();
  await expect(openTableConnection(tableClient(), agent)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

it('fails with the cause if there are no credentials', async () => {
  const client = new DynamoDBClient({
    region: 'eu-central-1',
    credentials: () => Promise.reject(new Error('no credentials')),
    requestHandler: { httpsAgent: agent },
  });
  await expect(openTableConnection(client, agent)).rejects.toThrow('no credentials');
});

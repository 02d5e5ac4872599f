// Stand-ins for issuer, table and secret over TLS on the loopback address: they answer at once and count what they see.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { parsePeppers } from '../../lambda/reset/adapters/pepper.ts';
import { createPinVerifier } from '../../lambda/reset/domain/recovery-pin.ts';
import { createCertificate } from '../support/certificate.ts';
import { resetPath } from '../support/http-client.ts';
import { audience, createTokenSigner, issuer } from '../support/token-signer.ts';
import { type Distance, startDistance } from './distance.ts';

export interface StandIns {
  /** The function's environment; the processes that get it trust the stand-ins' certificate. */
  readonly environment: Readonly<Record<string, string>>;
  /** The issuer's key as a variable, for a function that is to fetch nothing. */
  readonly inlineKeys: Readonly<Record<string, string>>;
  /** What has been asked of table, secret and issuer, in order. */
  readonly calls: string[];
  /** Connections that were opened so far. */
  readonly connections: { table: number; issuer: number };
  /** The environment with table and issuer so many milliseconds away, by round trip. */
  at(distances: {
    readonly table: number;
    readonly issuer: number;
  }): Promise<Readonly<Record<string, string>>>;
  /** The same, with the issuer alone: the function has to find out where its keys are. */
  discovering: StandIns['at'];
  /** An event of API Gateway for a user with that many payment methods. */
  event(paymentMethods: number, pin?: string, issuer?: string): Promise<ResetEvent>;
  close(): void;
}

export interface ResetEvent {
  readonly headers: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

export const rightPin = '5621';

const pepper = JSON.stringify({ current: 'k1', k1: 'pepper of the benchmark, over thirty-two characters' });

/** Starts the stand-ins; each user is called after the number of payment methods. */
export async function startStandIns(): Promise<StandIns> {
  const folder = mkdtempSync(join(tmpdir(), 'password-reset-bench-'));
  const certificate = createCertificate();
  writeFileSync(join(folder, 'ca.pem'), certificate.cert);
  const signer = await createTokenSigner();
  const calls: string[] = [];
  const connections = { table: 0, issuer: 0 };

  const table = createServer(certificate, async (request, response) => {
    const body = JSON.stringify(await answer(request, calls));
    response.writeHead(200, {
      'Content-Type': 'application/x-amz-json-1.0',
      'Content-Length': Buffer.byteLength(body),
    });
    response.end(body);
  }).on('connection', () => connections.table++);
  const keys = createServer(certificate, ({ url, headers }, response) => {
    const isDocument = url === '/.well-known/openid-configuration';
    calls.push(isDocument ? 'document' : 'keys');
    const origin = `https://${headers.host}`;
    response.end(
      JSON.stringify(isDocument ? { issuer: origin, jwks_uri: `${origin}/jwks.json` } : signer.jwks),
    );
  }).on('connection', () => connections.issuer++);
  const tableUrl = await listenForTls(table);
  const keysUrl = await listenForTls(keys);

  const environment = {
    NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_ENDPOINT_URL_DYNAMODB: tableUrl,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: tableUrl,
    TABLE_NAME: 'users',
    TOKEN_ISSUER: issuer,
    TOKEN_AUDIENCE: audience,
    TOKEN_JWKS_URI: `${keysUrl}/jwks.json`,
    PIN_PEPPER: pepper,
  };
  const relays: Distance[] = [];
  const away = async (url: string, roundTrip: number): Promise<string> => {
    const relay = await startDistance(Number(new URL(url).port), roundTrip);
    relays.push(relay);
    return url.replace(/:\d+/, `:${relay.port}`);
  };

  return {
    environment,
    at: async (distances) => ({
      ...environment,
      AWS_ENDPOINT_URL_DYNAMODB: await away(tableUrl, distances.table),
      TOKEN_JWKS_URI: await away(environment.TOKEN_JWKS_URI, distances.issuer),
    }),
    discovering: async (distances) => ({
      ...environment,
      AWS_ENDPOINT_URL_DYNAMODB: await away(tableUrl, distances.table),
      TOKEN_ISSUER: await away(keysUrl, distances.issuer),
      TOKEN_JWKS_URI: '',
    }),
    inlineKeys: { TOKEN_JWKS: JSON.stringify({ keys: signer.jwks.keys.slice(0, 1) }) },
    calls,
    connections,
    event: async (paymentMethods, pin, iss = issuer) =>
      createEvent(await signer.sign({ sub: String(paymentMethods), iss }), pin),
    close() {
      for (const relay of relays) relay.close();
      for (const server of [table, keys]) {
        server.close();
        server.closeAllConnections();
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function listenForTls(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

interface Call {
  readonly Key: { readonly userId: { readonly S: string } };
  readonly ReturnValues: string;
  readonly ExpressionAttributeValues: Readonly<Record<string, AttributeValue>>;
}

/** What table and secret answer to a reset that goes well. */
async function answer(request: IncomingMessage, calls: string[]): Promise<unknown> {
  const operation = String(request.headers['x-amz-target']).split('.')[1] ?? 'none';
  const call = (await json(request)) as Call;
  calls.push(operation);
  if (operation === 'GetSecretValue') return { SecretString: pepper };
  const { ':lastReset': lastReset, ':attempt': pinGuesses } = call.ExpressionAttributeValues;
  if (call.ReturnValues === 'UPDATED_NEW') return { Attributes: { lastReset } };
  return { Attributes: { ...(await userItem(call.Key.userId.S)), ...(pinGuesses && { pinGuesses }) } };
}

/** A user called after the number of payment methods. */
async function userItem(userId: string) {
  return {
    userId: { S: userId },
    status: { S: 'active' },
    passwordHash: {
      S: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNo',
    },
    pinVerifier: { S: await verifierOf(userId) },
    pinGuesses: { SS: ['one'] },
    paymentMethods: paymentMethods(Number(userId)),
  };
}

const verifiers = new Map<string, Promise<string>>();

function verifierOf(userId: string): Promise<string> {
  const verifier = verifiers.get(userId) ?? createPinVerifier(parsePeppers(pepper), userId, rightPin);
  verifiers.set(userId, verifier);
  return verifier;
}

function paymentMethods(count: number) {
  const methods = Array.from({ length: count }, (_, i) => [
    `method-${i}`,
    { M: { kind: { S: 'creditcard' }, identificationString: { S: '**** **** **** 1111' } } },
  ]);
  return { M: Object.fromEntries(methods) };
}

function createEvent(token: string, pin: string | undefined): ResetEvent {
  const headers = { Authorization: `Bearer ${token}`, Accept: 'application/json', Host: 'api.example.com' };
  const query = pin === undefined ? null : { pin };
  return {
    resource: resetPath,
    path: resetPath,
    httpMethod: 'PUT',
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: query,
    multiValueQueryStringParameters: pin === undefined ? null : { pin: [pin] },
    pathParameters: null,
    stageVariables: null,
    requestContext: { requestId: 'bench', httpMethod: 'PUT', path: resetPath, stage: 'bench' },
    body: null,
    isBase64Encoded: false,
  };
}

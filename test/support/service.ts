// The complete service for a test: the composed handler behind the local gateway, with its own table in a real engine.
import { randomUUID } from 'node:crypto';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { inject } from 'vitest';
import { createGateway, type GatewayOptions } from '../../infra/local/gateway.ts';
import { listen } from '../../infra/local/listen.ts';
import { ensureTable } from '../../infra/local/table.ts';
import { type SeedUser, toItem } from '../../infra/users/user-item.ts';
import { parsePeppers } from '../../lambda/reset/adapters/pepper.ts';
import { composeHandler } from '../../lambda/reset/compose.ts';
import { loadConfig } from '../../lambda/reset/config.ts';
import { createPasswordHash } from '../../lambda/reset/domain/new-password.ts';
import { createPinVerifier } from '../../lambda/reset/domain/recovery-pin.ts';
import type { Handler } from '../../lambda/reset/http/pipeline.ts';
import { clientOptions } from '../../lambda/shared/aws-client.ts';
import { withinTime } from '../../lambda/shared/time-limit.ts';
import { type HttpAnswer, type HttpRequest, resetPath, send } from './http-client.ts';
import { type FaultProxy, startTableProxy } from './proxy.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { isArgon2Quick } from './replaced-crypto.ts';
import { audience, createTokenSigner, issuer, type TokenSigner } from './token-signer.ts';
import { within } from './within.ts';

export type Item = Record<string, AttributeValue>;

export const pepperJson = JSON.stringify({ current: 'k1', k1: 'pepper of the tests, thirty-two characters' });

type TableClient = Pick<DynamoDBClient, 'send'>;

/** The function, which a test calls with events. */
export interface TestFunction {
  readonly handler: Handler;
  readonly signer: TokenSigner;
  /** What the function logged and counted. */
  readonly recorder: Recorder;
  /** The function's variables, to start another one like it. */
  readonly environment: Readonly<Record<string, string>>;
  /** A good access token of a user; claims and header can be overridden. */
  token(userId: string, claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
}

export interface TestService extends TestFunction {
  readonly url: string;
  /** Between function and table: records the round trips, and can disrupt them. */
  readonly proxy: FaultProxy;
  /** A client of the table without the proxy. */
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** Puts users into the table, and replaces existing ones. */
  put(...users: SeedUser[]): Promise<void>;
  /** The user's item as it is now. */
  item(userId: string): Promise<Item | undefined>;
  /** A PUT at the operation's path. */
  reset(token: string | undefined, query?: string, more?: Partial<HttpRequest>): Promise<HttpAnswer>;
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** The service's own id of an answered request, from the log line with the answer's `Request-Id`. */
  invocationId(answer: HttpAnswer | undefined): string;
  close(): Promise<void>;
}

/** Milliseconds. */
const minute = 60_000;

/** One for all services of a process, since an RSA key takes a tenth of a second to generate. */
let sharedSigner: Promise<TokenSigner> | undefined;

const waitLong: typeof withinTime = (_milliseconds, call, outer) => withinTime(minute, call, outer);

async function compose(
  environment: Readonly<Record<string, string>>,
  knownSigner?: TokenSigner,
  tableClient?: TableClient,
): Promise<TestFunction> {
  sharedSigner ??= createTokenSigner();
  const signer = knownSigner ?? (await sharedSigner);
  const recorder = createRecorder();
  const allVariables = {
    TOKEN_ISSUER: issuer,
    TOKEN_AUDIENCE: audience,
    TOKEN_JWKS: JSON.stringify(signer.jwks),
    PIN_PEPPER: pepperJson,
    ...environment,
  };
  const opening = tableClient && { tableClient: Promise.resolve(tableClient), limitTime: waitLong };
  return {
    handler: await composeHandler(loadConfig(allVariables), recorder, opening),
    signer,
    recorder,
    environment: allVariables,
    token: (userId, claims, header) => signer.sign({ sub: userId, ...claims }, header),
  };
}

/** Composes the function with a table in memory that has no users, for requests that are refused before. */
export async function composeWithoutUsers() {
  /** What was sent to the table. */
  const calls: unknown[] = [];
  const tableClient = {
    async send(command: unknown) {
      calls.push(command);
      throw new ConditionalCheckFailedException({ message: 'no item', $metadata: {} });
    },
  };
  return { ...(await compose({ TABLE_NAME: 'users' }, undefined, tableClient as TableClient)), calls };
}

export interface ServiceOptions extends GatewayOptions {
  /** Whether the function ends calls to the table that take long, as when it is deployed; by default it waits for them. */
  readonly limits?: boolean;
}

/**
 * Starts the service. Its calls to the table may take as long as they like, since a busy machine must not fail tests that
 * are not about time.
 *
 * @param environment - variables of the function in addition to, or in place of, the required ones
 * @param knownSigner - signs the tokens; the function gets its keys inline unless `environment` overrides that
 * @param options - of the gateway, such as how many requests the function has at the same time, and of the function
 */
export async function startService(
  environment: Readonly<Record<string, string>> = {},
  knownSigner?: TokenSigner,
  { limits = false, ...options }: ServiceOptions = {},
): Promise<TestService> {
  const tableName = `users-${randomUUID()}`;
  const client = new DynamoDBClient({ endpoint: inject('tableEndpoint') });
  const proxy = await startTableProxy(inject('tableEndpoint'));
  await ensureTable(client, tableName);
  const variables = { TABLE_NAME: tableName, AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint, ...environment };
  const patient = new DynamoDBClient({
    endpoint: variables.AWS_ENDPOINT_URL_DYNAMODB,
    ...clientOptions({ attempts: 3, connecting: minute, answering: minute }),
  });
  const composed = await compose(variables, knownSigner, limits ? undefined : patient);
  const { handler, recorder } = composed;
  // Lambda would end the function after ten seconds. A handler that takes longer gets the connection cut.
  const invokeHandler: Handler = limits
    ? (event, context) => within(10_000, handler(event, context))
    : (event, context) => handler(event, { ...Object(context), getRemainingTimeInMillis: () => minute });
  const gateway = createGateway(invokeHandler, undefined, options);
  const url = await listen(gateway, 0, 'PORT');

  const reset: TestService['reset'] = (token, query = '', more = {}) =>
    send(url, {
      path: resetPath + query,
      ...more,
      headers: { ...(token !== undefined && { Authorization: `Bearer ${token}` }), ...more.headers },
    });

  return {
    ...composed,
    url,
    proxy,
    client,
    tableName,
    put: (...users) => putUsers(client, tableName, users),
    async item(userId) {
      const Key = { userId: { S: userId } };
      return (await client.send(new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true })))
        .Item;
    },
    reset,
    send: (request) => send(url, request),
    invocationId(answer) {
      const line = recorder.lines.findLast(({ requestId }) => requestId === answer?.headers['request-id']);
      return String(line?.invocationId);
    },
    async close() {
      gateway.close();
      gateway.closeAllConnections();
      proxy.close();
      await client.send(new DeleteTableCommand({ TableName: tableName }));
      client.destroy();
      patient.destroy();
    },
  };
}

/** One hash for all users with a password, since it is never verified and takes time to compute. */
const passwordHash = createPasswordHash('the password of every test user');
const peppers = parsePeppers(pepperJson);
/** Cached, since a verifier takes time to compute and the same users are put often. */
const verifiers = new Map<string, Promise<string>>();

function verifierOf(userId: string, pin: string): Promise<string> {
  const key = JSON.stringify([userId, pin, isArgon2Quick()]);
  const verifier = verifiers.get(key) ?? createPinVerifier(peppers, userId, pin);
  verifiers.set(key, verifier);
  return verifier;
}

async function putUsers(
  client: DynamoDBClient,
  TableName: string,
  users: readonly SeedUser[],
): Promise<void> {
  for (const { password, pin, ...user } of users) {
    const Item = await toItem(user, peppers);
    if (pin !== undefined) Item.pinVerifier = { S: await verifierOf(user.userId, pin) };
    if (password !== undefined) Item.passwordHash = { S: await passwordHash };
    await client.send(new PutItemCommand({ TableName, Item }));
  }
}

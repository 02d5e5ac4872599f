// A local API Gateway: converts HTTP requests to the events of a REST API, and the function's answers to HTTP.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Handler } from '../../lambda/reset/http/pipeline.ts';
import { preflightHeaders } from '../shared/preflight.ts';
import { createEnvironments, type Environments } from './environments.ts';
import type { LocalPage } from './page/page-server.ts';

const stage = 'local';
/** Milliseconds: the timeout with which the function is deployed. */
const functionTimeout = 10_000;

/** Default of `environments`. */
export const defaultEnvironments = 10;

/** Exact origins and the operation's paths. */
type Cors = Readonly<Record<'origins' | 'paths', readonly string[]>>;

export interface GatewayOptions {
  /**
   * How many requests the function has at the same time; further ones wait. All of them share the connections of one
   * process, and the SDK's time limits count the wait for a connection: with hundreds at once most would end in 501.
   */
  readonly environments?: number;
  /** The origins and paths of the preflights that are answered; by default none. */
  readonly cors?: Cors;
  /** Called with the number of waiting requests when it has reached 10, 100, 1,000 and so on. */
  readonly onGrowingLine?: (waiting: number) => void;
}

/** Bytes: more than API Gateway's limit, so that the function and not this server refuses a token that is too long. */
const maxHeaderSize = 64 * 1024;

/**
 * Creates an HTTP server that invokes a Lambda handler for each request, as a REST API of API Gateway does
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html).
 *
 * @param handler - the function's handler
 * @param page - the page to serve in addition to the API
 * @returns a server that does not listen yet
 */
export function createGateway(
  handler: Handler,
  page?: LocalPage,
  { environments = defaultEnvironments, cors, onGrowingLine = () => {} }: GatewayOptions = {},
): Server {
  const inEnvironment = createEnvironments(environments, onGrowingLine);
  return createServer({ maxHeaderSize }, (request, response) => {
    if (cors && isPreflight(request, cors)) {
      response.writeHead(204, preflightHeaders(cors.origins, request.headers.origin)).end();
      return;
    }
    serve(handler, inEnvironment, page, request, response).catch((error: unknown) => {
      // Unless the client has gone away, the handler threw, which is a bug.
      if (!request.socket.destroyed) console.error('gateway:', error);
      response.destroy();
    });
  });
}

/** Whether the deployed API has an OPTIONS method for a request, which answers in place of the function. */
function isPreflight({ method, url }: IncomingMessage, { origins, paths }: Cors): boolean {
  return method === 'OPTIONS' && origins.length > 0 && paths.includes(url?.split('?')[0] ?? '');
}

async function serve(
  handler: Handler,
  inEnvironment: Environments,
  page: LocalPage | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (await page?.serve(request, response)) return;
  // As in API Gateway, bytes that are not UTF-8 become replacement characters, and a byte order mark is kept.
  const body = (await buffer(request)).toString();
  page?.wireLog.record(request, body, response);
  const event = toApiGatewayEvent(request, body);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const result = await inEnvironment(() => {
    const deadline = Date.now() + functionTimeout;
    return handler(event, {
      awsRequestId: event.requestContext.requestId,
      getRemainingTimeInMillis: () => deadline - Date.now(),
    });
  }, gone.signal);
  if (result === undefined) return;
  response.statusCode = result.statusCode;
  response.setHeaders(new Map(Object.entries(renameChallenge(result.headers))));
  response.end(result.body);
}

/**
 * A REST API sends a function's `WWW-Authenticate` to the caller under another name
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html).
 */
function renameChallenge({
  'WWW-Authenticate': challenge,
  ...headers
}: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return challenge === undefined ? headers : { ...headers, 'x-amzn-Remapped-WWW-Authenticate': challenge };
}

/**
 * Converts a request to API Gateway's event: the query is decoded, the header names are kept as sent, and headers and
 * query are each passed as single-value and multi-value map.
 *
 * @param request - a request whose body has been read
 * @param body - the request's body, empty if it has none
 */
function toApiGatewayEvent(request: IncomingMessage, body: string): APIGatewayProxyEvent {
  const [path = '', ...search] = (request.url ?? '').split('?');
  const headers = groupByName(toPairs(request.rawHeaders));
  // URLSearchParams drops one leading question mark; further ones are part of the first name.
  const query = groupByName(new URLSearchParams(`?${search.join('?')}`));
  const requestId = randomUUID();
  return {
    resource: path,
    path,
    httpMethod: request.method ?? '',
    headers: selectLastValues(headers) ?? {},
    multiValueHeaders: headers ?? {},
    queryStringParameters: selectLastValues(query),
    multiValueQueryStringParameters: query,
    pathParameters: null,
    stageVariables: null,
    requestContext: createRequestContext(request, path, requestId),
    body: body === '' ? null : body,
    isBase64Encoded: false,
  };
}

function createRequestContext(
  request: IncomingMessage,
  path: string,
  requestId: string,
): APIGatewayProxyEvent['requestContext'] {
  const now = new Date();
  return {
    accountId: '000000000000',
    apiId: 'local',
    authorizer: null,
    domainName: request.headers.host,
    httpMethod: request.method ?? '',
    identity: {
      ...absentIdentity,
      sourceIp: request.socket.remoteAddress ?? '',
      userAgent: request.headers['user-agent'] ?? null,
    },
    path: `/${stage}${path}`,
    protocol: `HTTP/${request.httpVersion}`,
    requestId,
    requestTime: now.toUTCString(),
    requestTimeEpoch: now.getTime(),
    resourceId: 'local',
    resourcePath: path,
    stage,
  };
}

const absentIdentity = {
  accessKey: null,
  accountId: null,
  apiKey: null,
  apiKeyId: null,
  caller: null,
  clientCert: null,
  cognitoAuthenticationProvider: null,
  cognitoAuthenticationType: null,
  cognitoIdentityId: null,
  cognitoIdentityPoolId: null,
  principalOrgId: null,
  user: null,
  userArn: null,
};

function* toPairs(raw: readonly string[]): Generator<[string, string]> {
  for (let i = 0; i + 1 < raw.length; i += 2) yield [raw[i] as string, raw[i + 1] as string];
}

/** Collects the values of each name. API Gateway passes null for an empty map. */
function groupByName(entries: Iterable<[string, string]>): Record<string, string[]> | null {
  const groups = new Map<string, string[]>();
  for (const [name, value] of entries) groups.set(name, [...(groups.get(name) ?? []), value]);
  return groups.size === 0 ? null : Object.fromEntries(groups);
}

function selectLastValues(multi: Record<string, string[]> | null): Record<string, string> | null {
  if (multi === null) return null;
  return Object.fromEntries(Object.entries(multi).map(([name, values]) => [name, values.at(-1) ?? '']));
}

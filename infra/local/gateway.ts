// API Gateway on a laptop: HTTP requests become the events that a REST API would send, answers become HTTP.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Handler } from '../../lambda/reset/http/pipeline.ts';
import type { LocalPage } from './page/page-server.ts';

const stage = 'local';
/** The function's own time-out, in milliseconds; the stack deploys it with the same. */
const functionTimeout = 10_000;

/** Bytes; more than API Gateway takes, so that what is too long is judged by the function and not by this server. */
const maxHeaderSize = 64 * 1024;

/**
 * An HTTP server that hands each request to a Lambda handler as API Gateway's REST API would
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html).
 *
 * @param handler - the handler that is deployed
 * @param page - what is served beside the API, on a laptop only
 * @returns a server that is not listening yet
 */
export function createGateway(handler: Handler, page?: LocalPage): Server {
  return createServer({ maxHeaderSize }, (request, response) => {
    serve(handler, page, request, response).catch((error: unknown) => {
      // The client went away, or the handler threw, which it never should.
      console.error('gateway:', error);
      response.destroy();
    });
  });
}

async function serve(
  handler: Handler,
  page: LocalPage | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (await page?.serve(request, response)) return;
  // As API Gateway does: bytes that are not UTF-8 become replacement characters, and a byte order mark stays.
  const body = (await buffer(request)).toString();
  page?.wireLog.watch(request, body, response);
  const event = toApiGatewayEvent(request, body);
  const deadline = Date.now() + functionTimeout;
  const result = await handler(event, {
    awsRequestId: event.requestContext.requestId,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  });
  response.statusCode = result.statusCode;
  response.setHeaders(new Map(Object.entries(result.headers)));
  response.end(result.body);
}

/**
 * The event that API Gateway would send for a request: names and values of the query decoded, header names as sent,
 * every map in both its forms.
 *
 * @param request - its body read already
 * @param body - the request's body, empty where there was none
 */
function toApiGatewayEvent(request: IncomingMessage, body: string): APIGatewayProxyEvent {
  const [path = '', ...search] = (request.url ?? '').split('?');
  const headers = collect(pairs(request.rawHeaders));
  // Its parser drops one leading question mark, and a second one belongs to the first name.
  const query = collect(new URLSearchParams(`?${search.join('?')}`));
  const requestId = randomUUID();
  return {
    resource: path,
    path,
    httpMethod: request.method ?? '',
    headers: lastOfEach(headers) ?? {},
    multiValueHeaders: headers ?? {},
    queryStringParameters: lastOfEach(query),
    multiValueQueryStringParameters: query,
    pathParameters: null,
    stageVariables: null,
    requestContext: requestContext(request, path, requestId),
    body: body === '' ? null : body,
    isBase64Encoded: false,
  };
}

function requestContext(
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

function* pairs(raw: readonly string[]): Generator<[string, string]> {
  for (let i = 0; i + 1 < raw.length; i += 2) yield [raw[i] as string, raw[i + 1] as string];
}

/** Gathers the values of each name; API Gateway says null where there is none at all. */
function collect(entries: Iterable<[string, string]>): Record<string, string[]> | null {
  const gathered = new Map<string, string[]>();
  for (const [name, value] of entries) gathered.set(name, [...(gathered.get(name) ?? []), value]);
  return gathered.size === 0 ? null : Object.fromEntries(gathered);
}

function lastOfEach(multi: Record<string, string[]> | null): Record<string, string> | null {
  if (multi === null) return null;
  return Object.fromEntries(Object.entries(multi).map(([name, values]) => [name, values.at(-1) ?? '']));
}

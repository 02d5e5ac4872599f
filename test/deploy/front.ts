// A server in front of the emulated API that does what API Gateway does and the emulator does not: it renames the function's
// header `WWW-Authenticate`, and it answers requests without a route with the deployed gateway responses.
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as sendRequest,
} from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import { listen } from '../../infra/local/listen.ts';
import { renderGatewayResponse } from '../support/gateway-response.ts';

export interface Front {
  /** Base URL; the paths below it are those of the API. */
  readonly url: string;
  stop(): void;
}

/**
 * Starts the server on a free port.
 *
 * @param endpoint - of the emulator
 * @param apiId - of the REST API
 */
export async function startFront(endpoint: string, apiId: string, stage: string): Promise<Front> {
  const server = createServer(async (request, response) => {
    const answer = await forward(
      `${endpoint}/restapis/${apiId}/${stage}/_user_request_${request.url}`,
      request,
    );
    const body = await text(answer);
    if (hasNoRoute(answer, body)) {
      const rendered = await renderNoRoute(`${endpoint}/restapis/${apiId}`, request.headers, answer);
      response.writeHead(rendered.status, rendered.headers).end(rendered.body);
      return;
    }
    response.writeHead(answer.statusCode ?? 0, convertHeaders(answer.headers)).end(body);
  });
  const url = await listen(server, 0, 'PORT');
  return {
    url,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function forward(url: string, request: IncomingMessage): Promise<IncomingMessage> {
  const body = await buffer(request);
  return new Promise((resolve, reject) => {
    sendRequest(url, { method: request.method, headers: request.headers }, resolve)
      .on('error', reject)
      .end(body);
  });
}

/** Headers of the emulator itself. */
const ownHeaders = ['server', 'x-amzn-requestid', 'x-amz-request-id'];
const challenge = 'www-authenticate';

/** A REST API sends a function's `WWW-Authenticate` to the caller under another name. */
function convertHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const kept = Object.entries(headers).filter(([name]) => !ownHeaders.includes(name));
  return Object.fromEntries(
    kept.map(([name, value]) => [name === challenge ? `x-amzn-remapped-${challenge}` : name, value]),
  );
}

function hasNoRoute({ statusCode }: IncomingMessage, body: string): boolean {
  return statusCode === 403 && body.includes('Missing Authentication Token');
}

/** Without a route, API Gateway takes any Authorization header for an AWS signature. */
async function renderNoRoute(api: string, { authorization }: IncomingHttpHeaders, answer: IncomingMessage) {
  const type = authorization ? 'INVALID_SIGNATURE' : 'MISSING_AUTHENTICATION_TOKEN';
  const response = await fetch(`${api}/gatewayresponses/${type}`);
  const { statusCode, responseParameters, responseTemplates } = (await response.json()) as Record<
    string,
    unknown
  >;
  const requestId = String(answer.headers['x-amzn-requestid'] ?? '');
  return renderGatewayResponse(
    { StatusCode: statusCode, ResponseParameters: responseParameters, ResponseTemplates: responseTemplates },
    requestId,
  );
}

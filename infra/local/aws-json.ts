// A minimal server for the JSON protocol of AWS services. Local replacements of these services are built on it.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { isFromWebPage, listen, refuseRequests } from './listen.ts';

/** An error answer of a service. */
export class ServiceFault extends Error {
  readonly status: number;
  readonly code: string;

  /**
   * @param status - HTTP status
   * @param code - the error's name in the API of the service
   */
  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

export interface AwsJsonServer {
  /** Base URL for the client of the service. */
  readonly endpoint: string;
  stop(): void;
}

/** Starts a server for the API of one service on a free port, as `createAwsJsonServer` makes it. */
export async function startAwsJsonServer(
  answer: Parameters<typeof createAwsJsonServer>[0],
): Promise<AwsJsonServer> {
  const server = createAwsJsonServer(answer);
  refuseRequests(server, isFromWebPage);
  const endpoint = await listen(server, 0, 'PORT');
  return {
    endpoint,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * Creates a server for the API of one service.
 *
 * @param answer - receives the operation, such as `PutEvents`, and its input; returns the output, or throws a
 *   `ServiceFault`
 * @returns a server that does not listen yet
 */
export function createAwsJsonServer(
  answer: (operation: string, input: Record<string, unknown>) => Promise<unknown>,
): Server {
  return createServer(async (request, response) => {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    // Any program on this machine can send anything to the port, and hang up at any time: that must not end the process.
    const [status, output] = await readInput(request)
      .then((input) => answer(operation, input))
      .then(
        (result) => [200, result] as const,
        (error: unknown) =>
          error instanceof ServiceFault
            ? ([error.status, { __type: error.code, message: error.code }] as const)
            : ([500, { __type: 'InternalFailure' }] as const),
      );
    response.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(output));
  });
}

async function readInput(request: IncomingMessage): Promise<Record<string, unknown>> {
  const body = await text(request);
  try {
    return JSON.parse(body);
  } catch {
    throw new ServiceFault(400, 'SerializationException');
  }
}

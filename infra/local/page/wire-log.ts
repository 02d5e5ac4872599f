// Records the latest HTTP exchanges of the local gateway as they were sent.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A request and its answer: start line, headers and body as text. */
export interface Exchange {
  readonly request: string;
  readonly answer: string;
}

export interface WireLog {
  /**
   * Records an exchange. Must be called before the answer is written.
   *
   * @param body - the request's body
   */
  record(request: IncomingMessage, body: string, response: ServerResponse): void;
  /** Finds a recent exchange by the `Request-Id` of its answer. */
  find(requestId: string): Exchange | undefined;
}

/** Number of exchanges that are kept. */
const capacity = 50;

/** Creates a log in memory. */
export function createWireLog(): WireLog {
  const exchanges = new Map<string, Exchange>();
  return {
    record(request, body, response) {
      const written = captureWrites(response);
      response.once('finish', () => {
        exchanges.set(String(response.getHeader('request-id')), {
          request: formatRequest(request, body),
          answer: Buffer.concat(written).toString(),
        });
        const [oldest] = exchanges.keys();
        if (exchanges.size > capacity && oldest !== undefined) exchanges.delete(oldest);
      });
    },
    find: (requestId) => exchanges.get(requestId),
  };
}

function formatRequest({ method, url, httpVersion, rawHeaders }: IncomingMessage, body: string): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/**
 * Captures what is written to the socket, because Node adds headers that `response` does not show. A response has its
 * socket only when it is its turn: the answer to a pipelined request is written after the one before it.
 */
function captureWrites(response: ServerResponse): Buffer[] {
  const written: Buffer[] = [];
  if (response.socket) begin(response.socket);
  else response.once('socket', begin);
  return written;

  function begin(socket: Socket): void {
    const write = socket.write;
    let isCapturing = true;
    socket.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
      const [encoding] = rest;
      written.push(
        typeof chunk === 'string' ? Buffer.from(chunk, encoding as BufferEncoding) : Buffer.from(chunk),
      );
      return Reflect.apply(write, socket, [chunk, ...rest]);
    }) as Socket['write'];
    const end = () => {
      if (isCapturing) socket.write = write;
      isCapturing = false;
    };
    // Before Node gives the socket to the next response.
    response.prependOnceListener('finish', end);
    response.once('close', end);
  }
}

// Keeps the latest exchanges of the gateway as they went over the wire.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** One request and its answer, byte for byte as far as they are text. */
export interface Exchange {
  readonly request: string;
  readonly answer: string;
}

export interface WireLog {
  /**
   * Listens in on an exchange, before anything of the answer is written.
   *
   * @param body - the request's, read already
   */
  watch(request: IncomingMessage, body: string, response: ServerResponse): void;
  /** The exchange whose answer bore a `Request-Id`, if it is among the latest. */
  find(requestId: string): Exchange | undefined;
}

/** How many exchanges are kept. */
const capacity = 50;

/** Makes a log that is kept in memory. */
export function createWireLog(): WireLog {
  const exchanges = new Map<string, Exchange>();
  return {
    watch(request, body, response) {
      const written = listenIn(request.socket, response);
      response.once('finish', () => {
        exchanges.set(String(response.getHeader('request-id')), {
          request: requestText(request, body),
          answer: Buffer.concat(written).toString(),
        });
        const [oldest] = exchanges.keys();
        if (exchanges.size > capacity && oldest !== undefined) exchanges.delete(oldest);
      });
    },
    find: (requestId) => exchanges.get(requestId),
  };
}

function requestText({ method, url, httpVersion, rawHeaders }: IncomingMessage, body: string): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** Node adds headers of its own to an answer, so that only the socket knows all that is sent. */
function listenIn(socket: Socket, response: ServerResponse): Buffer[] {
  const written: Buffer[] = [];
  const write = socket.write;
  socket.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    const [encoding] = rest;
    written.push(
      typeof chunk === 'string' ? Buffer.from(chunk, encoding as BufferEncoding) : Buffer.from(chunk),
    );
    return Reflect.apply(write, socket, [chunk, ...rest]);
  }) as Socket['write'];
  response.once('close', () => {
    socket.write = write;
  });
  return written;
}

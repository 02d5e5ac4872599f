// A proxy between function and table that sees each call, and can be told to spoil one.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { listen } from '../../infra/local/listen.ts';

/** One call on its way to the table. */
export interface TableCall {
  /** Such as `UpdateItem`. */
  readonly operation: string;
  readonly body: string;
  /** Carries the call out; returns the table's answer without passing it on. */
  forward(): Promise<{ readonly status: number; readonly body: Buffer }>;
  readonly response: ServerResponse;
}

export interface TableProxy {
  readonly endpoint: string;
  /** Operations seen since the last reset of this list. */
  readonly calls: string[];
  /** Set to take a call over; return `false` to let it pass. */
  intercept: ((call: TableCall) => Promise<boolean>) | undefined;
  close(): void;
}

/**
 * Starts a proxy in front of a table engine.
 *
 * @param target - the engine's base URL
 */
export async function startTableProxy(target: string): Promise<TableProxy> {
  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy());
  });

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const operation = String(incoming.headers['x-amz-target']).split('.')[1] ?? '';
    const forward = () => passOn(target, incoming, body);
    proxy.calls.push(operation);
    if (await proxy.intercept?.({ operation, body: body.toString(), forward, response })) return;
    const answer = await forward();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  const proxy: TableProxy = {
    endpoint: await listen(server, 0, 'PORT'),
    calls: [],
    intercept: undefined,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return proxy;
}

async function passOn(target: string, incoming: IncomingMessage, body: Buffer) {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(target, { method: 'POST', headers: incoming.headers }, resolve);
    outgoing.on('error', reject);
    outgoing.end(body);
  });
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await buffer(answer) };
}

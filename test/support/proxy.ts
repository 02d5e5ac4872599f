// Proxies between the function and its dependencies, which record each call and can disrupt it. That of the table
// forwards calls to a real engine; those of the issuer and of Secrets Manager answer themselves.
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { buffer } from 'node:stream/consumers';
import { listen } from '../../infra/local/listen.ts';

export interface ProxyAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A call in transit. */
export interface ProxyCall {
  /** The operation, such as `UpdateItem`, or else the path. */
  readonly operation: string;
  readonly body: string;
  /** Carries out the call; resolves to the answer without sending it to the caller. */
  forward(): Promise<ProxyAnswer>;
  readonly response: ServerResponse;
}

export interface FaultProxy {
  readonly endpoint: string;
  /** The operations that were called; a test may clear the list. */
  readonly calls: string[];
  /** Set to handle a call; resolve to `false` to let it pass. */
  intercept: ((call: ProxyCall) => Promise<boolean>) | undefined;
  /** Closes every connection and refuses new ones until `accept` is called. */
  refuse(): Promise<void>;
  accept(): Promise<void>;
  /** Refuses new connections, and waits until the open ones have ended and all their calls are carried out. */
  drain(): Promise<void>;
  close(): void;
}

/**
 * Starts a proxy in front of a table engine.
 *
 * @param target - the engine's base URL
 */
export function startTableProxy(target: string): Promise<FaultProxy> {
  return startProxy((incoming, body) => passOn(target, incoming, body));
}

/**
 * Starts an issuer's key set endpoint.
 *
 * @param jwks - returns the answer of each call; a string is sent unchanged
 */
export function startJwksEndpoint(jwks: () => unknown): Promise<FaultProxy> {
  return startProxy(async () => json(jwks()));
}

/**
 * Starts a local AWS Secrets Manager that has the same secret under every id.
 *
 * @param secret - returns the secret's current string
 */
export function startSecretsManager(secret: () => string): Promise<FaultProxy> {
  return startProxy(async () => json({ Name: 'secret', SecretString: secret() }));
}

type CarryOut = (incoming: IncomingMessage, body: Buffer) => Promise<ProxyAnswer>;

async function startProxy(carryOut: CarryOut): Promise<FaultProxy> {
  const pending = new Set<Promise<void>>();
  const server = createServer((incoming, response) => {
    const handled = handle(incoming, response)
      .catch(() => void response.destroy())
      .finally(() => pending.delete(handled));
    pending.add(handled);
  });

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const operation = String(incoming.headers['x-amz-target'] ?? incoming.url).replace(/^\w+\./, '');
    const forward = () => carryOut(incoming, body);
    proxy.calls.push(operation);
    if (await proxy.intercept?.({ operation, body: body.toString(), forward, response })) return;
    const answer = await forward();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  const proxy: FaultProxy = {
    endpoint: await listen(server, 0, 'PORT'),
    calls: [],
    intercept: undefined,
    async refuse() {
      const closed = once(server, 'close');
      proxy.close();
      await closed;
    },
    async accept() {
      await listen(server, Number(new URL(proxy.endpoint).port), 'PORT');
    },
    async drain() {
      const closed = once(server, 'close');
      server.close();
      await closed;
      await Promise.all(pending);
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return proxy;
}

function json(value: unknown): ProxyAnswer {
  const body = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  return { status: 200, headers: { 'content-type': 'application/json' }, body };
}

async function passOn(target: string, incoming: IncomingMessage, body: Buffer): Promise<ProxyAnswer> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(target, { method: 'POST', headers: incoming.headers }, resolve);
    outgoing.on('error', reject);
    outgoing.end(body);
  });
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await buffer(answer) };
}

// Stands between the function and what it calls: sees each call, and can be told to spoil one. The table's passes calls
// on to a real engine; those of the issuer and of Secrets Manager answer themselves.
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

/** One call on its way. */
export interface ProxyCall {
  /** Such as `UpdateItem`, else the path. */
  readonly operation: string;
  readonly body: string;
  /** Carries the call out; returns the answer without passing it on. */
  forward(): Promise<ProxyAnswer>;
  readonly response: ServerResponse;
}

export interface FaultProxy {
  readonly endpoint: string;
  /** Operations seen since the last reset of this list. */
  readonly calls: string[];
  /** Set to take a call over; return `false` to let it pass. */
  intercept: ((call: ProxyCall) => Promise<boolean>) | undefined;
  /** Cuts every connection and refuses new ones, until `accept`. */
  refuse(): Promise<void>;
  accept(): Promise<void>;
  /** Takes no new connections and waits until those it has have ended, and all that came over them is carried out. */
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
 * @param jwks - what it answers now; asked for each call, a text is sent as it is
 */
export function startJwksEndpoint(jwks: () => unknown): Promise<FaultProxy> {
  return startProxy(async () => json(jwks()));
}

/**
 * Starts a stand-in of AWS Secrets Manager that knows one secret under every name.
 *
 * @param secret - the secret's text now
 */
export function startSecretsManager(secret: () => string): Promise<FaultProxy> {
  return startProxy(async () => json({ Name: 'secret', SecretString: secret() }));
}

type CarryOut = (incoming: IncomingMessage, body: Buffer) => Promise<ProxyAnswer>;

async function startProxy(carryOut: CarryOut): Promise<FaultProxy> {
  const underWay = new Set<Promise<void>>();
  const server = createServer((incoming, response) => {
    const handled = handle(incoming, response)
      .catch(() => void response.destroy())
      .finally(() => underWay.delete(handled));
    underWay.add(handled);
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
      await Promise.all(underWay);
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

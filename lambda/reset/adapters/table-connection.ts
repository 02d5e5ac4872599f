// The connection to the table, opened while the function starts and not by the first request.
import { once } from 'node:events';
import { Agent, type RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { clientOptions } from '../../shared/aws-client.ts';
import { describeFault } from '../../shared/describe-fault.ts';
import type { Reporting } from '../../shared/telemetry.ts';

/** Milliseconds after which an opening connection is given up; the first request then opens its own. */
const openingTimeout = 800;

type Callback = Parameters<Agent['createConnection']>[1];

/** An https agent of which a connection can be opened before there is a request for it. */
export class EarlyAgent extends Agent {
  readonly #opened = new Map<string, TLSSocket>();

  /**
   * Opens a connection, and keeps it for the first request to that address.
   *
   * @throws Error where it is not open within 0.8 seconds
   */
  async open(host: string, port: number): Promise<void> {
    // An address in figures has no name to be served under.
    const servername = isIP(host) ? '' : host;
    const socket = super.createConnection({ ...this.options, host, port, servername }) as TLSSocket;
    // An error that nobody listens for would end the process, and one of TLS alone does not close the connection.
    socket.on('error', () => socket.destroy());
    try {
      await once(socket, 'secureConnect', { signal: AbortSignal.timeout(openingTimeout) });
    } catch (error) {
      socket.destroy();
      throw error;
    }
    // A connection that nobody has asked for keeps no process alive.
    this.#opened.set(`${host}:${port}`, socket.unref());
  }

  override createConnection(options: RequestOptions, callback?: Callback): Duplex | null | undefined {
    const address = `${options.host}:${options.port}`;
    const opened = this.#opened.get(address);
    this.#opened.delete(address);
    if (opened === undefined || opened.destroyed) return super.createConnection(options, callback);
    return opened.ref();
  }
}

/**
 * Opens a connection to the table's endpoint. Nothing is sent over it, so no right is needed and nothing is counted as
 * a request. The SDK itself says where to: it works out a command up to the signed request that would go out, with all
 * that decides about the endpoint, and that request is dropped. What it loads and compiles on this way the first
 * request needs not.
 *
 * @param client - sends its requests through `agent`; an endpoint without TLS is left alone
 * @throws Error where the endpoint or the credentials cannot be found, or the connection not be opened
 */
export async function openTableConnection(client: DynamoDBClient, agent: EarlyAgent): Promise<void> {
  let opening: Promise<void> | undefined;
  const rehearsal = new UpdateItemCommand({ TableName: 'none', Key: {} });
  rehearsal.middlewareStack.add(
    () =>
      async ({ request }) => {
        const { protocol, hostname, port } = request as { protocol: string; hostname: string; port?: number };
        if (protocol === 'https:') opening = agent.open(hostname, port ?? 443);
        return { response: undefined, output: { $metadata: {} } };
      },
    { step: 'deserialize', priority: 'high' },
  );
  await client.send(rehearsal);
  await opening;
}

/**
 * Makes the client of the table, and opens its connection before there is a request for it. That it cannot be opened is
 * logged: the first request then opens its own.
 *
 * @param endpoint - base URL where DynamoDB answers, if not at AWS itself
 * @param logger - where a failure is logged
 */
export async function openTableClient(
  endpoint: string | undefined,
  logger: Reporting['logger'],
): Promise<DynamoDBClient> {
  const agent = new EarlyAgent({ keepAlive: true, maxSockets: 50 });
  const client = new DynamoDBClient({
    ...(endpoint !== undefined && { endpoint }),
    // Milliseconds: three attempts of at most 750 and two pauses of at most 100 and 200 make 2,550 a write. With the keys
    // and the pepper (1,500 each) in front, both writes of a reset, its Argon2id (300) and one last write that is given
    // at most 1,000 end within 9,400; at 9,500 the pipeline answers for whatever hangs in spite of this.
    ...clientOptions({ attempts: 3, connecting: 400, answering: 750, agent }),
  });
  // Without TLS there is little to open ahead.
  if (endpoint?.startsWith('http:')) return client;
  try {
    await openTableConnection(client, agent);
  } catch (error) {
    logger.warn('The connection to the table could not be opened at the start', {
      fault: describeFault(error),
    });
  }
  return client;
}

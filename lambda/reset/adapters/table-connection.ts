// Opens the connection to the table during the start instead of during the first request.
import { once } from 'node:events';
import { Agent, type RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { clientOptions } from '../../shared/aws-client.ts';
import { describeFault } from '../../shared/describe-fault.ts';
import type { Reporting } from '../../shared/telemetry.ts';
import { withinTime } from '../../shared/time-limit.ts';

/** Milliseconds. After that the first request opens its own connection. */
const openingTimeout = 800;

type Callback = Parameters<Agent['createConnection']>[1];

/** An https agent that can open a connection before there is a request for it. */
export class EarlyAgent extends Agent {
  readonly #opened = new Map<string, TLSSocket>();

  /**
   * Opens a connection, and keeps it for the first request to that address.
   *
   * @throws Error if it is not open within 0.8 seconds
   */
  async open(host: string, port: number): Promise<void> {
    // No SNI for IP literals (RFC 6066 section 3).
    const servername = isIP(host) ? '' : host;
    const socket = super.createConnection({ ...this.options, host, port, servername }) as TLSSocket;
    // Without a listener an error would end the process. A TLS error alone does not close the connection.
    socket.on('error', () => socket.destroy());
    try {
      await withinTime(openingTimeout, () => once(socket, 'secureConnect'));
    } catch (error) {
      socket.destroy();
      throw error;
    }
    // An unused connection must not keep the process alive.
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
 * Opens a connection to the table's endpoint. No request is sent over it, so it needs no permission. The SDK determines the
 * endpoint: it prepares and signs a command, which is then dropped instead of sent. So the SDK's code is loaded and
 * compiled before the first request.
 *
 * @param client - sends its requests through `agent`; an endpoint without TLS is left alone
 * @throws Error if there are no credentials, or the connection cannot be opened
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
 * Makes the client of the table and opens its connection. A failure is only logged, since the first request can open
 * its own.
 *
 * @param endpoint - base URL of DynamoDB; undefined: AWS
 * @param logger - where a failure is logged
 */
export async function openTableClient(
  endpoint: string | undefined,
  logger: Reporting['logger'],
): Promise<DynamoDBClient> {
  const agent = new EarlyAgent({ keepAlive: true, maxSockets: 50 });
  const client = new DynamoDBClient({
    ...(endpoint !== undefined && { endpoint }),
    // The time budget of a request, in milliseconds. A write takes at most 2,550: three attempts of 750 and two pauses of
    // 100 and 200; user-table.ts ends it then, whatever arrives. Keys and pepper (1,500 each), two writes, Argon2id (300)
    // and a last write (1,000) take at most 9,400. At 9,500 the pipeline answers 501.
    ...clientOptions({ attempts: 3, connecting: 400, answering: 750, agent }),
  });
  // This middleware copies each input and answer without its secret members, for a log that is not used here.
  client.middlewareStack.remove('loggerMiddleware');
  // Without TLS, opening a connection early gains too little.
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

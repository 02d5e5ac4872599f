// The service for long runs: nothing in it grows with the number of requests, and a request whose client is gone can be
// waited for.
import { randomUUID } from 'node:crypto';
import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { inject } from 'vitest';
import { createGateway } from '../../infra/local/gateway.ts';
import { listen } from '../../infra/local/listen.ts';
import { ensureTable } from '../../infra/local/table.ts';
import { composeHandler } from '../../lambda/reset/compose.ts';
import { loadConfig } from '../../lambda/reset/config.ts';
import { createPlainClient } from '../support/plain-client.ts';
import { pepperJson } from '../support/service.ts';
import { audience, createTokenSigner, issuer, type TokenSigner } from '../support/token-signer.ts';

export interface SoakService {
  readonly url: string;
  readonly tableName: string;
  readonly signer: TokenSigner;
  /** A client of the table, which repeats a call whose connection the engine has closed. */
  readonly table: Pick<DynamoDBClient, 'send'>;
  /** Fault of a 501 -> how often it was logged. */
  readonly faults: ReadonlyMap<string, number>;
  /**
   * Waits until the function has handled a request.
   *
   * @param requestId - the `Request-Id` of a request that is under way, which no other request has
   * @returns the status of its answer, or `undefined` if there is none after a minute
   */
  handled(requestId: string): Promise<number | undefined>;
  close(): Promise<void>;
}

/** Milliseconds. */
const longestHandling = 60_000;

/** Starts the service with a table of its own. */
export async function startSoakService(): Promise<SoakService> {
  const tableName = `users-${randomUUID()}`;
  const signer = await createTokenSigner();
  const admin = new DynamoDBClient({ endpoint: inject('tableEndpoint') });
  await ensureTable(admin, tableName);
  const waiting = new Map<string, (status: number) => void>();
  const faults = new Map<string, number>();
  const countFault = (message: unknown, ...more: unknown[]) => {
    const { fault } = (more[0] ?? {}) as { fault?: unknown };
    const key = `${message} ${JSON.stringify(fault)}`;
    faults.set(key, (faults.get(key) ?? 0) + 1);
  };
  const handler = await composeHandler(
    loadConfig({
      TABLE_NAME: tableName,
      AWS_ENDPOINT_URL_DYNAMODB: inject('tableEndpoint'),
      TOKEN_ISSUER: issuer,
      TOKEN_AUDIENCE: audience,
      TOKEN_JWKS: JSON.stringify(signer.jwks),
      PIN_PEPPER: pepperJson,
    }),
    {
      logger: { info() {}, warn: countFault, error: countFault },
      metrics: { addMetric() {}, publishStoredMetrics() {} },
    },
  );
  const handle: typeof handler = async (event, context) => {
    const answer = await handler(event, context);
    waiting.get((event as APIGatewayProxyEvent).headers['Request-Id'] ?? '')?.(answer.statusCode);
    return answer;
  };
  // A request that waited for an environment would never be handled if its client hung up meanwhile.
  const gateway = createGateway(handle, undefined, { environments: Number.POSITIVE_INFINITY });
  const url = await listen(gateway, 0, 'PORT');
  const table = createPlainClient(inject('tableEndpoint'));
  const send = (command: never) => repeatIfClosed(() => table.send(command));
  return {
    url,
    tableName,
    signer,
    table: { send: send as DynamoDBClient['send'] },
    faults,
    async handled(requestId) {
      const { promise, resolve } = Promise.withResolvers<number | undefined>();
      const timer = setTimeout(() => resolve(undefined), longestHandling);
      waiting.set(requestId, resolve);
      const status = await promise;
      clearTimeout(timer);
      waiting.delete(requestId);
      return status;
    },
    async close() {
      gateway.close();
      gateway.closeAllConnections();
      table.destroy();
      await admin.send(new DeleteTableCommand({ TableName: tableName }));
      admin.destroy();
    },
  };
}

/** Repeats a call if the server has closed its connection, as it does with those that were idle for a while. */
export async function repeatIfClosed<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET' || attempt === 3) throw error;
    }
  }
}

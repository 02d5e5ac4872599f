// The local table: dynalite in this process, or any other engine with DynamoDB's API.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { isFromWebPage, listen, refuseRequests } from './listen.ts';

/** A running engine with DynamoDB's API. */
export interface TableEngine {
  /** Base URL, for `AWS_ENDPOINT_URL_DYNAMODB`. */
  readonly endpoint: string;
  stop(): Promise<void>;
}

/**
 * Starts dynalite, an in-memory engine written in JavaScript.
 *
 * @param port - 0 for any free port
 */
export async function startDynalite(port: number): Promise<TableEngine> {
  const server = dynalite({ createTableMs: 0 });
  refuseRequests(server, isFromWebPage);
  const endpoint = await listen(server, port, 'DYNAMODB_PORT');
  return {
    endpoint,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/**
 * Waits until an engine answers. In front of a container, Docker accepts connections before the engine listens, and resets
 * them.
 *
 * @param endpoint - the engine's base URL
 * @param milliseconds - how long to wait at most
 * @throws Error if it does not answer until then
 */
export async function waitUntilAnswering(endpoint: string, milliseconds: number): Promise<void> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    try {
      // Any answer will do; an unsigned request gets a 400.
      await fetch(endpoint, { signal: AbortSignal.timeout(2_000) });
      return;
    } catch (cause) {
      if (Date.now() >= deadline)
        throw new Error(`${endpoint} has not answered within ${milliseconds / 1_000} seconds`, { cause });
      await sleep(200);
    }
  }
}

/**
 * Creates the table of users if it does not exist, and waits until it is active.
 *
 * @returns whether the table was created
 */
export async function ensureTable(client: DynamoDBClient, tableName: string): Promise<boolean> {
  try {
    await client.send(
      new CreateTableCommand({
        TableName: tableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'userId', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'userId', KeyType: 'HASH' }],
      }),
    );
  } catch (error) {
    if (error instanceof ResourceInUseException) return false;
    throw error;
  }
  await waitUntilTableExists({ client, maxWaitTime: 20, minDelay: 1, maxDelay: 1 }, { TableName: tableName });
  return true;
}

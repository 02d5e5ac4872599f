// The local table: dynalite in this process, or any other engine with DynamoDB's API.
import {
  CreateTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { listen } from './listen.ts';

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
  const endpoint = await listen(server, port, 'DYNAMODB_PORT');
  return {
    endpoint,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
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

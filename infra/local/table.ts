// The table on a laptop: dynalite in this process, or any engine that speaks DynamoDB's protocol.
import {
  CreateTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { listen } from './listen.ts';

/**
 * Starts dynalite, an in-memory engine written in JavaScript; it ends with the process.
 *
 * @param port - 0 for any free one
 * @returns the endpoint, as `AWS_ENDPOINT_URL_DYNAMODB` takes it
 */
export function startDynalite(port: number): Promise<string> {
  return listen(dynalite({ createTableMs: 0 }), port, 'DYNAMODB_PORT');
}

/**
 * Creates the users' table if there is none yet, and waits until it can be used.
 *
 * @returns whether it had to be created
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

// Reads a user's item without its secrets: shows whether password and PIN are set, but not their hashes.
import { type AttributeValue, type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';

/** A user without secrets. Payment methods are listed by id. */
export interface UserDescription {
  readonly userId: string;
  readonly status: string;
  readonly passwordSet: boolean;
  readonly pinSet: boolean;
  /** Different wrong PINs tried since the last right one. */
  readonly pinGuesses: number;
  readonly paymentMethods: readonly string[];
  readonly linkedIdentities: readonly string[];
  readonly tokensValidFrom: number | undefined;
  readonly lastReset: { readonly id: string; readonly at: string; readonly pinVerified: boolean } | undefined;
}

/**
 * Reads a user from the table.
 *
 * @param signal - ends the call
 * @returns `undefined` if the user does not exist
 */
export async function readUser(
  client: DynamoDBClient,
  tableName: string,
  userId: string,
  signal?: AbortSignal,
): Promise<UserDescription | undefined> {
  const Key = { userId: { S: userId } };
  const command = new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true });
  const { Item } = await client.send(command, { ...(signal && { abortSignal: signal }) });
  return Item && describeUser(Item);
}

function describeUser(item: Record<string, AttributeValue>): UserDescription {
  const user = unmarshall(item);
  const { id, at, pinVerified } = user.lastReset ?? {};
  return {
    userId: user.userId,
    status: user.status,
    passwordSet: 'passwordHash' in user,
    pinSet: 'pinVerifier' in user,
    pinGuesses: user.pinGuesses?.size ?? 0,
    paymentMethods: Object.keys(user.paymentMethods ?? {}),
    linkedIdentities: [...(user.linkedIdentities ?? [])],
    tokensValidFrom: user.tokensValidFrom,
    lastReset: user.lastReset && { id, at, pinVerified },
  };
}

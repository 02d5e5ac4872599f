// The throw-away user of a smoke test: in the table for as long as the test runs, and never anybody else's item.
import { randomUUID } from 'node:crypto';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  ListTagsOfResourceCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Peppers } from '../../lambda/reset/domain/recovery-pin.ts';
import { pepperTag } from '../constructs/users-table.ts';
import { UsageError } from '../local/local-settings.ts';
import { type SeedUser, toItem } from '../local/seed.ts';

export interface SmokeUser {
  /** @throws UsageError where the user exists already, which is then left as it is */
  readonly create: () => Promise<void>;
  /** Puts the item back as it was at first: each reset revokes the token that the next step needs. */
  readonly restore: () => Promise<void>;
  readonly read: () => Promise<Record<string, unknown>>;
  /** Removes the user, if there is one and this run has made it. */
  readonly remove: () => Promise<void>;
}

/** Prepares the user, who is in the table from `create` to `remove`. */
export async function prepareSmokeUser(
  client: DynamoDBClient,
  TableName: string,
  user: SeedUser,
  peppers: Peppers,
): Promise<SmokeUser> {
  const run: AttributeValue = { S: randomUUID() };
  const Item = { ...(await toItem(user, peppers)), smokeTest: run };
  const Key = { userId: { S: user.userId } };
  const isOurs = {
    ConditionExpression: 'smokeTest = :run',
    ExpressionAttributeValues: { ':run': run },
  };

  return {
    create: async () => {
      // Ours already where the SDK sends the put again, because its answer was lost.
      const isNewOrOurs = {
        ...isOurs,
        ConditionExpression: `attribute_not_exists(userId) OR ${isOurs.ConditionExpression}`,
      };
      try {
        await client.send(new PutItemCommand({ TableName, Item, ...isNewOrOurs }));
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        throw new UsageError(
          `the table has a user "${user.userId}" already: pass the token of one that does not exist.`,
        );
      }
    },
    restore: async () => {
      await client.send(new PutItemCommand({ TableName, Item, ...isOurs }));
    },
    read: async () => {
      const { Item: found } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
      return unmarshall(found ?? {});
    },
    remove: async () => {
      try {
        await client.send(new DeleteItemCommand({ TableName, Key, ...isOurs }));
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}

/**
 * The id of the secret with the pepper of a table's PINs, as the stack has noted it on the table.
 *
 * @returns undefined for a table that the stack did not make
 */
export async function findPepperSecret(
  client: DynamoDBClient,
  TableName: string,
): Promise<string | undefined> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  const { Tags = [] } = await client.send(new ListTagsOfResourceCommand({ ResourceArn: Table?.TableArn }));
  return Tags.find(({ Key }) => Key === pepperTag)?.Value;
}

// The temporary user of a smoke test. Marked with a random id of the run, so that no other item is ever changed.
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
  /** @throws UsageError if the user already exists, which is left unchanged */
  readonly create: () => Promise<void>;
  /** Restores the original item, because each reset revokes the token that the next check needs. */
  readonly restore: () => Promise<void>;
  readonly read: () => Promise<Record<string, unknown>>;
  /** Removes the user, if this run has created it. */
  readonly remove: () => Promise<void>;
}

/** Prepares the user; `create` writes it to the table. */
export async function prepareSmokeUser(
  client: DynamoDBClient,
  TableName: string,
  user: SeedUser,
  peppers: Peppers,
): Promise<SmokeUser> {
  const run: AttributeValue = { S: randomUUID() };
  const Item = { ...(await toItem(user, peppers)), smokeTest: run };
  const Key = { userId: { S: user.userId } };
  const createdByThisRun = {
    ConditionExpression: 'smokeTest = :run',
    ExpressionAttributeValues: { ':run': run },
  };

  return {
    create: async () => {
      // The item exists and is ours if the SDK repeats the write because the answer was lost.
      const newOrCreatedByThisRun = {
        ...createdByThisRun,
        ConditionExpression: `attribute_not_exists(userId) OR ${createdByThisRun.ConditionExpression}`,
      };
      try {
        await client.send(new PutItemCommand({ TableName, Item, ...newOrCreatedByThisRun }));
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        throw new UsageError(
          `the table already has a user "${user.userId}": pass the token of a user who does not exist.`,
        );
      }
    },
    restore: async () => {
      await client.send(new PutItemCommand({ TableName, Item, ...createdByThisRun }));
    },
    read: async () => {
      const { Item: found } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
      return unmarshall(found ?? {});
    },
    remove: async () => {
      try {
        await client.send(new DeleteItemCommand({ TableName, Key, ...createdByThisRun }));
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}

/**
 * Finds the id of the secret with the pepper keys of a table, which is a tag of the table.
 *
 * @returns undefined if the table has no such tag, because the stack did not create it
 */
export async function findPepperSecret(
  client: DynamoDBClient,
  TableName: string,
): Promise<string | undefined> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  const { Tags = [] } = await client.send(new ListTagsOfResourceCommand({ ResourceArn: Table?.TableArn }));
  return Tags.find(({ Key }) => Key === pepperTag)?.Value;
}

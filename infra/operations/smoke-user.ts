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
import { UsageError } from '../command-line/usage-error.ts';
import { pepperTag } from '../shared/pepper-tag.ts';
import { quote } from '../shared/shell-quote.ts';
import { type SeedUser, toItem } from '../users/user-item.ts';

type Item = Record<string, AttributeValue>;

export interface SmokeUser {
  /** @throws UsageError if the table has a user of this id, who is left unchanged */
  readonly refuseExisting: (signal: AbortSignal) => Promise<void>;
  /** @throws UsageError if the user already exists; the item is left unchanged */
  readonly create: () => Promise<void>;
  /**
   * Restores the original item, because each reset revokes the token that the next check needs.
   *
   * @throws UsageError if the item is gone or no longer that of this run
   */
  readonly restore: () => Promise<void>;
  readonly read: () => Promise<Record<string, unknown>>;
  /**
   * Removes the user, if this run has created it.
   *
   * @throws UsageError that names the user who is left, and the command that removes it
   */
  readonly remove: () => Promise<void>;
}

/** Prepares the user; `create` writes it to the table. */
export async function prepareSmokeUser(
  client: DynamoDBClient,
  TableName: string,
  user: SeedUser,
  peppers: Peppers,
): Promise<SmokeUser> {
  const run = randomUUID();
  const Item: Item = { ...(await toItem(user, peppers)), smokeTest: { S: run } };
  const Key = { userId: { S: user.userId } };
  const createdByThisRun = {
    ConditionExpression: 'smokeTest = :run',
    ExpressionAttributeValues: { ':run': { S: run } },
  };

  async function find(signal?: AbortSignal): Promise<Item | undefined> {
    const command = new GetItemCommand({ TableName, Key, ConsistentRead: true });
    return (await client.send(command, signal && { abortSignal: signal })).Item;
  }

  return {
    async refuseExisting(signal) {
      const found = await find(signal);
      if (found === undefined) return;
      throw new UsageError(explainExisting(TableName, found));
    },
    async create() {
      // The item exists and is ours if the SDK repeats the write because the answer was lost.
      const newOrCreatedByThisRun = {
        ...createdByThisRun,
        ConditionExpression: `attribute_not_exists(userId) OR ${createdByThisRun.ConditionExpression}`,
      };
      try {
        await client.send(new PutItemCommand({ TableName, Item, ...newOrCreatedByThisRun }));
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        throw new UsageError(explainExisting(TableName, (await find()) ?? Key));
      }
    },
    async restore() {
      try {
        await client.send(new PutItemCommand({ TableName, Item, ...createdByThisRun }));
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        throw new UsageError(
          `somebody else has meanwhile removed or replaced the user "${user.userId}". The smoke test leaves it so.`,
        );
      }
    },
    async read() {
      return unmarshall((await find()) ?? {});
    },
    async remove() {
      try {
        await client.send(new DeleteItemCommand({ TableName, Key, ...createdByThisRun }));
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return;
        throw new UsageError(
          `the user "${user.userId}" could not be removed from the table "${TableName}" ` +
            `(${(error as Error).name}: ${(error as Error).message}) and may be left there. ` +
            `Remove it with: ${formatRemoval(TableName, user.userId, run)}`,
        );
      }
    },
  };
}

function explainExisting(tableName: string, { userId, smokeTest }: Item): string {
  const found = `the table already has a user "${userId?.S}"`;
  if (smokeTest?.S === undefined) return `${found}: pass the token of a user who does not exist.`;
  const removal = formatRemoval(tableName, String(userId?.S), smokeTest.S);
  return `${found}, whom another smoke test made. If none is running now, remove the user with: ${removal}`;
}

/** Formats the command that removes the user of a run, and no other item. */
function formatRemoval(tableName: string, userId: string, run: string): string {
  return (
    `aws dynamodb delete-item --table-name ${tableName} --key ${quote(JSON.stringify({ userId: { S: userId } }))} ` +
    `--condition-expression 'smokeTest = :run' --expression-attribute-values ${quote(JSON.stringify({ ':run': { S: run } }))}`
  );
}

/**
 * Finds the id of the secret with the pepper keys of a table, which is a tag of the table.
 *
 * @returns undefined if the table has no such tag, because the stack did not create it
 */
export async function findPepperSecret(
  client: DynamoDBClient,
  TableName: string,
  abortSignal: AbortSignal,
): Promise<string | undefined> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }), { abortSignal });
  const listing = new ListTagsOfResourceCommand({ ResourceArn: Table?.TableArn });
  const { Tags = [] } = await client.send(listing, { abortSignal });
  return Tags.find(({ Key }) => Key === pepperTag)?.Value;
}

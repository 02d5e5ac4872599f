// The time per reset on a real engine, in a small and in a large table.
import { type AttributeValue, BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { listen } from '../../infra/local/listen.ts';
import { ensureTable } from '../../infra/local/table.ts';
import { createUserTable } from '../../lambda/reset/adapters/user-table.ts';
import type { Progress, Values } from './measures.ts';
import { interleave } from './statistics.ts';

/**
 * Resets users in tables of different sizes, with the function's own write.
 *
 * @param sizes - numbers of users, each at least twice the number of rounds times `perRound`
 * @returns size -> milliseconds per reset, one value per round
 */
export async function measureUsers(
  sizes: readonly number[],
  rounds: number,
  perRound: number,
  progress: Progress,
): Promise<Values> {
  const server = dynalite({ createTableMs: 0 });
  const client = new DynamoDBClient({
    endpoint: await listen(server, 0, 'PORT'),
    region: 'eu-central-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  });
  try {
    for (const size of sizes) await fill(client, size, progress);
    const subjects = Object.fromEntries(sizes.map((size) => [size, resetter(client, size, perRound)]));
    return await interleave(subjects, rounds, (round, of) => progress(`users ${round}/${of}`));
  } finally {
    client.destroy();
    server.close();
  }
}

/** Resets the next `perRound` users; resolves to the milliseconds per reset. */
function resetter(client: DynamoDBClient, size: number, perRound: number): () => Promise<number> {
  const users = createUserTable({
    client,
    tableName: `users-${size}`,
    requiredLinkedIdentity: null,
  });
  const { signal } = new AbortController();
  let next = 0;
  return async () => {
    const started = performance.now();
    for (let i = 0; i < perRound; i++) {
      const issuedAt = Math.floor(Date.now() / 1000);
      const accessToken = { userId: `user-${next++}`, tokenId: 'token', issuedAt };
      const reset = { invocationId: 'bench', accessToken, pin: undefined, signal };
      await users.resetWithoutPin(reset, { at: new Date(), tokensValidFrom: issuedAt + 1 });
    }
    return (performance.now() - started) / perRound;
  };
}

const batchSize = 25;

async function fill(client: DynamoDBClient, size: number, progress: Progress): Promise<void> {
  const tableName = `users-${size}`;
  await ensureTable(client, tableName);
  for (let from = 0; from < size; from += batchSize) {
    if (from % 1_000 === 0) progress(`filling a table: ${from}/${size} users`);
    const items = Array.from({ length: Math.min(batchSize, size - from) }, (_, i) =>
      userItem(`user-${from + i}`),
    );
    const requests = items.map((Item) => ({ PutRequest: { Item } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: requests } }));
  }
}

function userItem(userId: string): Record<string, AttributeValue> {
  return {
    userId: { S: userId },
    status: { S: 'active' },
    passwordHash: { S: 'none' },
    paymentMethods: { M: { card: { M: { kind: { S: 'creditcard' } } } } },
  };
}

// `npm run -s user -- <user id>`: what the table holds of a user, without secrets.
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { setLocalDefaults } from './environment.ts';
import { host } from './listen.ts';
import { readLocalSettings, runProgram, UsageError } from './settings.ts';

await runProgram('npm run user', async () => {
  const [userId, ...rest] = process.argv.slice(2);
  if (!userId || rest.length > 0) throw new UsageError('say which user: npm run -s user -- alice');
  const settings = readLocalSettings(process.env);
  const endpoint = settings.tableEndpoint ?? `http://${host}:${settings.dynamodbPort}`;
  setLocalDefaults(process.env);
  const { Item } = await new DynamoDBClient({ endpoint, maxAttempts: 1 })
    .send(
      new GetItemCommand({
        TableName: settings.tableName,
        Key: { userId: { S: userId } },
        ConsistentRead: true,
      }),
    )
    .catch((error: Error) => {
      throw new UsageError(`the table at ${endpoint} does not answer (${error.name}): is npm start running?`);
    });
  if (Item === undefined) throw new UsageError(`there is no user "${userId}"`);
  console.log(JSON.stringify(describeUser(unmarshall(Item)), null, 2));
});

/** What is set rather than what it is set to; payment methods by their ids. */
function describeUser(user: Record<string, unknown>): Record<string, unknown> {
  const { id, at, pinVerified } = (user.lastReset ?? {}) as Record<string, unknown>;
  return {
    userId: user.userId,
    status: user.status,
    passwordSet: 'passwordHash' in user,
    pinSet: 'pinVerifier' in user,
    pinGuesses: (user.pinGuesses as Set<string> | undefined)?.size ?? 0,
    paymentMethods: Object.keys(user.paymentMethods ?? {}),
    linkedIdentities: [...((user.linkedIdentities as Set<string> | undefined) ?? [])],
    tokensValidFrom: user.tokensValidFrom,
    lastReset: user.lastReset && { id, at, pinVerified },
  };
}

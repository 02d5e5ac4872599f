// `npm run -s user -- <user id>`: prints a user's item without its secrets.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { setLocalDefaults } from '../command-line/local-defaults.ts';
import { runProgram } from '../command-line/run-program.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { readUser } from '../users/describe-user.ts';
import { host } from './listen.ts';
import { readLocalSettings } from './local-settings.ts';

const usage = `Prints what the table holds of a user, without secrets: npm run -s user -- <user id>

DYNAMODB_PORT              port of npm start's table, 8000 if not set
AWS_ENDPOINT_URL_DYNAMODB  URL of another table engine
TABLE_NAME                 "users" if not set`;

await runProgram('npm run user', main, usage);

async function main() {
  const [userId, ...rest] = process.argv.slice(2);
  if (!userId || rest.length > 0) throw new UsageError('give one user id: npm run -s user -- alice');
  const settings = readLocalSettings(process.env);
  const endpoint = settings.tableEndpoint ?? `http://${host}:${settings.dynamodbPort}`;
  setLocalDefaults(process.env);
  const client = new DynamoDBClient({ endpoint, maxAttempts: 1 });
  const user = await readUser(client, settings.tableName, userId).catch((error: Error) => {
    throw new UsageError(`the table at ${endpoint} does not answer (${error.name}): is npm start running?`);
  });
  if (user === undefined) throw new UsageError(`there is no user "${userId}"`);
  console.log(JSON.stringify(user, null, 2));
}

// `npm run -s user -- <user id>`: prints a user's item without its secrets.
import { DynamoDBClient, ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import { clientOptions } from '../../lambda/shared/aws-client.ts';
import { readArgument } from '../command-line/command-options.ts';
import { setLocalDefaults } from '../command-line/local-defaults.ts';
import { createProgram } from '../command-line/program.ts';
import { runProgram } from '../command-line/run-program.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { readUser } from '../users/describe-user.ts';
import { host } from './listen.ts';
import { readLocalSettings } from './local-settings.ts';

const help = `Prints what the table holds of a user, without secrets: npm run -s user -- <user id>

DYNAMODB_PORT              port of npm start's table, 8000 if not set
AWS_ENDPOINT_URL_DYNAMODB  URL of another table engine
TABLE_NAME                 "users" if not set`;

export const printUser = createProgram(
  { name: 'npm run user', help, variables: ['DYNAMODB_PORT', 'TABLE_NAME'] },
  async (args, env, output, signal) => {
    const userId = readArgument(args, 'give one user id: npm run -s user -- alice');
    const settings = readLocalSettings(env);
    const endpoint = settings.tableEndpoint ?? `http://${host}:${settings.dynamodbPort}`;
    setLocalDefaults(env);
    const limits = clientOptions({ attempts: 1, connecting: 3_000, answering: 10_000 });
    const client = new DynamoDBClient({ ...limits, endpoint });
    const user = await readUser(client, settings.tableName, userId, signal).catch(
      (error: NodeJS.ErrnoException) => {
        signal.throwIfAborted();
        if (error instanceof ResourceNotFoundException)
          throw new UsageError(
            `there is no table "${settings.tableName}" at ${endpoint}: look at TABLE_NAME.`,
          );
        if (error.code === undefined) throw error;
        throw new UsageError(
          `the table at ${endpoint} does not answer (${error.code}): is npm start running?`,
        );
      },
    );
    client.destroy();
    if (user === undefined) throw new UsageError(`there is no user "${userId}"`);
    await output.print(JSON.stringify(user, null, 2));
  },
);

if (import.meta.main) await runProgram(printUser);

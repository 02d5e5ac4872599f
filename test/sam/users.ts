// The users and their tokens in the table of `npm run sam`, which belongs to this run alone.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { inject } from 'vitest';
import { setLocalDefaults } from '../../infra/command-line/local-defaults.ts';
import { openSamIdentity, type SamIdentity } from '../../infra/local/sam-identity.ts';
import { demoUsers, loadUsers } from '../../infra/local/seed.ts';
import { readUser, type UserDescription } from '../../infra/users/describe-user.ts';
import type { SeedUser } from '../../infra/users/user-item.ts';
import { parsePeppers } from '../../lambda/reset/adapters/pepper.ts';

const tableName = 'users';

export interface SamUsers extends Pick<SamIdentity, 'sign'> {
  /** Puts users into the table as they are given, the demo users if none are. */
  put(...users: readonly SeedUser[]): Promise<void>;
  read(userId: string): Promise<UserDescription | undefined>;
}

export async function openUsers(): Promise<SamUsers> {
  const env: NodeJS.ProcessEnv = {};
  setLocalDefaults(env);
  const peppers = parsePeppers(String(env.PIN_PEPPER));
  const client = new DynamoDBClient({ endpoint: inject('sam').tableEndpoint });
  const { sign } = await openSamIdentity('.cache/sam/key.json');
  return {
    sign,
    put: (...users) => loadUsers(client, tableName, users.length > 0 ? users : demoUsers, peppers),
    read: (userId) => readUser(client, tableName, userId),
  };
}

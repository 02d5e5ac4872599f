// Demo users, and the conversion of users in a JSON file to items of the table.
import { readFile } from 'node:fs/promises';
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { isSubject } from '../../lambda/reset/adapters/access-token.ts';
import { refusedStatuses } from '../../lambda/reset/adapters/user-table.ts';
import { isRecoveryPin, type Peppers } from '../../lambda/reset/domain/recovery-pin.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { type SeedUser, toItem } from '../users/user-item.ts';

/** Users with a PIN, without a PIN, and disabled. */
export const demoUsers: readonly SeedUser[] = [
  {
    userId: 'alice',
    password: 'correct horse battery staple',
    pin: '5621',
    paymentMethods: {
      visa: { kind: 'creditcard', identificationString: '**** 1111' },
      sepa: { kind: 'sepa', identificationString: 'DE** **** 3000' },
    },
  },
  {
    userId: 'bob',
    password: 'a password without a PIN',
    paymentMethods: { paypal: { kind: 'paypal', identificationString: 'b***@example.org' } },
  },
  {
    userId: 'carol',
    status: 'disabled',
    password: 'of no use to anyone now',
    pin: '8305',
    paymentMethods: { visa: { kind: 'creditcard', identificationString: '**** 4242' } },
  },
];

/**
 * Reads users from a file.
 *
 * @param path - file with a JSON array of seed users
 * @throws UsageError that names the file and the invalid member
 */
export async function readSeedFile(path: string): Promise<SeedUser[]> {
  const json = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`SEED_FILE ${path} cannot be read (${error.code}): give the path of a JSON file.`);
  });
  try {
    return parseSeedUsers(parseJson(json.replace(/^\ufeff/, '')));
  } catch (error) {
    throw new UsageError(`SEED_FILE ${path}: ${(error as Error).message}`);
  }
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    // The rest of the message quotes the file, perhaps a password in it.
    const [reason] = (error as Error).message.split(/, (?:\.\.\.)?"/);
    throw new Error(`is not valid JSON: ${reason}`);
  }
}

/**
 * Checks that a value is an array of seed users.
 *
 * @param value - parsed JSON
 * @throws Error that names the invalid member, such as `[2].pin`
 */
export function parseSeedUsers(value: unknown): SeedUser[] {
  if (!Array.isArray(value)) throw new Error('must be an array of users');
  const seen = new Set<string>();
  return value.map((user: unknown, index) => {
    if (!isObject(user)) throw new Error(`[${index}] must be an object`);
    for (const [member, content] of Object.entries(user))
      checkMember(`[${index}].${member}`, member, content);
    if (!('userId' in user)) throw new Error(`[${index}].userId is missing`);
    const { userId } = user as unknown as SeedUser;
    if (seen.has(userId)) throw new Error(`[${index}].userId "${userId}" is a duplicate`);
    seen.add(userId);
    return user as unknown as SeedUser;
  });
}

interface MemberRule {
  readonly isValid: (content: unknown) => boolean;
  readonly expected: string;
}

const nonEmptyString: MemberRule = {
  isValid: (content) => typeof content === 'string' && content !== '',
  expected: 'a non-empty string',
};

const statuses: readonly unknown[] = ['active', ...Object.keys(refusedStatuses)];

const memberRules = new Map<string, MemberRule>([
  ['userId', { isValid: isSubject, expected: 'a string of 1 to 255 characters, without control characters' }],
  ['password', nonEmptyString],
  [
    'status',
    {
      isValid: (content) => statuses.includes(content),
      expected: statuses.map((status) => `"${status}"`).join(' or '),
    },
  ],
  ['pin', { isValid: isRecoveryPin, expected: 'a string of four digits' }],
  [
    'paymentMethods',
    {
      isValid: (content) => isObject(content) && Object.values(content).every(isObject),
      expected: 'an object that maps ids to payment methods',
    },
  ],
  [
    'linkedIdentities',
    {
      isValid: (content) => Array.isArray(content) && content.every(nonEmptyString.isValid),
      expected: 'an array of names',
    },
  ],
  [
    'tokensValidFrom',
    {
      isValid: (content) => Number.isFinite(content) && Number(content) >= 0,
      expected: 'a number of seconds',
    },
  ],
]);

function checkMember(place: string, member: string, content: unknown): void {
  const rule = memberRules.get(member);
  if (rule === undefined)
    throw new Error(`${place} is unknown; the members are ${[...memberRules.keys()].join(', ')}`);
  if (!rule.isValid(content)) throw new Error(`${place} must be ${rule.expected}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Writes users to the table, and leaves those alone that the table has already: they may be real.
 *
 * @param peppers - must be those of the function, otherwise no PIN matches
 * @returns the users that were written
 */
export async function addUsers(
  client: DynamoDBClient,
  tableName: string,
  users: readonly SeedUser[],
  peppers: Peppers,
): Promise<SeedUser[]> {
  const added: SeedUser[] = [];
  for (const user of users) {
    const Item = await toItem(user, peppers);
    const ConditionExpression = 'attribute_not_exists(userId)';
    try {
      await client.send(new PutItemCommand({ TableName: tableName, Item, ConditionExpression }));
      added.push(user);
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }
  return added;
}

/**
 * Writes users to the table, replacing existing ones with the same ids: only for users whom `addUsers` has written, or
 * for a table that holds nothing else than demo users.
 *
 * @param peppers - must be those of the function, otherwise no PIN matches
 */
export async function loadUsers(
  client: DynamoDBClient,
  tableName: string,
  users: readonly SeedUser[],
  peppers: Peppers,
): Promise<void> {
  for (const user of users) {
    await client.send(new PutItemCommand({ TableName: tableName, Item: await toItem(user, peppers) }));
  }
}

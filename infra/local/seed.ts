// Users to start with: from plain JSON to items of the table.
import { readFile } from 'node:fs/promises';
import { type AttributeValue, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { createPasswordHash } from '../../lambda/reset/domain/new-password.ts';
import { createPinVerifier, type Peppers } from '../../lambda/reset/domain/recovery-pin.ts';
import { UsageError } from './local-settings.ts';

/** A user as people write one down; everything but `userId` is optional. */
export interface SeedUser {
  readonly userId: string;
  readonly status?: 'active' | 'disabled';
  /** In plain text; hashed while loading. */
  readonly password?: string;
  /** Four digits in plain text; hashed while loading. */
  readonly pin?: string;
  /** Id -> payment method. */
  readonly paymentMethods?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly linkedIdentities?: readonly string[];
  /** Seconds since the epoch. */
  readonly tokensValidFrom?: number;
}

/** One user for every path through the service. */
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
 * @param path - a JSON array of seed users
 * @throws UsageError that names the file and the place of the fault
 */
export async function readSeedFile(path: string): Promise<SeedUser[]> {
  const json = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`SEED_FILE ${path} cannot be read (${error.code}): give the path of a JSON file.`);
  });
  try {
    return parseSeedUsers(JSON.parse(json));
  } catch (error) {
    throw new UsageError(`SEED_FILE ${path}: ${(error as Error).message}`);
  }
}

/**
 * Checks that a value is an array of seed users.
 *
 * @param value - parsed JSON
 * @throws Error that names the place of the fault, such as `[2].pin`
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
    if (seen.has(userId)) throw new Error(`[${index}].userId is there twice: "${userId}"`);
    seen.add(userId);
    return user as unknown as SeedUser;
  });
}

interface MemberRule {
  readonly isGood: (content: unknown) => boolean;
  readonly expected: string;
}

const text: MemberRule = {
  isGood: (content) => typeof content === 'string' && content !== '',
  expected: 'a text that is not empty',
};

const memberRules = new Map<string, MemberRule>([
  ['userId', text],
  ['password', text],
  [
    'status',
    {
      isGood: (content) => content === 'active' || content === 'disabled',
      expected: '"active" or "disabled"',
    },
  ],
  [
    'pin',
    {
      isGood: (content) => typeof content === 'string' && /^[0-9]{4}$/.test(content),
      expected: 'a text of four digits',
    },
  ],
  [
    'paymentMethods',
    {
      isGood: (content) => isObject(content) && Object.values(content).every(isObject),
      expected: 'an object of payment methods by their ids',
    },
  ],
  [
    'linkedIdentities',
    {
      isGood: (content) => Array.isArray(content) && content.every(text.isGood),
      expected: 'an array of names',
    },
  ],
  [
    'tokensValidFrom',
    {
      isGood: (content) => Number.isFinite(content) && Number(content) >= 0,
      expected: 'a number of seconds',
    },
  ],
]);

function checkMember(place: string, member: string, content: unknown): void {
  const rule = memberRules.get(member);
  if (rule === undefined)
    throw new Error(`${place} is unknown; known are ${[...memberRules.keys()].join(', ')}`);
  if (!rule.isGood(content)) throw new Error(`${place} must be ${rule.expected}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Puts users into the table, over whatever is there under their ids.
 *
 * @param peppers - the function's own, else no PIN will match
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

/** The item of a seed user, as docs/data-model.md describes it. */
export async function toItem(user: SeedUser, peppers: Peppers): Promise<Record<string, AttributeValue>> {
  const { userId, password, pin, linkedIdentities = [] } = user;
  return marshall(
    {
      userId,
      status: user.status ?? 'active',
      paymentMethods: user.paymentMethods ?? {},
      passwordHash: password && (await createPasswordHash(password.normalize('NFC'))),
      pinVerifier: pin && (await createPinVerifier(peppers, userId, pin)),
      linkedIdentities: linkedIdentities.length > 0 ? new Set(linkedIdentities) : undefined,
      tokensValidFrom: user.tokensValidFrom,
    },
    { removeUndefinedValues: true },
  );
}

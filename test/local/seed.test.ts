// The seed file of `npm start`: its format, the messages for mistakes, and the items made of it.
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, inject, it } from 'vitest';
import { formatGreeting } from '../../infra/local/greeting.ts';
import { addUsers, demoUsers, parseSeedUsers, readSeedFile } from '../../infra/local/seed.ts';
import { ensureTable } from '../../infra/local/table.ts';
import { type SeedUser, toItem } from '../../infra/users/user-item.ts';
import { parsePeppers } from '../../lambda/reset/adapters/pepper.ts';

const peppers = parsePeppers(JSON.stringify({ current: 'k1', k1: 'p'.repeat(32) }));

it('a user may have every member, or only an id', () => {
  const full = {
    userId: 'alice',
    status: 'active',
    password: 'p',
    pin: '0042',
    paymentMethods: { visa: { kind: 'creditcard' } },
    linkedIdentities: ['bank'],
    tokensValidFrom: 0,
  };
  expect(parseSeedUsers([full, { userId: 'bob' }])).toEqual([full, { userId: 'bob' }]);
  expect(parseSeedUsers(demoUsers)).toEqual(demoUsers);
});

it.each([
  [{}, 'must be an array of users'],
  [['alice'], '[0] must be an object'],
  [[{}], '[0].userId is missing'],
  [[{ userId: 'a' }, { userId: '' }], '[1].userId must be a string of 1 to 255 characters'],
  [[{ userId: 'a\u001b[2J' }], '[0].userId must be a string of 1 to 255 characters, without control'],
  [[{ userId: 'a\u009b' }], '[0].userId must be a string of 1 to 255 characters, without control'],
  [[{ userId: 'x'.repeat(256) }], '[0].userId must be a string of 1 to 255 characters'],
  [[{ userId: 'a' }, { userId: 'a' }], '[1].userId "a" is a duplicate'],
  [[{ userId: 'a', pin: 5621 }], '[0].pin must be a string of four digits'],
  [[{ userId: 'a', pin: '562' }], '[0].pin must be a string of four digits'],
  [[{ userId: 'a', status: 'on' }], '[0].status must be "active" or "disabled"'],
  [
    [{ userId: 'a', paymentMethods: [] }],
    '[0].paymentMethods must be an object that maps ids to payment methods',
  ],
  [
    [{ userId: 'a', paymentMethods: { visa: 1 } }],
    '[0].paymentMethods must be an object that maps ids to payment methods',
  ],
  [[{ userId: 'a', linkedIdentities: 'bank' }], '[0].linkedIdentities must be an array of names'],
  [[{ userId: 'a', tokensValidFrom: '0' }], '[0].tokensValidFrom must be a number of seconds'],
  [[{ userId: 'a', Pin: '5621' }], '[0].Pin is unknown; the members are userId, password'],
])('refuses %j and names the place', (value, message) => {
  expect(() => parseSeedUsers(value)).toThrow(message);
});

it.each([
  '[{"userId":"a","password":hunter2secret}]',
  'hunter2secret',
  '[{"userId":"a","password":"hunter2secret"}}',
  '[{"password":"hunter2secret',
])('says what is wrong with %j without quoting a password', async (json) => {
  await mkdir(inject('scratch'), { recursive: true });
  const path = join(inject('scratch'), `${randomUUID()}.json`);
  await writeFile(path, json);
  const message = await readSeedFile(path).then(
    () => '',
    (error: Error) => error.message,
  );
  expect(message).toMatch(/^SEED_FILE .*\.json: is not valid JSON: \w/);
  expect(message).not.toContain('hunter');
});

it('reads a file with a byte order mark', async () => {
  await mkdir(inject('scratch'), { recursive: true });
  const path = join(inject('scratch'), `${randomUUID()}.json`);
  await writeFile(path, '\ufeff[{"userId":"a"}]');
  expect(await readSeedFile(path)).toEqual([{ userId: 'a' }]);
});

it('the greeting has no command with a user id that would be an option', () => {
  const facts = { url: 'http://127.0.0.1:3000', environment: {}, hasIssuer: true };
  const greetingFor = (...users: SeedUser[]) => formatGreeting({ ...facts, users });
  const bob = { userId: '-bob', pin: '5621' };
  expect(greetingFor(bob, { userId: 'zoe' })).toMatch(/token -- zoe\)[\s\S]*user -- zoe$/);
  expect(greetingFor(bob)).toMatch(/^USER_ID='put[\s\S]*user -- "\$USER_ID"$/m);
  for (const greeting of [greetingFor(bob), greetingFor(bob, { userId: 'zoe' })])
    expect(greeting).not.toContain('-bob');
});

it('an item has password and PIN hashed, and lacks attributes that the user lacks', async () => {
  const item = await toItem(
    { userId: 'alice', password: 'secret', pin: '5621', linkedIdentities: [] },
    peppers,
  );
  expect(item).toEqual({
    userId: { S: 'alice' },
    status: { S: 'active' },
    paymentMethods: { M: {} },
    passwordHash: { S: expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[^$]{22}\$[^$]{43}$/) },
    pinVerifier: { S: expect.stringMatching(/^\$argon2id\$.*keyid=k1\$/) },
  });
  expect(Object.keys(await toItem({ userId: 'bob' }, peppers)).sort()).toEqual([
    'paymentMethods',
    'status',
    'userId',
  ]);
});

it('users are added only if the table has none of that id', async () => {
  const client = new DynamoDBClient({ endpoint: inject('tableEndpoint') });
  const tableName = `users-${randomUUID()}`;
  await ensureTable(client, tableName);
  const read = async (userId: string) =>
    (await client.send(new GetItemCommand({ TableName: tableName, Key: { userId: { S: userId } } }))).Item;
  const [first, second] = [{ userId: 'alice', password: 'first' }, { userId: 'bob' }];
  expect(await addUsers(client, tableName, [first], peppers)).toEqual([first]);
  const before = await read('alice');
  expect(await addUsers(client, tableName, [{ userId: 'alice', pin: '5621' }, second], peppers)).toEqual([
    second,
  ]);
  expect(await read('alice')).toEqual(before);
  expect(await read('bob')).toBeDefined();
});

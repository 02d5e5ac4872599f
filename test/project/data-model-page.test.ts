// docs/data-model.md against the items that the service writes, and what it reads of them.
import { DynamoDBClient, type UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { eventsOf } from '../../lambda/publisher/stream-record.ts';
import { refusedStatuses } from '../../lambda/reset/adapters/user-table.ts';
import { eventSchemas } from '../support/events.ts';
import { everyHeader } from '../support/http-client.ts';
import { codesIn, tableUnder, textOf } from '../support/markdown.ts';
import { type Call, runParticipant } from '../support/participants.ts';
import { type Item, startService } from '../support/service.ts';

const page = 'docs/data-model.md';
const rows = tableUnder(page, 'The user item').map(([name, type = '', writtenBy = '', meaning = '']) => ({
  name: codesIn(name)[0] ?? '',
  type,
  writtenBy,
  meaning,
}));

/** Attribute -> the value that it had last. */
const stored: Item = {};
/** The attributes that updates of the code change, and all that updates and code name. */
const changed = new Set<string>();
const used = new Set<string>();

interface Client {
  send(command: { input: UpdateItemCommandInput }, options: unknown): Promise<{ Attributes?: Item }>;
}

beforeAll(async () => {
  const client = DynamoDBClient.prototype as unknown as Client;
  const { send } = client;
  vi.spyOn(client, 'send').mockImplementation(async function (this: Client, command, options) {
    const answer = await send.call(this, command, options).catch(watchItemOf);
    if (command.constructor.name !== 'UpdateItemCommand') return answer;
    const { Key, UpdateExpression, ConditionExpression } = command.input;
    for (const name of namesIn(UpdateExpression)) changed.add(name);
    for (const name of [...Object.keys(Key ?? {}), ...namesIn(ConditionExpression)]) used.add(name);
    return answer.Attributes === undefined ? answer : { ...answer, Attributes: watch(answer.Attributes) };
  });
  const service = await startService({ REQUIRED_LINKED_IDENTITY: 'bank' });
  const user = {
    userId: 'alice',
    pin: '5621',
    password: 'known',
    linkedIdentities: ['bank'],
    tokensValidFrom: 1,
  };
  const password = '"password":"five hushed otters paddle upstream"';
  for (const bodies of [
    [1000, 1001, 1002, 5621].map((pin) => `{"pin":"${pin}"}`),
    ['{}', '{}'],
    [`{"pin":"5621",${password}}`],
  ]) {
    await service.put({ ...user, paymentMethods: { visa: {} } });
    const token = await service.token('alice');
    for (const body of bodies) {
      const before = await service.item('alice');
      await service.reset(token, '', { body, headers: everyHeader });
      const after = await service.item('alice');
      Object.assign(stored, before, after);
      const dynamodb = { OldImage: watch(before), NewImage: watch(after), SequenceNumber: '1' };
      eventsOf({ eventName: 'MODIFY', dynamodb });
    }
  }
  await service.close();
  vi.restoreAllMocks();
});

/** The attributes in an expression: words that are no keyword, function or placeholder. */
const namesIn = (expression = '') =>
  expression.replace('#status', 'status').match(/(?<![:#.\w])[a-z]\w*\b(?!\()/g) ?? [];

/** Notes which attributes of an item are read. */
function watch<T extends Item | undefined>(item: T): T {
  if (item === undefined) return item;
  return new Proxy(item, {
    get(target, name) {
      used.add(String(name));
      return target[String(name)];
    },
  });
}

function watchItemOf(error: { Item: Item | undefined }): never {
  error.Item = watch(error.Item);
  throw error;
}

const typeOf = (value: object | undefined) => Object.keys(value ?? {})[0];

describe('the table of attributes', () => {
  it('has every attribute that the code writes or reads, and no others', () => {
    const names = new Set([...Object.keys(stored), ...changed, ...used]);
    expect(
      rows.map(({ name }) => name).toSorted(),
      'docs/data-model.md has other attributes than the code writes or reads',
    ).toEqual([...names].toSorted());
  });

  it.each(rows)('has the type of $name, and whether a reset writes it', ({ name, type, writtenBy }) => {
    expect([name, type]).toEqual([name, typeOf(stored[name])]);
    expect([name, /\breset\b/.test(writtenBy)]).toEqual([name, changed.has(name)]);
  });

  it.each(['lastReset', 'pinLock'])('has every member of %s with its type, and no others', (name) => {
    const { meaning = '' } = rows.find((row) => row.name === name) ?? {};
    const listed = [...meaning.matchAll(/`(\w+)` ([A-Z]+)\b/g)].map(([, member, type]) => [member, type]);
    const members = Object.entries(stored[name]?.M ?? {}).map(([member, value]) => [member, typeOf(value)]);
    expect(
      listed.toSorted(),
      `the row ${name} in docs/data-model.md has other members than the service writes`,
    ).toEqual(members.toSorted());
  });

  it('has every status of a user', () => {
    const { meaning } = rows.find(({ name }) => name === 'status') ?? {};
    expect(codesIn(meaning)).toEqual(['active', ...Object.keys(refusedStatuses)]);
  });

  it('has the lengths of a user id in the schemas of the events', () => {
    const { meaning } = rows.find(({ name }) => name === 'userId') ?? {};
    for (const { properties } of eventSchemas) {
      const { minLength, maxLength } = Object(properties.userId);
      expect(meaning).toContain(`${minLength} to ${maxLength} characters`);
    }
  });
});

it.each(['passwordHash', 'pinVerifier'])('shows the format of %s as the service writes it', (name) => {
  const [, shown = ''] = new RegExp(`^## \`${name}\`\n\n\`\`\`\n(.*)\n`, 'm').exec(textOf(page)) ?? [];
  const pattern = shown
    .replaceAll('$', '\\$')
    .replace(/<\w+, (\d+) bytes>/g, (_place, bytes) => `[\\w+/]{${Math.ceil((bytes * 4) / 3)}}`)
    .replace('<name of the pepper>', '[a-zA-Z0-9]{1,11}');
  expect(stored[name]?.S).toMatch(new RegExp(`^${pattern}$`));
});

describe('"Conditions for other writers"', () => {
  const writers = tableUnder(page, 'Conditions for other writers');
  const rowOf = (writer: string) => writers.find(([name]) => name === writer)?.slice(1) ?? [];

  it('has a row for each service that writes attributes', () => {
    const services = new Set(rows.flatMap(({ writtenBy }) => writtenBy.match(/\w+ service/g) ?? []));
    expect(writers.map(([writer]) => writer)).toHaveLength(services.size);
  });

  it.each([
    ['adds or changes a payment method', 'add payment method'],
    ['sets or replaces the PIN', 'replace PIN'],
  ] as const)('%s: as the tests of two writers at once have it', async (writer, write) => {
    const { call } = (await runParticipant({ write, token: 'early' }, write, [])) as { call: Call };
    const [condition = '', update = ''] = rowOf(writer).map((cell) => codesIn(cell)[0]);
    expect(update).toBe(call.input?.UpdateExpression?.replace(':next', ':new'));
    if (condition !== '') expect(condition).toBe(call.input?.ConditionExpression);
  });
});

it('"Test vectors" has every member of test-vectors.json', () => {
  const vectors = JSON.parse(textOf('docs/test-vectors.json'));
  const listed = tableUnder(page, 'Test vectors').map(([name, contents]) => [
    codesIn(name)[0],
    codesIn(contents),
  ]);
  expect(listed.map(([name]) => name)).toEqual(Object.keys(vectors));
  for (const [name, members] of listed.slice(1))
    expect(members).toEqual(expect.arrayContaining(Object.keys(vectors[String(name)][0])));
});

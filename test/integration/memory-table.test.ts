// The table in memory, on which every schedule is tried, against a real engine: generated items, conditions and changes.
import { randomUUID } from 'node:crypto';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { ensureTable } from '../../infra/local/table.ts';
import { scaled, scaledTimeout } from '../support/generated-cases.ts';
import { applyUpdate, type Item } from '../support/memory-table.ts';
import { createPlainClient } from '../support/plain-client.ts';

const TableName = `memory-${randomUUID()}`;
let table: ReturnType<typeof createPlainClient>;
beforeAll(async () => {
  const endpoint = inject('tableEndpoint');
  table = createPlainClient(endpoint);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new DynamoDBClient({ endpoint, region: 'eu-central-1', credentials });
  await ensureTable(client, TableName);
  client.destroy();
});
afterAll(() => table.destroy());

const text: fc.Arbitrary<AttributeValue> = fc.constantFrom('a', 'b', 'ab', 'active').map((S) => ({ S }));
const number: fc.Arbitrary<AttributeValue> = fc.constantFrom('0', '1', '2', '1.5', '10').map((N) => ({ N }));
const set: fc.Arbitrary<AttributeValue> = fc
  .uniqueArray(fc.constantFrom('a', 'b', 'ab', 'c'), { minLength: 1 })
  .map((SS) => ({ SS: SS.toSorted() }));
const map: fc.Arbitrary<AttributeValue> = fc
  .dictionary(fc.constantFrom('a', 'b'), fc.oneof(text, number, fc.constant({ BOOL: true })), {
    maxKeys: 2,
    noNullPrototype: true,
  })
  .map((M) => ({ M }));
const anything: fc.Arbitrary<AttributeValue> = fc.oneof(text, number, set, map);

/** The attributes have the types of a user's item, and some have another one. */
const item: fc.Arbitrary<Item | undefined> = fc.option(
  fc.record(
    {
      status: text,
      tokensValidFrom: fc.oneof({ weight: 4, arbitrary: number }, text),
      pinVerifier: fc.oneof({ weight: 4, arbitrary: text }, map),
      pinGuesses: set,
      linkedIdentities: fc.oneof({ weight: 4, arbitrary: set }, anything),
      lastReset: map,
      paymentMethods: map,
    },
    { requiredKeys: ['paymentMethods'] },
  ),
  { nil: undefined, freq: 10 },
);

/** A part of an expression, and the values for its placeholders, one for each. */
interface Part {
  readonly text: string;
  readonly values: Item;
}
let placeholders = 0;
function part(value: AttributeValue, write: (placeholder: string) => string): Part {
  const name = `:v${placeholders++}`;
  return { text: write(name), values: { [name]: value } };
}
function join(parts: readonly Part[], separator: string): Part {
  return {
    text: parts.map((one) => one.text).join(separator),
    values: Object.assign({}, ...parts.map((one) => one.values)),
  };
}

const path = fc.constantFrom(
  'userId',
  '#status',
  'tokensValidFrom',
  'pinVerifier',
  'pinGuesses',
  'linkedIdentities',
  'lastReset',
  'paymentMethods.#id',
);
const test: fc.Arbitrary<Part> = fc.oneof(
  path.map((on) => ({ text: `attribute_exists(${on})`, values: {} })),
  path.map((on) => ({ text: `attribute_not_exists(${on})`, values: {} })),
  fc
    .tuple(path, fc.constantFrom('S', 'N', 'SS', 'M'))
    .map(([on, S]) => part({ S }, (value) => `attribute_type(${on}, ${value})`)),
  fc.tuple(path, text).map(([on, searched]) => part(searched, (value) => `contains(${on}, ${value})`)),
  fc.tuple(path, fc.oneof(text, number)).map(([on, other]) => part(other, (value) => `${on} = ${value}`)),
  fc
    .tuple(fc.oneof(path, fc.constant('size(pinGuesses)')), fc.constantFrom('<', '<=', '='), number)
    .map(([left, comparison, right]) => part(right, (value) => `${left} ${comparison} ${value}`)),
);
const tests = fc.array(test, { minLength: 1, maxLength: 4 });
const condition: fc.Arbitrary<Part> = fc
  .array(fc.tuple(tests, fc.constantFrom(' AND ', ' OR ')), { minLength: 1, maxLength: 3 })
  .chain((groups) =>
    fc.constantFrom(' AND ', ' OR ').map((between) =>
      join(
        groups.map(([parts, within]) => {
          const group = join(parts, within);
          // Engines refuse parentheses around a single test.
          return parts.length > 1 ? { ...group, text: `(${group.text})` } : group;
        }),
        between,
      ),
    ),
  );

const attribute = fc.constantFrom('#status', 'tokensValidFrom', 'pinVerifier', 'lastReset', 'paymentMethods');
const change: fc.Arbitrary<Part> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.uniqueArray(fc.tuple(attribute, anything), { minLength: 1, selector: ([on]) => on }),
        fc.subarray(['pinGuesses', 'linkedIdentities']),
      )
      .map(([sets, removes]) => {
        const set = join(
          sets.map(([on, value]) => part(on === 'paymentMethods' ? { M: {} } : value, (v) => `${on} = ${v}`)),
          ', ',
        );
        const remove = removes.length > 0 ? ` REMOVE ${removes.join(', ')}` : '';
        return { text: `SET ${set.text}${remove}`, values: set.values };
      }),
  },
  set.map((value) => part(value, (v) => `ADD pinGuesses ${v}`)),
  map.map((value) => part(value, (v) => `SET paymentMethods.#id = ${v}`)),
);

const update = fc
  .record({
    change,
    condition: fc.option(condition, { nil: undefined, freq: 8 }),
    ReturnValues: fc.constantFrom('NONE', 'ALL_OLD', 'ALL_NEW', 'UPDATED_NEW'),
    ReturnValuesOnConditionCheckFailure: fc.constantFrom('NONE', 'ALL_OLD'),
  })
  .map(({ change, condition, ...returned }): Omit<UpdateItemCommandInput, 'Key'> => {
    const names = Object.entries({ '#status': 'status', '#id': 'visa' });
    const used = names.filter(([name]) => `${change.text} ${condition?.text}`.includes(name));
    const values = { ...change.values, ...condition?.values };
    return {
      TableName,
      UpdateExpression: change.text,
      ...(condition && { ConditionExpression: condition.text }),
      ...(used.length > 0 && { ExpressionAttributeNames: Object.fromEntries(used) }),
      ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
      ...(returned as Pick<UpdateItemCommandInput, 'ReturnValues'>),
      // Not in use: only a part of the map would be returned.
      ...(change.text.includes('.#id') && { ReturnValues: 'ALL_NEW' as const }),
    };
  });

it('table in memory and real engine agree on every update', { timeout: scaledTimeout }, async () => {
  const seen = { done: 0, 'condition failed': 0, 'malformed path': 0 };
  await fc.assert(
    fc.asyncProperty(item, fc.array(update, { minLength: 1, maxLength: 4 }), async (attributes, updates) => {
      const Key = { userId: { S: randomUUID() } };
      let inMemory: Item | undefined = attributes && { ...Key, ...attributes };
      if (inMemory !== undefined) await table.send(new PutItemCommand({ TableName, Item: inMemory }));
      for (const one of updates) {
        const input = { ...one, Key };
        const real = await summarize(async () => (await table.send(new UpdateItemCommand(input))).Attributes);
        const ideal = await summarize(async () => {
          const { item, Attributes } = applyUpdate(inMemory, input);
          inMemory = item;
          return Attributes;
        });
        expect(ideal).toEqual(real);
        seen[real.end]++;
        const { Item } = await table.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
        expect(inMemory).toEqual(sortSets(Item));
      }
    }),
    { numRuns: scaled(40, 5_000) },
  );
  expect(Math.min(seen.done, seen['condition failed']), JSON.stringify(seen)).toBeGreaterThan(0);
});

/** How an update ended, and what it returned. */
async function summarize(
  act: () => Promise<Item | undefined>,
): Promise<{ end: 'done' | 'condition failed' | 'malformed path'; returned?: Item | undefined }> {
  try {
    return { end: 'done', returned: sortSets(await act()) };
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException)
      return { end: 'condition failed', returned: sortSets(error.Item) };
    if (/document path.* is invalid/i.test(String(error))) return { end: 'malformed path' };
    throw error;
  }
}

/** Engines return sets in any order. */
function sortSets(item: Item | undefined): Item | undefined {
  if (item === undefined || Object.keys(item).length === 0) return undefined;
  const entries = Object.entries(item);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value.SS ? { SS: value.SS.toSorted() } : value]),
  );
}

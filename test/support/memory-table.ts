// One item of a table in memory: an evaluator of the expressions that the reset and the other writers use. It throws for
// any other expression. test/integration/memory-table.test.ts compares it with real table engines.
import { isDeepStrictEqual } from 'node:util';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';

export type Item = Record<string, AttributeValue>;
type Path = readonly string[];

/** What an update leaves in the table, and what it returns. */
export interface Updated {
  readonly item: Item;
  readonly Attributes?: Item;
}

/**
 * Applies an update to an item, as DynamoDB does. Sets become sorted.
 *
 * @param item - is not changed; `undefined`: does not exist
 * @throws ConditionalCheckFailedException if the condition fails
 * @throws Error if an expression is malformed, or is of a kind that the service does not use
 */
export function applyUpdate(item: Item | undefined, input: UpdateItemCommandInput): Updated {
  const { ConditionExpression: condition, UpdateExpression: update = '' } = input;
  const placeholders = { ...input.ExpressionAttributeNames, ...input.ExpressionAttributeValues };
  const used = new Set(`${condition} ${update}`.match(/[#:]\w+/g));
  const unused = Object.keys(placeholders).filter((one) => !used.has(one));
  if (unused.length > 0) throw new Error(`Not used in the expressions: ${unused}`);

  if (condition !== undefined && !evaluateCondition(read(condition, placeholders), item ?? {})) {
    const isReturned = input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' && item !== undefined;
    throw new ConditionalCheckFailedException({
      message: 'The conditional request failed',
      $metadata: {},
      ...(isReturned && { Item: item }),
    });
  }
  const changed = structuredClone(item ?? (input.Key as Item));
  const paths = applyChanges(read(update, placeholders), changed);
  switch (input.ReturnValues) {
    case undefined:
    case 'NONE':
      return { item: changed };
    case 'ALL_OLD':
      return { item: changed, ...(item && { Attributes: item }) };
    case 'ALL_NEW':
      return { item: changed, Attributes: changed };
    default: {
      const kept = Object.entries(changed).filter(([name]) => paths.has(name));
      return { item: changed, ...(kept.length > 0 && { Attributes: Object.fromEntries(kept) }) };
    }
  }
}

type Tokens = ReturnType<typeof read>;

/** Splits an expression into tokens, which are taken from left to right. */
function read(expression: string, placeholders: Readonly<Record<string, string | AttributeValue>>) {
  const left = expression.match(/[#:\w][#.\w]*|<=|\S/g) ?? [];
  function resolve<T>(placeholder = ''): T {
    if (!(placeholder in placeholders)) throw new Error(`No value for ${placeholder} in: ${expression}`);
    return placeholders[placeholder] as T;
  }
  return {
    isEmpty: () => left.length === 0,
    next: () => left.shift() ?? '',
    /** Takes the next token if it is this one. */
    skip: (token: string) => left[0] === token && left.shift() !== undefined,
    expect(token: string): void {
      if (left.shift() !== token) throw new Error(`${token} is missing in: ${expression}`);
    },
    path(): Path {
      const names = (left.shift() ?? '').split('.');
      if (!names.every((name) => /^#?\w+$/.test(name))) throw new Error(`No path in: ${expression}`);
      return names.map((name) => (name.startsWith('#') ? resolve<string>(name) : name));
    },
    value: () => resolve<AttributeValue>(left.shift()),
  };
}

function find(item: Item, path: Path): AttributeValue | undefined {
  return path.reduce<AttributeValue | undefined>((parent, name) => parent?.M?.[name], { M: item });
}

function evaluateCondition(tokens: Tokens, item: Item): boolean {
  function either(): boolean {
    let result = both();
    // Both sides are always read: `||` would leave the tokens of the right one.
    while (tokens.skip('OR')) result = both() || result;
    return result;
  }
  function both(): boolean {
    let result = one();
    while (tokens.skip('AND')) result = one() && result;
    return result;
  }
  function one(): boolean {
    if (tokens.skip('(')) return closed(either());
    const name = Object.keys(tests).find(tokens.skip);
    if (name === undefined) return compare();
    tokens.expect('(');
    const found = find(item, tokens.path());
    return closed(tests[name]?.(found, tokens.skip(',') ? tokens.value() : {}) === true);
  }
  function compare(): boolean {
    const isSize = tokens.skip('size') && tokens.skip('(');
    const found = find(item, tokens.path());
    const left = isSize ? closed(sizeOf(found)) : found;
    const comparison = comparisons[tokens.next()];
    if (comparison === undefined) throw new Error('No comparison in use');
    const right = tokens.value();
    return left !== undefined && comparison(left, right);
  }
  function closed<T>(result: T): T {
    tokens.expect(')');
    return result;
  }
  const result = either();
  if (!tokens.isEmpty()) throw new Error(`A condition goes on with ${tokens.next()}`);
  return result;
}

const tests: Record<string, (found: AttributeValue | undefined, value: Partial<AttributeValue>) => boolean> =
  {
    attribute_exists: (found) => found !== undefined,
    attribute_not_exists: (found) => found === undefined,
    attribute_type: (found, { S = '' }) => Object.hasOwn(found ?? {}, S),
    contains: (found, { S = '' }) => found?.SS?.includes(S) ?? found?.S?.includes(S) ?? false,
  };

/** The size of a set; of other types it is not in use. */
function sizeOf(found: AttributeValue | undefined): AttributeValue | undefined {
  if (found !== undefined && found.SS === undefined) throw new Error('Size of what is no set');
  return found && { N: String(found.SS.length) };
}

const comparisons: Record<string, (left: AttributeValue, right: AttributeValue) => boolean> = {
  '=': (left, right) =>
    left.N && right.N ? Number(left.N) === Number(right.N) : isDeepStrictEqual(left, right),
  '<': (left, right) => Number(left.N ?? Number.NaN) < Number(right.N ?? Number.NaN),
  '<=': (left, right) => Number(left.N ?? Number.NaN) <= Number(right.N ?? Number.NaN),
};

const clauses: Record<string, (parent: Item, name: string, tokens: Tokens) => void> = {
  SET(parent, name, tokens) {
    tokens.expect('=');
    parent[name] = tokens.value();
  },
  REMOVE(parent, name) {
    delete parent[name];
  },
  ADD(parent, name, tokens) {
    const { SS = [] } = tokens.value();
    parent[name] = { SS: [...new Set([...(parent[name]?.SS ?? []), ...SS])].sort() };
  },
};

/** Changes an item, and returns the paths that it changed. */
function applyChanges(tokens: Tokens, item: Item): Set<string> {
  const changed = new Set<string>();
  while (!tokens.isEmpty()) {
    const name = tokens.next();
    const clause = clauses[name];
    if (clause === undefined) throw new Error(`No clause in use: ${name}`);
    do {
      const path = tokens.path();
      const parent = path.length === 1 ? item : find(item, path.slice(0, -1))?.M;
      if (parent === undefined) throw new Error('The document path is invalid for the update');
      clause(parent, path.at(-1) ?? '', tokens);
      changed.add(path.join('.'));
    } while (tokens.skip(','));
  }
  return changed;
}

// docs/events.md and the events by hand of docs/runbook.md, against the schemas and what the publisher makes of real resets.
import { search } from '@aws-lambda-powertools/jmespath';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PublishedEvent } from '../../infra/local/bus-server.ts';
import { stages } from '../../infra/settings/stages.ts';
import type { StreamRecord } from '../../lambda/publisher/stream-record.ts';
import { type EventPlatform, startEventPlatform } from '../support/event-platform.ts';
import { eventSchemas, schemaViolationsOf } from '../support/events.ts';
import { everyHeader } from '../support/http-client.ts';
import { blocksIn, codesIn, tablesUnder, textOf } from '../support/markdown.ts';
import { type Item, startService, type TestService } from '../support/service.ts';

const page = 'docs/events.md';
const [shown, ...patterns] = blocksIn(page, 'json').map((block) => JSON.parse(block));
const [types = [], members = []] = tablesUnder(page, 'Events');

/** The bodies of the requests that alice sends, the last of which causes the event. */
const kinds = {
  withoutPin: ['{}'],
  withPin: ['{"pin":"5621","password":"five hushed otters paddle upstream"}'],
  locking: ['{"pin":"1000"}', '{"pin":"1001"}', '{"pin":"1002"}'],
};

interface Made {
  readonly event: PublishedEvent;
  readonly item: Item;
}

let platform: EventPlatform;
const made = {} as Record<keyof typeof kinds, Made>;
beforeAll(async () => {
  const service = await startService();
  platform = await startEventPlatform(shown.source);
  for (const kind of Object.keys(kinds) as (keyof typeof kinds)[])
    made[kind] = await publish(service, kinds[kind]);
  await service.close();
});
afterAll(() => platform.close());

async function publish(service: TestService, bodies: readonly string[]): Promise<Made> {
  await service.put({ userId: 'alice', pin: '5621', paymentMethods: { visa: {}, sepa: {} } });
  const token = await service.token('alice');
  let [before, after]: (Item | undefined)[] = [];
  for (const body of bodies) {
    before = await service.item('alice');
    await service.reset(token, '', { body, headers: everyHeader });
    after = await service.item('alice');
  }
  await platform.invoke([recordOf(before, after)]);
  return { event: platform.published.at(-1) as PublishedEvent, item: after as Item };
}

function recordOf(OldImage: Item | undefined, NewImage: Item | undefined): StreamRecord {
  const SequenceNumber = shown.detail.sequence.replace(/^0+/, '');
  return { eventName: 'MODIFY', dynamodb: { OldImage, NewImage, SequenceNumber } };
}

it('shows an event as the publisher makes it', () => {
  const { event } = made.withoutPin;
  const { time, detail } = shown;
  const own = { resetId: event.detail.resetId, time: event.detail.time };
  expect(
    { ...shown, time: event.time, detail: { ...detail, ...own } },
    'docs/events.md shows another event than this one, which the publisher makes of such a reset',
  ).toEqual(event);
  expect(schemaViolationsOf(shown['detail-type'], detail)).toEqual([]);
  expect(time).toBe(`${detail.time.slice(0, 19)}Z`);
  expect(Object.keys(stages).map((stage) => `password-reset-${stage}`)).toContain(shown.source);
});

it('lists each type with its schema', () => {
  const listed = types.map(([type, , schema = '']) => [codesIn(type), schema.match(/[\w./-]+\.json/g)]);
  expect(listed).toEqual(
    eventSchemas.map(({ title, file }) => [[title], [file, `../lambda/publisher/events/${file}`]]),
  );
});

describe('the table of members', () => {
  const documented = members.flatMap(([names, meaning = '']) =>
    codesIn(names).map((name) => [name, meaning]),
  );
  const properties = Object.assign({}, ...eventSchemas.map((schema) => schema.properties));

  it('has every member of the schemas, and no others', () => {
    expect(
      documented.map(([name]) => name).toSorted(),
      'the table of members in docs/events.md has other rows than the schemas have members',
    ).toEqual(Object.keys(properties).toSorted());
  });

  it.each(documented)('has no number for %s that its schema does not have', (name, meaning) => {
    const numbers = meaning.match(/\d+/g) ?? [];
    expect(numbers.filter((number) => !JSON.stringify(properties[name]).includes(number))).toEqual([]);
  });
});

it.each(eventSchemas)(
  '$title is published with every member of its schema, and no others',
  ({ title, file, properties }) => {
    const events = Object.values(made).filter(({ event }) => event['detail-type'] === title);
    const sent = new Set(events.flatMap(({ event }) => Object.keys(event.detail)));
    expect(
      [...sent].toSorted(),
      `lambda/publisher/events/${file} has other members than the publisher sends`,
    ).toEqual(Object.keys(properties).toSorted());
  },
);

it.each(eventSchemas)('the schema of $title allows members that consumers do not know yet', (schema) => {
  expect(JSON.stringify(schema)).not.toContain('"additionalProperties"');
});

describe('the rule of', () => {
  const consumers = [
    ['the mailer', { withoutPin: true, withPin: true, locking: true }],
    ['the identity provider', { withoutPin: true, withPin: true, locking: false }],
    ['the payment service', { withoutPin: true, withPin: false, locking: false }],
  ] as const;

  it('each consumer in docs/events.md is one of these', () => {
    expect(patterns, 'add what the rule is to match').toHaveLength(consumers.length);
  });

  it.each(consumers.map(([name, matched], i) => [name, patterns[i], matched] as const))(
    '%s matches its events',
    (_name, pattern, expected) => {
      const matched = Object.entries(made).map(([kind, { event }]) => [kind, matches(pattern, event)]);
      expect(Object.fromEntries(matched)).toEqual(expected);
    },
  );
});

/** EventBridge's patterns, as far as the page has them: a list has the values that match. */
function matches(pattern: Record<string, unknown>, value: object): boolean {
  return Object.entries(pattern).every(([name, wanted]) => {
    const its = (value as Record<string, unknown>)[name];
    return Array.isArray(wanted) ? wanted.includes(its) : matches(Object(wanted), Object(its));
  });
}

/** What DynamoDB returns of an item: attributes, and members of attributes, as `lastReset.#at`. */
function project(item: Item, projection: string, names: Readonly<Record<string, string>>): Item {
  const projected: Item = {};
  for (const path of projection.split(', ')) {
    const [name = '', member] = path.split('.').map((part) => names[part] ?? part);
    const value = member === undefined ? item[name] : item[name]?.M?.[member];
    if (value === undefined) continue;
    projected[name] = member === undefined ? value : { M: { ...projected[name]?.M, [member]: value } };
  }
  return projected;
}

describe('an event by hand, as docs/runbook.md has it,', () => {
  const runbook = textOf('docs/runbook.md').replace(/\s+/g, ' ');
  const commands = [
    ...runbook.matchAll(
      /--projection-expression '([^']+)'[^`]*?-names '([^']+)'[^`]*?--query "(Items?(?:\[\])?\.\{[^"]*newPasswordSet[^"]*)"/g,
    ),
  ].map(([, projection = '', names = '', query = '']) => ({ query, projection, names }));

  it('is described twice: with a letter, and when the stream no longer has the records', () => {
    expect(commands).toHaveLength(2);
  });

  it.each(commands)(
    'has every member of the one that was published: $query',
    ({ query, projection, names }) => {
      for (const { event, item: whole } of Object.values(made)) {
        const item = project(whole, projection, JSON.parse(names));
        const answer = search(query, { Item: item, Items: [item] });
        const { lastReset, pinLock } = Object([answer].flat()[0]);
        const { id, at: time, ...more } = 'lockId' in event.detail ? pinLock : lastReset;
        const { lockId, resetId, version, userId, sequence, paymentMethodsCleared } = event.detail;
        // The rest stands in the letter, in the schema, and in older copies of the item.
        const elsewhere = { version, userId, sequence, paymentMethodsCleared };
        const byHand = { ...elsewhere, lockId: lockId && id, resetId: resetId && id, time, ...more };
        expect(byHand, 'the query or the projection in docs/runbook.md shows too little or too much').toEqual(
          event.detail,
        );
        for (const digest of ['token', 'password'])
          expect(JSON.stringify(answer)).not.toContain(whole.lastReset?.M?.[digest]?.S ?? 'no digest');
      }
    },
  );

  it('is an entry with the members that the publisher sends', async () => {
    const { item } = made.withPin;
    platform.answer = async (events) => events.map(() => 'InvalidArgument');
    await platform.invoke([recordOf({ userId: { S: 'alice' } }, item)]);
    const { entry } = platform.deadLetters[0] as { entry: Record<string, unknown> };
    const [, program = ''] = /node -p '([^']*)'/.exec(runbook) ?? [];
    const named = new Set(program.match(/\b[A-Z]\w+(?=[,:])/g));
    expect([...named].toSorted()).toEqual(Object.keys(entry).toSorted());
    expect(program).toContain(`padStart(${shown.detail.sequence.length},`);
  });
});

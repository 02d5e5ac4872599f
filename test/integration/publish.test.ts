// The publisher with an event bus that refuses, delays and fails: no event is lost, and a repeated one keeps its id.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServiceFault } from '../../infra/local/aws-json.ts';
import type { PublishedEvent } from '../../infra/local/bus-server.ts';
import type { StreamRecord } from '../../lambda/publisher/stream-record.ts';
import { type EventPlatform, queueUrl, startEventPlatform } from '../support/event-platform.ts';
import { schemaViolationsOf } from '../support/events.ts';
import { within } from '../support/within.ts';

let platform: EventPlatform;
beforeEach(async () => {
  platform = await startEventPlatform();
});
afterEach(() => platform.close());

/** The stream record of a reset without a PIN. */
function reset(userId: string, number: number): StreamRecord {
  const before = { userId: { S: userId }, paymentMethods: { M: { visa: { M: {} } } } };
  const at = new Date(1_700_000_000_000 + number * 1_000).toISOString();
  const lastReset = { M: { id: { S: idOf(number) }, at: { S: at }, pinVerified: { BOOL: false } } };
  const after = { ...before, paymentMethods: { M: {} }, lastReset };
  const dynamodb = { OldImage: before, NewImage: after, SequenceNumber: String(number) };
  return { eventName: 'MODIFY', dynamodb };
}

/** The same record with a malformed mark. */
function unreadable(userId: string, number: number): StreamRecord {
  const record = reset(userId, number);
  const image = record.dynamodb?.NewImage as Record<string, unknown>;
  Object.assign(image, { lastReset: { M: {} }, passwordHash: { S: 'argon2' } });
  return record;
}

const idOf = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const resetId = ({ detail }: PublishedEvent) => String(detail.resetId);
const idsOf = (events: readonly PublishedEvent[]) => events.map(resetId);
/** Refuses the events of some users with a code, so many times each. */
function refusing(code: string, times: number, ...users: string[]) {
  const left = new Map(users.map((user) => [user, times]));
  return async (events: readonly PublishedEvent[]) =>
    events.map(({ detail }) => {
      const user = String(detail.userId);
      const count = left.get(user) ?? 0;
      left.set(user, count - 1);
      return count > 0 ? code : undefined;
    });
}

it('a batch is published in one call, each event as its schema says', async () => {
  expect(await platform.invoke([reset('a', 1), reset('b', 2), reset('c', 3)])).toEqual([]);
  expect(platform.calls).toEqual([3]);
  expect(platform.published[0]).toEqual({
    source: 'password-reset-test',
    'detail-type': 'PasswordReset',
    time: '2023-11-14T22:13:21Z',
    detail: {
      version: 1,
      resetId: idOf(1),
      userId: 'a',
      sequence: '1'.padStart(40, '0'),
      time: '2023-11-14T22:13:21.000Z',
      pinVerified: false,
      paymentMethodsCleared: ['visa'],
      newPasswordSet: false,
    },
  });
  for (const event of platform.published)
    expect(schemaViolationsOf(event['detail-type'], event.detail)).toEqual([]);
  expect(platform.recorder.counted.get('EventPublished')).toEqual([3]);
});

it('a batch without events causes no call', async () => {
  expect(await platform.invoke([{ eventName: 'INSERT', dynamodb: { SequenceNumber: '1' } }])).toEqual([]);
  expect(platform.calls).toEqual([]);
  expect(platform.recorder.counted.size).toBe(0);
});

it('a call carries at most ten events', async () => {
  const records = Array.from({ length: 23 }, (_, i) => reset(`user-${i}`, i + 1));
  expect(await platform.invoke(records)).toEqual([]);
  expect(platform.calls).toEqual([10, 10, 3]);
});

it('refused events are retried one by one, and no others', async () => {
  platform.answer = refusing('ThrottlingException', 2, 'b', 'd');
  expect(await platform.invoke(['a', 'b', 'c', 'd'].map((user, i) => reset(user, i + 1)))).toEqual([]);
  expect(platform.calls).toEqual([4, 1, 1, 1, 1]);
  expect(idsOf(platform.published)).toEqual([1, 3, 2, 4].map(idOf));
  expect(platform.recorder.counted.get('EventRefused')).toEqual([4]);
});

it("a user's events keep their order if the first one is refused once", async () => {
  platform.answer = refusing('InternalFailure', 1, 'a');
  expect(await platform.invoke([reset('a', 1), reset('b', 2), reset('a', 3)])).toEqual([]);
  expect(idsOf(platform.published.filter(({ detail }) => detail.userId === 'a'))).toEqual([1, 3].map(idOf));
});

it('an event that stays refused is reported with the later ones of its user, and no others', async () => {
  platform.answer = refusing('ThrottlingException', 99, 'a');
  const records = [reset('a', 1), reset('b', 2), reset('a', 3), reset('c', 4)];
  expect(await platform.invoke(records)).toEqual(['1', '3']);
  expect(idsOf(platform.published)).toEqual([2, 4].map(idOf));
  expect(platform.deadLetters).toEqual([]);
});

describe('an outage of the bus that lasts longer than a record stays on the stream', () => {
  const hour = 3_600_000;
  const aged = (record: StreamRecord, hours: number): StreamRecord => ({
    ...record,
    dynamodb: {
      ...record.dynamodb,
      ApproximateCreationDateTime: Math.floor((Date.now() - hours * hour) / 1_000),
    },
  });

  it.each(['AccessDeniedException', 'ThrottlingException'])(
    'costs no event: one that %s still keeps from the bus after 20 hours goes to the dead-letter queue complete',
    async (code) => {
      platform.answer = refusing(code, 99, 'a', 'b');
      const records = [aged(reset('a', 1), 21), aged(reset('b', 2), 19), aged(reset('c', 3), 21)];
      expect(await platform.invoke(records)).toEqual(['2']);
      expect(idsOf(platform.published)).toEqual([idOf(3)]);
      expect(platform.deadLetters).toMatchObject([
        {
          reason: code,
          record: { userId: 'a', sequenceNumber: '1' },
          entry: { DetailType: 'PasswordReset' },
        },
      ]);
      const [{ entry }] = platform.deadLetters as [{ entry: { Detail: string } }];
      expect(JSON.parse(entry.Detail)).toMatchObject({ resetId: idOf(1), paymentMethodsCleared: ['visa'] });
    },
  );

  it('empties the stream quickly once its records are old: one more attempt for each, and no pause of seconds', async () => {
    platform.answer = refusing('InternalFailure', 99, 'a', 'b', 'c');
    const records = ['a', 'b', 'c'].map((user, i) => aged(reset(user, i + 1), 22));
    expect(await platform.invoke(records)).toEqual([]);
    expect(platform.calls).toEqual([3, 1, 1, 1]);
    expect(platform.deadLetters).toHaveLength(3);
  });

  it('is recognized if the age comes as a date, as the API of DynamoDB Streams has it', async () => {
    platform.answer = refusing('InternalFailure', 99, 'a', 'b');
    const records = [aged(reset('a', 1), 22), aged(reset('b', 2), 1)].map(({ dynamodb, ...record }) => {
      const written = new Date(Number(dynamodb?.ApproximateCreationDateTime) * 1_000);
      return { ...record, dynamodb: { ...dynamodb, ApproximateCreationDateTime: written } };
    });
    expect(await platform.invoke(records)).toEqual(['2']);
    expect(platform.deadLetters).toHaveLength(1);
  });

  it('leaves a record on the stream if the queue does not take it either', async () => {
    platform.answer = refusing('InternalFailure', 99, 'a');
    platform.isQueueBroken = true;
    expect(await platform.invoke([aged(reset('a', 1), 22)])).toEqual(['1']);
  });
});

it('a batch that is refused as a whole is reported, and published when Lambda repeats it', async () => {
  platform.answer = async () => {
    throw new ServiceFault(500, 'InternalException');
  };
  const records = [reset('a', 1), reset('b', 2)];
  expect(await platform.invoke(records)).toEqual(['1', '2']);
  platform.answer = undefined;
  expect(await platform.invoke(records)).toEqual([]);
  expect(idsOf(platform.published)).toEqual([1, 2].map(idOf));
});

it.each(['InvalidArgument', 'MalformedDetail'])(
  'an event that is refused permanently by %s goes to the dead-letter queue',
  async (code) => {
    platform.answer = refusing(code, 99, 'b');
    expect(await platform.invoke([reset('a', 1), reset('b', 2), reset('b', 3), reset('c', 4)])).toEqual([]);
    expect(idsOf(platform.published)).toEqual([1, 4].map(idOf));
    expect(platform.deadLetters).toMatchObject([
      {
        reason: code,
        entry: { EventBusName: 'platform', Source: 'password-reset-test', DetailType: 'PasswordReset' },
      },
      { reason: code },
    ]);
    const details = platform.deadLetters.map(({ entry }) => JSON.parse((entry as { Detail: string }).Detail));
    expect(details.map(({ resetId: id }) => id)).toEqual([2, 3].map(idOf));
    expect(platform.recorder.counted.get('EventSetAside')).toEqual([2]);
  },
);

it('a call that is refused for one of its events sends only that one to the dead-letter queue', async () => {
  platform.answer = async (events) => {
    if (events.some(({ detail }) => detail.userId === 'b'))
      throw new ServiceFault(400, 'ValidationException');
    return events.map(() => undefined);
  };
  expect(await platform.invoke([reset('a', 1), reset('b', 2), reset('c', 3)])).toEqual([]);
  expect(idsOf(platform.published)).toEqual([1, 3].map(idOf));
  expect(platform.deadLetters).toMatchObject([{ reason: 'ValidationException' }]);
});

it('an unreadable record goes to the dead-letter queue as a pointer, without its content', async () => {
  expect(await platform.invoke([reset('a', 1), unreadable('b', 2), reset('c', 3)])).toEqual([]);
  expect(idsOf(platform.published)).toEqual([1, 3].map(idOf));
  expect(platform.deadLetters).toEqual([
    { reason: 'unreadable', record: { userId: 'b', sequenceNumber: '2' } },
  ]);
});

/** The stream record of a reset without a PIN, of a user with these payment methods. */
function resetOf(methods: readonly string[], number: number): StreamRecord {
  const record = reset('b', number);
  const M = Object.fromEntries(methods.map((method) => [method, { M: {} }]));
  Object.assign(record.dynamodb?.OldImage ?? {}, { paymentMethods: { M } });
  return record;
}

describe('an event that the bus refuses permanently', () => {
  beforeEach(() => {
    // EventBridge's former limit for a call; it is higher by now.
    platform.answer = async (events) => {
      const size = events.reduce((sum, event) => sum + JSON.stringify(event.detail).length, 0);
      if (size > 262_144) throw new ServiceFault(400, 'ValidationException');
      return events.map(({ detail }) => (detail.userId === 'b' ? 'MalformedDetail' : undefined));
    };
  });

  const many = (length: number, from: string) => Array.from({ length }, (_, i) => `${from}${i}`);

  it.each([
    ['the bus', many(40_000, 'method')],
    ['the queue, once it is quoted in a dead letter', many(10_000, '"'.repeat(5))],
  ])('goes to the dead-letter queue as a pointer if it is too large for %s', async (_what, methods) => {
    const records = [reset('a', 1), resetOf(methods, 2), reset('b', 3), reset('c', 4)];
    expect(await platform.invoke(records)).toEqual([]);
    expect(idsOf(platform.published)).toEqual([1, 4].map(idOf));
    expect(platform.deadLetters).toEqual([
      { reason: 'too-large', record: { userId: 'b', sequenceNumber: '2' } },
      expect.objectContaining({ reason: 'MalformedDetail', entry: expect.anything() }),
    ]);
  });

  it('goes to the dead-letter queue complete if it has characters that SQS does not accept', async () => {
    const methods = ['\uffff', '\ufffe', '\ud800', '\0', 'ä', '\u{1f511}'];
    expect(await platform.invoke([resetOf(methods, 2)])).toEqual([]);
    const [letter] = platform.deadLetters as { entry: { Detail: string } }[];
    const { paymentMethodsCleared } = JSON.parse(letter?.entry.Detail ?? '');
    expect(paymentMethodsCleared).toEqual(methods.toSorted());
  });
});

it('an event that bus and dead-letter queue refuse is reported', async () => {
  platform.answer = refusing('InvalidArgument', 99, 'a');
  platform.isQueueBroken = true;
  expect(await platform.invoke([reset('a', 1), reset('b', 2)])).toEqual(['1']);
});

it('the publisher ends in time while the bus hangs, and reports every unpublished event', async () => {
  platform.answer = () => new Promise(() => {});
  const invocation = platform.invoke([reset('a', 1), reset('b', 2)], 6_000);
  expect(await within(6_000, invocation)).toEqual(['1', '2']);
});

it('the publisher publishes readable records and ends in time while the queue hangs on unreadable ones', async () => {
  platform.holdLetters = () => new Promise(() => {});
  const broken = Array.from({ length: 9 }, (_, i) => unreadable('b', i + 1));
  const invocation = platform.invoke([...broken, reset('a', 10)], 6_000);
  expect(await within(6_000, invocation)).toEqual(broken.map((_one, i) => String(i + 1)));
  expect(idsOf(platform.published)).toEqual([idOf(10)]);
});

it('an event whose answer was too slow is published again under the same id', async () => {
  let isFirst = true;
  platform.answer = async (events) => {
    if (isFirst) {
      isFirst = false;
      // Longer than the publisher waits for an answer.
      await sleep(2_200);
    }
    return events.map(() => undefined);
  };
  expect(await platform.invoke([reset('a', 1)])).toEqual([]);
  await expect.poll(() => platform.published).toHaveLength(2);
  expect(platform.published[1]?.detail).toEqual(platform.published[0]?.detail);
});

it('no event is lost if the process is killed between publishing and reporting', async () => {
  const records = [reset('a', 1), reset('b', 2)];
  platform.answer = async (events) => {
    platform.published.push(...events);
    return new Promise(() => {});
  };
  const child = spawn(process.execPath, ['--input-type=module', '-e', invocationOf(records)], {
    env: {
      ...process.env,
      POWERTOOLS_SERVICE_NAME: 'password-reset-test',
      EVENT_BUS_NAME: 'platform',
      DEAD_LETTER_QUEUE_URL: queueUrl,
      AWS_ENDPOINT_URL_EVENTBRIDGE: platform.busEndpoint,
      AWS_ENDPOINT_URL_SQS: platform.queueEndpoint,
    },
    timeout: 45_000,
  });
  while (platform.published.length === 0) await sleep(20);
  child.kill('SIGKILL');
  await once(child, 'exit');

  platform.answer = undefined;
  const beforeTheKill = [...platform.published];
  expect(await platform.invoke(records)).toEqual([]);
  const again = platform.published.slice(beforeTheKill.length);
  expect(idsOf(again)).toEqual([1, 2].map(idOf));
  expect(again).toEqual(expect.arrayContaining(beforeTheKill));
});

/** A program that invokes the entry point of the deployed function. */
function invocationOf(records: readonly StreamRecord[]): string {
  const entry = new URL('../../lambda/publisher/index.ts', import.meta.url);
  return `const { handler } = await import(${JSON.stringify(entry)});
    await handler(${JSON.stringify({ Records: records })}, { getRemainingTimeInMillis: () => 30_000 });`;
}

it('for random refusals no event is lost, and those of each user arrive in order, repetitions aside', async () => {
  const codes = fc.constantFrom(undefined, undefined, 'ThrottlingException', 'InternalFailure');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 6 }),
      fc.infiniteStream(codes),
      async (users, answers) => {
        platform.published.length = 0;
        platform.answer = async (events) => events.map(() => answers.next().value);
        let left = users.map((user, i) => reset(user, i + 1));
        const all = left;
        for (let round = 0; left.length > 0 && round < 20; round++) {
          const failed = await platform.invoke(left);
          // Lambda goes on from the first record that failed.
          left =
            failed.length === 0
              ? []
              : left.slice(left.findIndex((r) => r.dynamodb?.SequenceNumber === failed[0]));
        }
        for (const user of new Set(users)) {
          const ids = idsOf(platform.published.filter(({ detail }) => detail.userId === user));
          const expected = all
            .filter((_r, i) => users[i] === user)
            .map((r) => idOf(Number(r.dynamodb?.SequenceNumber)));
          expect([...new Set(ids)]).toEqual(expected);
        }
      },
    ),
    { numRuns: 15 },
  );
});

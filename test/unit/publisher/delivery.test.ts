// The order in which events reach the bus, what is retried and how often, and what happens to the rest.
import { describe, expect, it } from 'vitest';
import {
  createTally,
  type DeadLetter,
  type DeliveryContext,
  deliver,
  type Refusal,
} from '../../../lambda/publisher/delivery.ts';

const transient: Refusal = { code: 'ThrottlingException', isPermanent: false, isOfCall: false };
const permanent: Refusal = { code: 'MalformedDetail', isPermanent: true, isOfCall: false };
/** Every event of a call that times out gets it. */
const hanging: Refusal = { code: 'ETIMEDOUT', isPermanent: false, isOfCall: true };

/** An event named after its user and its place among that user's writes, such as `a1`. */
function event(name: string, isLastChance = false) {
  const entry = {
    EventBusName: 'platform',
    Source: 'test',
    DetailType: 'Test',
    Detail: name,
    Time: new Date(),
  };
  const userId = name.slice(0, 1);
  return { userId, record: { userId, sequenceNumber: name.slice(1) }, entry, isLastChance };
}

type Refusals = Readonly<Record<string, readonly Refusal[]>>;

/** A bus that gives each event its listed refusals and then accepts it, and a record of what a delivery did. */
function createFixture(
  refusals: Refusals = {},
  options: { times?: readonly number[]; isQueueBroken?: boolean; isLastChance?: boolean } = {},
) {
  const tally = createTally();
  const fixture = {
    calls: [] as string[],
    waits: [] as number[],
    tally,
    /** How many events were published, refused and set aside. */
    counts: () => [tally.published, [...tally.refusals.values()].reduce((a, b) => a + b, 0), tally.setAside],
    letters: [] as DeadLetter[],
    faults: [] as unknown[],
    /** Delivers events; resolves to the names of those that were not delivered. */
    async deliver(...names: string[]): Promise<string[]> {
      const events = names.map((name) => event(name, options.isLastChance));
      return (await deliver(events, context)).map(({ entry }) => entry.Detail);
    },
  };
  const left = new Map(Object.entries(refusals).map(([name, list]) => [name, [...list]]));
  const times = [...(options.times ?? [])];
  const context: DeliveryContext = {
    bus: {
      async put(entries) {
        if (entries.length === 0 || fixture.calls.length > 50) throw new Error('Needless call of the bus');
        const names = entries.map(({ Detail }) => Detail);
        fixture.calls.push(names.join(' '));
        return names.map((name) => left.get(name)?.shift());
      },
    },
    async sendToDeadLetterQueue(letter) {
      if (options.isQueueBroken) throw new Error('broken');
      fixture.letters.push(letter);
    },
    tally,
    reportFault: (message, fault) => fixture.faults.push([message, fault]),
    wait: async (milliseconds) => fixture.waits.push(milliseconds),
    timeLeft: () => times.shift() ?? 60_000,
  };
  return fixture;
}

describe('a call of the bus', () => {
  it('carries at most ten events', async () => {
    const fixture = createFixture();
    const names = [...'abcdefghijklmnopqrstuvw'];
    expect(await fixture.deliver(...names)).toEqual([]);
    expect(fixture.calls).toEqual(['a b c d e f g h i j', 'k l m n o p q r s t', 'u v w']);
    expect(fixture.counts()).toEqual([23, 0, 0]);
    expect(fixture.waits).toEqual([]);
  });

  it("carries at most one event per user, so that each user's events arrive in the order of the writes", async () => {
    const fixture = createFixture();
    expect(await fixture.deliver('a1', 'a2', 'b1', 'a3', 'b2')).toEqual([]);
    expect(fixture.calls).toEqual(['a1 b1', 'a2 b2', 'a3']);
  });

  it('is not made without events', async () => {
    const fixture = createFixture();
    expect(await fixture.deliver()).toEqual([]);
    expect(fixture.calls).toEqual([]);
  });
});

describe('an event that the bus refuses', () => {
  const events = ['a1', 'b1', 'a2', 'b2'];

  it.each<[string, Refusals, { calls: string[]; left: string[]; counts: [number, number, number] }]>([
    [
      'once is retried alone, before later events',
      { a1: [transient] },
      { calls: ['a1 b1', 'a1', 'a2 b2'], left: [], counts: [4, 1, 0] },
    ],
    [
      'together with another one is retried alone, one after the other',
      { a1: [transient, transient], b1: [transient] },
      { calls: ['a1 b1', 'a1', 'a1', 'b1', 'a2 b2'], left: [], counts: [4, 3, 0] },
    ],
    [
      'four times is published by the fifth call',
      { a1: Array(4).fill(transient) },
      { calls: ['a1 b1', 'a1', 'a1', 'a1', 'a1', 'a2 b2'], left: [], counts: [4, 4, 0] },
    ],
    [
      'five times is left for later, together with the later events of its user',
      { a1: Array(5).fill(transient) },
      { calls: ['a1 b1', 'a1', 'a1', 'a1', 'a1', 'b2'], left: ['a1', 'a2'], counts: [2, 5, 0] },
    ],
    [
      'five times does not delay the events of other users',
      { b1: Array(5).fill(transient) },
      { calls: ['a1 b1', 'b1', 'b1', 'b1', 'b1', 'a2'], left: ['b1', 'b2'], counts: [2, 5, 0] },
    ],
    [
      'permanently, in a batch and alone, goes to the dead-letter queue and blocks no other event',
      { a1: [permanent, permanent] },
      { calls: ['a1 b1', 'a1', 'a2 b2'], left: [], counts: [3, 2, 1] },
    ],
    [
      'permanently in a batch only is published by the call that carries it alone',
      { a1: [permanent] },
      { calls: ['a1 b1', 'a1', 'a2 b2'], left: [], counts: [4, 1, 0] },
    ],
    [
      'permanently after transient refusals goes to the dead-letter queue',
      { a1: [transient, transient, permanent] },
      { calls: ['a1 b1', 'a1', 'a1', 'a2 b2'], left: [], counts: [3, 3, 1] },
    ],
    [
      'permanently in the last call goes to the dead-letter queue',
      { a1: [...Array(4).fill(transient), permanent] },
      { calls: ['a1 b1', 'a1', 'a1', 'a1', 'a1', 'a2 b2'], left: [], counts: [3, 5, 1] },
    ],
  ])('%s', async (_name, refusals, { calls, left, counts }) => {
    const fixture = createFixture(refusals);
    expect(await fixture.deliver(...events)).toEqual(left);
    expect(fixture.calls).toEqual(calls);
    expect(fixture.counts()).toEqual(counts);
    expect(fixture.letters).toMatchObject(
      counts[2] === 0
        ? []
        : [
            {
              reason: 'MalformedDetail',
              record: { userId: 'a', sequenceNumber: '1' },
              entry: { EventBusName: 'platform', Detail: 'a1' },
            },
          ],
    );
    expect(fixture.faults).toEqual([]);
  });

  it('and the dead-letter queue refuses too is left for later, together with the later events of its user', async () => {
    const fixture = createFixture({ a1: [permanent, permanent] }, { isQueueBroken: true });
    expect(await fixture.deliver(...events)).toEqual(['a1', 'a2']);
    expect(fixture.calls).toEqual(['a1 b1', 'a1', 'b2']);
    expect(fixture.counts()).toEqual([2, 2, 0]);
    expect(fixture.faults).toEqual([
      ['An event could be sent neither to the bus nor to the dead-letter queue', new Error('broken')],
    ]);
  });

  it('is retried after random pauses of up to 100, 200, 400 and 800 ms', async () => {
    // Enough events that a correct pause fails the test by chance once in 2^200 runs.
    const names = Array.from({ length: 200 }, (_, i) => String.fromCodePoint(0x4e00 + i));
    const fixture = createFixture(Object.fromEntries(names.map((name) => [name, Array(5).fill(transient)])));
    for (const name of names) {
      fixture.calls.length = 0;
      expect(await fixture.deliver(name)).toEqual([name]);
    }
    for (const [retry, most] of [100, 200, 400, 800].entries()) {
      const waits = fixture.waits.filter((_wait, i) => i % 4 === retry);
      expect(Math.max(...waits)).toBeLessThan(most);
      expect(Math.max(...waits)).toBeGreaterThan(most / 2);
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(0);
      expect(Math.min(...waits)).toBeLessThan(most / 2);
    }
  });
});

describe('a call of the bus that fails as a whole', () => {
  const failing = (times: number) => ({ a1: Array(times).fill(hanging), b1: Array(times).fill(hanging) });

  it.each<[number, { calls: string[]; left: string[]; counts: number[] }]>([
    [1, { calls: ['a1 b1', 'a1 b1', 'a2'], left: [], counts: [3, 2, 0] }],
    [4, { calls: [...Array(5).fill('a1 b1'), 'a2'], left: [], counts: [3, 8, 0] }],
    [5, { calls: Array(5).fill('a1 b1'), left: ['a1', 'a2', 'b1'], counts: [0, 10, 0] }],
  ])('%d times is made again whole, and never for one event alone', async (times, expected) => {
    const fixture = createFixture(failing(times));
    expect(await fixture.deliver('a1', 'b1', 'a2')).toEqual(expected.left);
    expect([fixture.calls, fixture.counts()]).toEqual([expected.calls, expected.counts]);
    expect(fixture.waits).toHaveLength(Math.min(times, 4));
  });

  it('is made once more at the last chance of its events, which then go to the dead-letter queue', async () => {
    const fixture = createFixture(failing(2), { isLastChance: true });
    expect(await fixture.deliver('a1', 'b1', 'a2')).toEqual([]);
    expect([fixture.calls, fixture.counts()]).toEqual([
      ['a1 b1', 'a1 b1', 'a2'],
      [1, 4, 2],
    ]);
    expect(fixture.letters).toMatchObject([
      { reason: 'ETIMEDOUT', record: { userId: 'a' }, entry: { Detail: 'a1' } },
      { reason: 'ETIMEDOUT', record: { userId: 'b' } },
    ]);
  });

  it('is not made again with less than four seconds left, and nothing goes to the dead-letter queue', async () => {
    const fixture = createFixture(failing(1), {
      isLastChance: true,
      times: [4_000, ...Array(3).fill(3_999)],
    });
    expect(await fixture.deliver('a1', 'b1')).toEqual(['a1', 'b1']);
    expect([fixture.calls, fixture.letters, fixture.waits]).toEqual([['a1 b1'], [], []]);
  });
});

describe('an event at its last chance', () => {
  it.each([
    [1, ['a1', 'a1'], 0],
    [2, ['a1', 'a1'], 1],
  ])(
    'that the bus refuses %d times is retried once, and then dead-lettered',
    async (times, calls, letters) => {
      const fixture = createFixture({ a1: Array(times).fill(transient) }, { isLastChance: true });
      expect(await fixture.deliver('a1')).toEqual([]);
      expect([fixture.calls, fixture.letters.length]).toEqual([calls, letters]);
    },
  );
});

describe('with less than four seconds left, a delivery', () => {
  it.each([false, true])(
    'publishes nothing, and leaves every event in its order: last chance %s',
    async (isLastChance) => {
      const fixture = createFixture({}, { times: Array(10).fill(3_999), isLastChance });
      expect(await fixture.deliver('a1', 'b1', 'a2')).toEqual(['a1', 'a2', 'b1']);
      expect([fixture.calls, fixture.waits]).toEqual([[], []]);
      expect(fixture.counts()).toEqual([0, 0, 0]);
    },
  );

  it.each([
    [3_999, ['a1'], 0],
    [4_000, [], 1],
  ])('sends nothing to the dead-letter queue: %d ms', async (last, left, letters) => {
    const fixture = createFixture({ a1: [permanent, permanent] }, { times: [4_000, 4_000, last] });
    expect(await fixture.deliver('a1', 'b1')).toEqual(left);
    expect(fixture.calls).toEqual(['a1 b1', 'a1']);
    expect(fixture.letters).toHaveLength(letters);
  });

  it.each([
    [[4_000, 3_999], ['a1 b1'], ['a1', 'a2']],
    [
      [4_000, 4_000, 3_999],
      ['a1 b1', 'a1'],
      ['a1', 'a2'],
    ],
    [[4_000, 4_000, 4_000], ['a1 b1', 'a1', 'a1', 'a2'], []],
  ])('retries nothing: %j ms before each step', async (times, calls, left) => {
    const fixture = createFixture({ a1: [transient, transient] }, { times });
    expect(await fixture.deliver('a1', 'b1', 'a2')).toEqual(left);
    expect(fixture.calls).toEqual(calls);
    expect(fixture.waits).toHaveLength(calls.filter((call) => call === 'a1').length);
  });
});

// In which order events reach the bus, what is tried again and how often, and what becomes of the rest.
import { describe, expect, it } from 'vitest';
import { type DeadLetter, type Delivery, deliver, type Refusal } from '../../../lambda/publisher/delivery.ts';

const passing: Refusal = { code: 'ThrottlingException', isPermanent: false };
const permanent: Refusal = { code: 'MalformedDetail', isPermanent: true };

/** An event that is called after its user, such as `a1`. */
function event(name: string) {
  const entry = {
    EventBusName: 'platform',
    Source: 'test',
    DetailType: 'Test',
    Detail: name,
    Time: new Date(),
  };
  const userId = name.slice(0, 1);
  return { userId, record: { userId, sequenceNumber: name.slice(1) }, entry };
}

type Told = Readonly<Record<string, readonly Refusal[]>>;

/** A bus that refuses each event as it is told and takes it afterwards, and what is seen of a delivery to it. */
function createFixture(
  refusals: Told = {},
  options: { times?: readonly number[]; isQueueBroken?: boolean } = {},
) {
  const fixture = {
    calls: [] as string[],
    waits: [] as number[],
    counts: { EventPublished: 0, EventRefused: 0, EventSetAside: 0 },
    letters: [] as DeadLetter[],
    faults: [] as unknown[],
    /** Delivers events; resolves to the names of those that are left. */
    async deliver(...names: string[]): Promise<string[]> {
      return (await deliver(names.map(event), delivery)).map(({ entry }) => entry.Detail);
    },
  };
  const left = new Map(Object.entries(refusals).map(([name, list]) => [name, [...list]]));
  const times = [...(options.times ?? [])];
  const delivery: Delivery = {
    bus: {
      async put(entries) {
        if (entries.length === 0 || fixture.calls.length > 50) throw new Error('The bus was called in vain');
        const names = entries.map(({ Detail }) => Detail);
        fixture.calls.push(names.join(' '));
        return names.map((name) => left.get(name)?.shift());
      },
    },
    async sendToDeadLetterQueue(letter) {
      if (options.isQueueBroken) throw new Error('broken');
      fixture.letters.push(letter);
    },
    count: (metric) => fixture.counts[metric]++,
    reportFault: (message, fault) => fixture.faults.push([message, fault]),
    wait: async (milliseconds) => fixture.waits.push(milliseconds),
    timeLeft: () => times.shift() ?? 60_000,
  };
  return fixture;
}

describe('calls', () => {
  it('bring ten events at most', async () => {
    const fixture = createFixture();
    const names = [...'abcdefghijklmnopqrstuvw'];
    expect(await fixture.deliver(...names)).toEqual([]);
    expect(fixture.calls).toEqual(['a b c d e f g h i j', 'k l m n o p q r s t', 'u v w']);
    expect(fixture.counts).toEqual({ EventPublished: 23, EventRefused: 0, EventSetAside: 0 });
    expect(fixture.waits).toEqual([]);
  });

  it('bring one event of each user, in the order of their writes', async () => {
    const fixture = createFixture();
    expect(await fixture.deliver('a1', 'a2', 'b1', 'a3', 'b2')).toEqual([]);
    expect(fixture.calls).toEqual(['a1 b1', 'a2 b2', 'a3']);
  });

  it('are none where there is no event', async () => {
    const fixture = createFixture();
    expect(await fixture.deliver()).toEqual([]);
    expect(fixture.calls).toEqual([]);
  });
});

describe('an event that is refused', () => {
  const events = ['a1', 'b1', 'a2', 'b2'];

  it.each<[string, Told, { calls: string[]; left: string[]; counts: [number, number, number] }]>([
    [
      'once is put again alone before what follows',
      { a1: [passing] },
      { calls: ['a1 b1', 'a1', 'a2 b2'], left: [], counts: [4, 1, 0] },
    ],
    [
      'together with another is put alone, each in turn',
      { a1: [passing, passing], b1: [passing] },
      { calls: ['a1 b1', 'a1', 'a1', 'b1', 'a2 b2'], left: [], counts: [4, 3, 0] },
    ],
    [
      'four times is taken the fifth',
      { a1: Array(4).fill(passing) },
      { calls: ['a1 b1', 'a1', 'a1', 'a1', 'a1', 'a2 b2'], left: [], counts: [4, 4, 0] },
    ],
    [
      'five times is left, and so is what follows for its user',
      { a1: Array(5).fill(passing) },
      { calls: ['a1 b1', 'a1', 'a1', 'a1', 'a1', 'b2'], left: ['a1', 'a2'], counts: [2, 5, 0] },
    ],
    [
      'five times with the other users in front',
      { b1: Array(5).fill(passing) },
      { calls: ['a1 b1', 'b1', 'b1', 'b1', 'b1', 'a2'], left: ['b1', 'b2'], counts: [2, 5, 0] },
    ],
    [
      'for good in company is set aside once it is alone, and holds nothing back',
      { a1: [permanent, permanent] },
      { calls: ['a1 b1', 'a1', 'a2 b2'], left: [], counts: [3, 2, 1] },
    ],
    [
      'for good in company only is taken alone',
      { a1: [permanent] },
      { calls: ['a1 b1', 'a1', 'a2 b2'], left: [], counts: [4, 1, 0] },
    ],
    [
      'for good after a while is set aside then',
      { a1: [passing, passing, permanent] },
      { calls: ['a1 b1', 'a1', 'a1', 'a2 b2'], left: [], counts: [3, 3, 1] },
    ],
    [
      'for good at the last attempt is set aside, too',
      { a1: [...Array(4).fill(passing), permanent] },
      { calls: ['a1 b1', 'a1', 'a1', 'a1', 'a1', 'a2 b2'], left: [], counts: [3, 5, 1] },
    ],
  ])('%s', async (_name, refusals, { calls, left, counts }) => {
    const fixture = createFixture(refusals);
    expect(await fixture.deliver(...events)).toEqual(left);
    expect(fixture.calls).toEqual(calls);
    expect(Object.values(fixture.counts)).toEqual(counts);
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

  it('and cannot be set aside is left, and so is what follows for its user', async () => {
    const fixture = createFixture({ a1: [permanent, permanent] }, { isQueueBroken: true });
    expect(await fixture.deliver(...events)).toEqual(['a1', 'a2']);
    expect(fixture.calls).toEqual(['a1 b1', 'a1', 'b2']);
    expect(fixture.counts).toEqual({ EventPublished: 2, EventRefused: 2, EventSetAside: 0 });
    expect(fixture.faults).toEqual([
      ['An event could be sent neither to the bus nor to the dead-letter queue', new Error('broken')],
    ]);
  });

  it('is put again after a random pause of up to 100, 200, 400 and 800 ms', async () => {
    // So many that the odds of a right pause that stays in one half are 1 to 2^200.
    const names = Array.from({ length: 200 }, (_, i) => String.fromCodePoint(0x4e00 + i));
    const fixture = createFixture(Object.fromEntries(names.map((name) => [name, Array(5).fill(passing)])));
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

describe('with less than four seconds left', () => {
  it('puts nothing, and leaves everything in its order', async () => {
    const fixture = createFixture({}, { times: Array(10).fill(3_999) });
    expect(await fixture.deliver('a1', 'b1', 'a2')).toEqual(['a1', 'a2', 'b1']);
    expect([fixture.calls, fixture.waits]).toEqual([[], []]);
    expect(fixture.counts).toEqual({ EventPublished: 0, EventRefused: 0, EventSetAside: 0 });
  });

  it.each([
    [3_999, ['a1'], 0],
    [4_000, [], 1],
  ])('sets nothing aside: %d', async (last, left, letters) => {
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
  ])('tries nothing again: %j', async (times, calls, left) => {
    const fixture = createFixture({ a1: [passing, passing] }, { times });
    expect(await fixture.deliver('a1', 'b1', 'a2')).toEqual(left);
    expect(fixture.calls).toEqual(calls);
    expect(fixture.waits).toHaveLength(calls.filter((call) => call === 'a1').length);
  });
});

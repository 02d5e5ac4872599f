// How the publisher handles a batch of stream records: bus entries, answer to Lambda, log lines and metrics.
import { describe, expect, it } from 'vitest';
import type { BusEntry, DeadLetter, Refusal } from '../../../lambda/publisher/delivery.ts';
import { createChangeHandler } from '../../../lambda/publisher/handler.ts';
import type { StreamRecord } from '../../../lambda/publisher/stream-record.ts';
import { createRecorder } from '../../support/recorder.ts';

const id = 'b1b6ef2c-9d3f-4c8e-8a0e-0f6f0b6d3c11';
const time = '2026-03-01T09:30:00.123Z';

/** A sequence number derived from the user id. */
const numberOf = (user: string) => String(user.codePointAt(0) ?? 0);

/** A stream record of a write that added the given marks to a user. */
function change(user: string, marks: object): StreamRecord {
  const OldImage = { userId: { S: user } };
  return {
    eventName: 'MODIFY',
    dynamodb: { OldImage, NewImage: { ...OldImage, ...marks }, SequenceNumber: numberOf(user) },
  };
}

const mark = { id: { S: id }, at: { S: time } };
const reset = (user: string) => change(user, { lastReset: { M: { ...mark, pinVerified: { BOOL: true } } } });
const lock = (user: string) => change(user, { pinLock: { M: mark } });
const both = (user: string) =>
  change(user, { pinLock: { M: mark }, lastReset: { M: { ...mark, pinVerified: { BOOL: false } } } });
const unreadable = (user: string) => change(user, { lastReset: { S: 'SECRET' } });
const quiet: StreamRecord = { eventName: 'INSERT', dynamodb: { SequenceNumber: '1' } };

/** The handler with a bus that refuses the events of some users, and a record of what it did. */
function createFixture(refusals: Readonly<Record<string, Refusal>> = {}, isQueueBroken = false) {
  const entries: BusEntry[] = [];
  const letters: DeadLetter[] = [];
  const steps: string[] = [];
  const recorder = createRecorder();
  const fixture = { entries, letters, steps, recorder, metricsPublished: 0 };
  const handle = createChangeHandler({
    busName: 'platform',
    source: 'password-reset-beta',
    bus: {
      async put(together) {
        steps.push('put');
        entries.push(...together);
        return together.map(({ Detail }) => refusals[JSON.parse(Detail).userId]);
      },
    },
    async sendToDeadLetterQueue(letter) {
      steps.push('dead letter');
      if (isQueueBroken) throw new TypeError('SECRET');
      letters.push(letter);
    },
    wait: async () => {},
    now: () => Date.parse(time),
    logger: recorder.logger,
    metrics: { ...recorder.metrics, publishStoredMetrics: () => void fixture.metricsPublished++ },
  });
  const invoke = async (Records: readonly StreamRecord[], milliseconds = 60_000) => {
    const context = { getRemainingTimeInMillis: () => milliseconds };
    const { batchItemFailures } = await handle({ Records }, context);
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  };
  return Object.assign(fixture, { invoke });
}

/** Milliseconds after which a record is at its last chance. */
const twentyHours = 72_000_000;

const transient: Refusal = { code: 'ThrottlingException', isPermanent: false, isOfCall: false };
const permanent: Refusal = { code: 'MalformedDetail', isPermanent: true, isOfCall: false };

it.each<[string, number | Date, number]>([
  ['of twenty hours ago, as a date', new Date(Date.parse(time) - twentyHours), 0],
  ['a millisecond older', new Date(Date.parse(time) - twentyHours - 1), 1],
  ['less than twenty hours old, in seconds', Math.floor((Date.parse(time) - twentyHours) / 1_000) + 1, 0],
  ['older, in seconds', Math.floor((Date.parse(time) - twentyHours) / 1_000), 1],
])('sets the event of a record aside only at its last chance: %s', async (_age, written, letters) => {
  const fixture = createFixture({ a: transient });
  const { dynamodb } = reset('a');
  const record = { eventName: 'MODIFY', dynamodb: { ...dynamodb, ApproximateCreationDateTime: written } };
  expect(await fixture.invoke([record as StreamRecord])).toHaveLength(1 - letters);
  expect(fixture.letters).toHaveLength(letters);
});

it("publishes each event as its schema says, with its write's time and its deployment's name", async () => {
  const { invoke, entries } = createFixture();
  expect(await invoke([reset('a'), quiet, lock('b')])).toEqual([]);
  const common = { EventBusName: 'platform', Source: 'password-reset-beta', Time: new Date(time) };
  expect(entries.map(({ Detail, ...rest }) => ({ ...rest, Detail: JSON.parse(Detail) }))).toEqual([
    {
      ...common,
      DetailType: 'PasswordReset',
      Detail: {
        version: 1,
        resetId: id,
        userId: 'a',
        sequence: numberOf('a').padStart(40, '0'),
        time,
        pinVerified: true,
        paymentMethodsCleared: [],
        newPasswordSet: false,
      },
    },
    {
      ...common,
      DetailType: 'RecoveryPinLocked',
      Detail: { version: 1, lockId: id, userId: 'b', sequence: numberOf('b').padStart(40, '0'), time },
    },
  ]);
});

it('logs a line for each event, with the invocation id of its request', async () => {
  const { invoke, recorder } = createFixture({ c: transient });
  await invoke([reset('a'), quiet, lock('b'), reset('c')]);
  const line = { level: 'info', message: 'event', invocationId: id };
  expect(recorder.lines).toEqual([
    { ...line, type: 'PasswordReset', userId: 'a', isLeftForLater: false },
    { ...line, type: 'RecoveryPinLocked', userId: 'b', isLeftForLater: false },
    { ...line, type: 'PasswordReset', userId: 'c', isLeftForLater: true },
    expect.objectContaining({ level: 'warn' }),
  ]);
});

it('logs the codes with which the bus refused events, in one line per batch that has any', async () => {
  const { invoke, recorder } = createFixture({ a: transient, b: permanent, c: transient });
  await invoke([reset('a'), reset('b'), reset('c'), reset('d')]);
  await invoke([reset('d')]);
  expect(recorder.lines.filter(({ level }) => level === 'warn')).toEqual([
    {
      level: 'warn',
      message: 'The bus refused events',
      refusals: { ThrottlingException: 10, MalformedDetail: 2 },
    },
  ]);
});

it('counts published, refused and dead-lettered events, and publishes metrics once per batch', async () => {
  const fixture = createFixture({ c: permanent });
  await fixture.invoke([both('a'), reset('b'), reset('c')]);
  expect(Object.fromEntries(fixture.recorder.counted)).toEqual({
    EventPublished: [3],
    EventRefused: [2],
    EventSetAside: [1],
  });
  expect(fixture.metricsPublished).toBe(1);
});

it('publishes no metrics for a batch without events', async () => {
  const fixture = createFixture();
  expect(await fixture.invoke([quiet])).toEqual([]);
  expect([fixture.metricsPublished, fixture.recorder.counted.size]).toEqual([0, 0]);
});

describe('the answer to Lambda', () => {
  it.each<[string, Readonly<Record<string, Refusal>>, readonly string[]]>([
    ['names no record if every event is published', {}, []],
    ['names the record of an event that is left for later', { b: transient }, [numberOf('b')]],
    [
      'names every record if every event is left for later',
      { a: transient, b: transient },
      [numberOf('a'), numberOf('b')],
    ],
    ['names no record of an event in the dead-letter queue', { a: permanent, b: permanent }, []],
  ])('%s', async (_what, refusals, failures) => {
    expect(await createFixture(refusals).invoke([both('a'), quiet, reset('b')])).toEqual(failures);
  });

  it('names the record of an event that the dead-letter queue refused', async () => {
    const { invoke, recorder } = createFixture({ b: permanent }, true);
    expect(await invoke([reset('a'), reset('b')])).toEqual([numberOf('b')]);
    expect(recorder.lines[0]).toMatchObject({
      level: 'error',
      message: 'An event could be sent neither to the bus nor to the dead-letter queue',
      fault: { name: 'TypeError' },
    });
    expect(JSON.stringify(recorder.lines)).not.toContain('SECRET');
  });

  it('names every record if there is no time left', async () => {
    const { invoke, entries } = createFixture();
    expect(await invoke([reset('a'), reset('b')], 3_999)).toEqual([numberOf('a'), numberOf('b')]);
    expect(entries).toEqual([]);
  });
});

describe('a record that cannot be read', () => {
  /** Possible in JSON, though not in the types. */
  const imageless = {
    eventName: 'MODIFY',
    dynamodb: { OldImage: {}, NewImage: null },
  } as unknown as StreamRecord;
  const empty: StreamRecord = { eventName: 'MODIFY', dynamodb: { OldImage: {}, NewImage: {} } };
  const nobody = change('', { userId: { N: '1' } });

  it.each<[string, StreamRecord, string, object]>([
    ['without a proper mark', unreadable('b'), 'Error', { userId: 'b', sequenceNumber: numberOf('b') }],
    ['without an image', imageless, 'TypeError', {}],
    ['with an empty image', empty, 'Error', {}],
    ['without a user id', nobody, 'Error', { sequenceNumber: numberOf('') }],
  ])('%s goes to the dead-letter queue as a pointer', async (_what, record, name, pointer) => {
    const { invoke, entries, letters, recorder } = createFixture();
    expect(await invoke([reset('a'), record, reset('c')])).toEqual([]);
    expect(entries.map(({ Detail }) => JSON.parse(Detail).userId)).toEqual(['a', 'c']);
    expect(letters).toEqual([{ reason: 'unreadable', record: pointer }]);
    expect(recorder.lines[0]).toMatchObject({
      level: 'error',
      message: 'A record could not be read',
      fault: { name },
    });
    expect(JSON.stringify([letters, recorder.lines])).not.toContain('SECRET');
    expect(recorder.counted.get('EventSetAside')).toEqual([1]);
  });

  it('goes to the dead-letter queue after the readable ones are published', async () => {
    const { invoke, steps } = createFixture();
    expect(await invoke([unreadable('a'), reset('b'), unreadable('c'), lock('d')])).toEqual([]);
    expect(steps).toEqual(['put', 'dead letter', 'dead letter']);
  });

  it('is named to Lambda if no time is left for the dead-letter queue', async () => {
    const { invoke, letters } = createFixture();
    expect(await invoke([unreadable('a')], 3_999)).toEqual([numberOf('a')]);
    expect(letters).toEqual([]);
  });

  it('is named to Lambda if the dead-letter queue refuses it', async () => {
    const { invoke, entries } = createFixture({}, true);
    expect(await invoke([reset('a'), unreadable('b'), reset('c')])).toEqual([numberOf('b')]);
    expect(entries).toHaveLength(2);
  });
});

// Which events a change of a user causes: compared with a model that makes the writes and knows each one's events.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventsOf, type ResetEvent } from '../../../lambda/publisher/stream-record.ts';
import { anyCharacter } from '../../support/any-character.ts';
import { schemaViolationsOf } from '../../support/events.ts';
import { onProcessor } from '../../support/processor-time.ts';

type Image = Record<string, AttributeValue>;

/** A write to a user's item, and the events that it must cause. */
interface Write {
  readonly name: string;
  apply(item: Image, sequence: string): { readonly item: Image; readonly events: readonly ResetEvent[] };
}

const [firstId, secondId] = ['b1b6ef2c-9d3f-4c8e-8a0e-0f6f0b6d3c11', '5d0f9a5e-6a0b-4a52-b0ff-3c1d5f7e2a90'];

/** Part of every value that must not be published, so that one search finds any of them. */
const secretMark = 'SECRET';
const secret = (what: string): AttributeValue => ({ S: `${secretMark}-${what}` });
const methodIds = (item: Image) => Object.keys(item.paymentMethods?.M ?? {});
/** `tokensValidFrom` after a write; it only ever grows. */
const later = (item: Image, seconds: number) => String(Number(item.tokensValidFrom?.N ?? 0) + seconds);
const without = (item: Image, ...names: string[]): Image =>
  Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)));

const id = fc.uuid({ version: 4 });
const time = fc
  .date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString());
const methodId = fc.string({ minLength: 1, maxLength: 12, unit: anyCharacter });
/** Any user id that an access token can carry. */
const userId = fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }).filter((id) => id.length <= 255);

const reset = fc.record({
  id,
  at: time,
  pinVerified: fc.boolean(),
  hasNewPassword: fc.boolean(),
});

const resetWrite: fc.Arbitrary<Write> = reset.map(({ id: resetId, at, pinVerified, hasNewPassword }) => ({
  name: 'reset',
  apply(item, sequence) {
    const lastReset: Image = {
      id: { S: resetId },
      at: { S: at },
      token: secret('token'),
      pinVerified: { BOOL: pinVerified },
      ...(hasNewPassword && { password: secret('digest') }),
    };
    const removed = ['passwordHash', ...(pinVerified ? ['pinGuesses', 'pinLock'] : [])];
    const after: Image = {
      ...without(item, ...removed),
      ...(hasNewPassword && { passwordHash: secret('hash') }),
      ...(!pinVerified && { paymentMethods: { M: {} } }),
      passwordResetAt: { S: at },
      tokensValidFrom: { N: later(item, 1) },
      lastReset: { M: lastReset },
    };
    const paymentMethodsCleared = pinVerified ? [] : methodIds(item).sort();
    const common = { version: 1, userId: item.userId?.S ?? '', sequence, time: at } as const;
    return {
      item: after,
      events: [
        {
          type: 'PasswordReset',
          detail: { ...common, resetId, pinVerified, paymentMethodsCleared, newPasswordSet: hasNewPassword },
        },
      ],
    };
  },
}));

const lockWrite: fc.Arbitrary<Write> = fc.tuple(id, time).map(([lockId, at]) => ({
  name: 'lock',
  apply(item, sequence) {
    if (item.pinLock !== undefined) return { item, events: [] };
    const detail = { version: 1, lockId, userId: item.userId?.S ?? '', sequence, time: at } as const;
    return {
      item: { ...item, pinLock: { M: { id: { S: lockId }, at: { S: at } } } },
      events: [{ type: 'RecoveryPinLocked', detail }],
    };
  },
}));

/** All other writes to users, which cause no event. */
const eventlessWrite: fc.Arbitrary<Write> = fc
  .tuple(
    fc.constantFrom('attempt', 'add', 'remove', 'pin', 'password', 'disable', 'link', 'sessions'),
    methodId,
  )
  .map(([name, id]) => ({ name, apply: (item) => ({ item: applyQuietly(name, id, item), events: [] }) }));

function applyQuietly(name: string, id: string, item: Image): Image {
  const methods = item.paymentMethods?.M ?? {};
  switch (name) {
    case 'attempt':
      return {
        ...item,
        pinGuesses: { SS: [...(item.pinGuesses?.SS ?? []), `${secretMark}-${id}`].slice(0, 3) },
      };
    case 'add':
      return { ...item, paymentMethods: { M: { ...methods, [id]: { M: { number: secret('card') } } } } };
    case 'remove':
      return { ...item, paymentMethods: { M: without(methods, methodIds(item)[0] ?? '') } };
    case 'pin':
      return {
        ...without(item, 'pinGuesses', 'pinLock'),
        pinVerifier: { S: `${item.pinVerifier?.S} ${id}` },
      };
    case 'password':
      return { ...item, passwordHash: secret(`hash ${id}`) };
    case 'disable':
      return { ...item, status: { S: 'disabled' } };
    case 'link':
      return { ...item, linkedIdentities: { SS: [`${secretMark}-${id}`] } };
    default:
      return { ...item, tokensValidFrom: { N: later(item, 100) } };
  }
}

const user: fc.Arbitrary<Image> = fc
  .tuple(userId, fc.uniqueArray(methodId, { maxLength: 5 }))
  .map(([id, methods]) => ({
    userId: { S: id },
    status: { S: 'active' },
    passwordHash: secret('hash'),
    pinVerifier: secret('verifier'),
    paymentMethods: {
      M: Object.fromEntries(methods.map((method) => [method, { M: { number: secret('card') } }])),
    },
  }));

const history = fc.tuple(
  user,
  fc.array(fc.oneof(resetWrite, lockWrite, eventlessWrite), { minLength: 1, maxLength: 12 }),
);

/** Sequence numbers like DynamoDB's: they grow, and get longer. */
const numberOf = (step: number) => String(8 + step);
const sequenceOf = (step: number) => numberOf(step).padStart(40, '0');

/** Plays the writes: for each, the stream record with both images, and the events that it must cause. */
function* play([first, writes]: [Image, Write[]]) {
  let before = first;
  for (const [step, write] of writes.entries()) {
    const { item: after, events } = write.apply(before, sequenceOf(step));
    const dynamodb = { OldImage: before, NewImage: after, SequenceNumber: numberOf(step) };
    yield { change: { eventName: 'MODIFY', dynamodb }, events };
    before = after;
  }
}

describe('a random history of writes to a user', () => {
  it('causes events for resets and locked PINs, and for nothing else', () => {
    fc.assert(
      fc.property(history, (story) => {
        for (const { change, events } of play(story)) expect(eventsOf(change)).toEqual(events);
      }),
      { numRuns: 500 },
    );
  });

  it('causes events that match their schema and carry no secret', () => {
    fc.assert(
      fc.property(history, (story) => {
        for (const { change } of play(story)) {
          for (const { type, detail } of eventsOf(change)) {
            expect(schemaViolationsOf(type, JSON.parse(JSON.stringify(detail)))).toEqual([]);
            expect(JSON.stringify(detail)).not.toContain(secretMark);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('causes no event if an older item is restored', () => {
    fc.assert(
      fc.property(history, (story) => {
        const items = [story[0], ...[...play(story)].map(({ change }) => change.dynamodb.NewImage)];
        for (const [age, OldImage] of items.entries()) {
          for (const older of items.slice(0, age)) {
            // As it was, or with every token revoked that was issued before it was restored.
            for (const NewImage of [older, { ...older, tokensValidFrom: { N: '5000000000' } }]) {
              const dynamodb = { OldImage, NewImage, SequenceNumber: '1' };
              expect(eventsOf({ eventName: 'MODIFY', dynamodb })).toEqual([]);
            }
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('causes no event if the user is created or deleted', () => {
    fc.assert(
      fc.property(history, (story) => {
        for (const { change } of play(story)) {
          const { OldImage, NewImage } = change.dynamodb;
          expect(eventsOf({ eventName: 'INSERT', dynamodb: { NewImage } })).toEqual([]);
          expect(eventsOf({ eventName: 'REMOVE', dynamodb: { OldImage } })).toEqual([]);
        }
      }),
    );
  });
});

describe('a reset', () => {
  const before: Image = {
    userId: { S: 'alice' },
    lastReset: mark(firstId, '2026-01-01T00:00:00.000Z'),
  };

  function mark(id: string, at: string): AttributeValue {
    return { M: { id: { S: id }, at: { S: at }, pinVerified: { BOOL: true } } };
  }

  const resetTo = (lastReset: AttributeValue) =>
    eventsOf({
      eventName: 'MODIFY',
      dynamodb: { OldImage: before, NewImage: { ...before, lastReset }, SequenceNumber: '1' },
    });

  it('is identified by its id alone: a write that keeps the id causes no second event', () => {
    expect(resetTo(mark(secondId, '2026-01-01T00:00:09.000Z'))).toMatchObject([
      { detail: { resetId: secondId, time: '2026-01-01T00:00:09.000Z' } },
    ]);
    expect(resetTo(mark(firstId, '2026-01-01T00:00:09.000Z'))).toEqual([]);
  });

  it.each([
    ['later', '2026-01-01T00:00:00.001Z', '7', '7', true],
    ['at the same time', '2026-01-01T00:00:00.000Z', '7', '7', false],
    ['earlier', '2025-12-31T23:59:59.999Z', '7', '7', false],
    ['earlier, but revoking more tokens: it landed later', '2025-12-31T23:59:59.999Z', '7', '8', true],
    ['later, but revoking fewer tokens', '2026-01-01T00:00:00.001Z', '8', '7', false],
    ['later, and tokensValidFrom gains a digit', '2026-01-01T00:00:00.001Z', '9', '10', true],
    ['earlier, and tokensValidFrom loses a digit', '2025-12-31T23:59:59.999Z', '10', '9', false],
    ['a minute before the tokens that it revokes', '2026-01-01T00:00:01.000Z', '7', '1767225661', true],
    ['more than that: it was restored', '2026-01-01T00:00:01.000Z', '7', '1767225662', false],
  ])('dated %s: causes an event only if it is new', (_what, time, validBefore, validAfter, isNew) => {
    const OldImage = { ...before, tokensValidFrom: { N: validBefore } };
    const NewImage = { ...before, lastReset: mark(secondId, time), tokensValidFrom: { N: validAfter } };
    const dynamodb = { OldImage, NewImage, SequenceNumber: '1' };
    expect(eventsOf({ eventName: 'MODIFY', dynamodb })).toHaveLength(isNew ? 1 : 0);
  });

  it.each<[string, AttributeValue, string[]]>([
    ['map', { M: { visa: { M: {} }, sepa: { M: {} } } }, ['sepa', 'visa']],
    ['list', { L: [{ S: secretMark }, { M: {} }] }, ['0', '1']],
    ['set', { SS: [secretMark, `${secretMark}2`] }, ['0', '1']],
    ['set of numbers', { NS: ['5621', '1234'] }, ['0', '1']],
    ['set of bytes', { BS: [Buffer.from(secretMark), Buffer.from('x')] }, ['0', '1']],
    ['empty map', { M: {} }, []],
  ])('names the payment methods that it cleared from a %s', (_what, paymentMethods, cleared) => {
    const NewImage = {
      ...before,
      paymentMethods: { M: {} },
      lastReset: mark(secondId, '2026-01-01T00:00:09.000Z'),
    };
    const dynamodb = { OldImage: { ...before, paymentMethods }, NewImage, SequenceNumber: '1' };
    expect(eventsOf({ eventName: 'MODIFY', dynamodb })).toMatchObject([
      { detail: { paymentMethodsCleared: cleared } },
    ]);
  });

  it('of a user with as many payment methods as an item can hold is read within a second', () => {
    const M = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [i.toString(36), { NULL: true }]));
    const OldImage = { ...before, paymentMethods: { M } };
    const NewImage = { ...OldImage, lastReset: mark(secondId, '2026-01-01T00:00:09.000Z') };
    const { result: events, milliseconds } = onProcessor(() =>
      eventsOf({ eventName: 'MODIFY', dynamodb: { OldImage, NewImage, SequenceNumber: '1' } }),
    );
    expect(milliseconds).toBeLessThan(1_000);
    expect(events).toMatchObject([{ detail: { paymentMethodsCleared: [] } }]);
  });

  const [id, at] = [{ S: secondId }, { S: '2026-01-01T00:00:09.000Z' }];
  const pinVerified = { BOOL: true };

  it.each<[string, AttributeValue, string]>([
    ['no id', { M: { at, pinVerified } }, 'lastReset.id'],
    ['no time', { M: { id, pinVerified } }, 'lastReset.at'],
    ['a malformed time', { M: { id, at: { S: secretMark }, pinVerified } }, 'lastReset.at'],
    [
      'a time without milliseconds',
      { M: { id, at: { S: '2026-01-01T00:00:09Z' }, pinVerified } },
      'lastReset.at',
    ],
    [
      'a time with a longer year',
      { M: { id, at: { S: '+010000-01-01T00:00:09.000Z' }, pinVerified } },
      'lastReset.at',
    ],
    ['a thirteenth month', { M: { id, at: { S: '2026-13-01T00:00:00.000Z' }, pinVerified } }, 'lastReset.at'],
    ['a time of another type', { M: { id, at: { N: '1767225609' }, pinVerified } }, 'lastReset.at'],
    ['no pinVerified', { M: { id, at } }, 'lastReset.pinVerified'],
    ['a string in place of the map', { S: secretMark }, 'lastReset.id'],
    ['an id of another type', { M: { id: { N: '1' }, at, pinVerified } }, 'lastReset.id'],
  ])('written with %s fails, and the error quotes no value', (_what, lastReset, name) => {
    expect(() => resetTo(lastReset)).toThrow(`${name} is missing or malformed`);
  });
});

describe('the mark', () => {
  const good: AttributeValue = {
    M: {
      id: { S: firstId },
      at: { S: '2026-01-01T00:00:00.000Z' },
      pinVerified: { BOOL: true },
    },
  };
  const types = { lastReset: 'PasswordReset', pinLock: 'RecoveryPinLocked' } as const;
  const names = ['lastReset', 'pinLock'] as const;
  const image = (name: string, mark: AttributeValue | undefined): Image => ({
    userId: { S: 'alice' },
    ...(mark !== undefined && { [name]: mark }),
  });
  const changed = (name: string, before: AttributeValue | undefined, after: AttributeValue | undefined) =>
    eventsOf({
      eventName: 'MODIFY',
      dynamodb: { OldImage: image(name, before), NewImage: image(name, after), SequenceNumber: '1' },
    });

  describe.each(names)('%s', (name) => {
    it.each<[string, AttributeValue | undefined]>([
      ['for the first time', undefined],
      ['over a mark that was not a map', { S: 'x' }],
      ['over a mark without an id', { M: { at: { S: '2025-12-31T23:59:59.999Z' } } }],
      ['over a mark without a time', { M: { id: { S: secondId } } }],
      ['over an empty mark', { M: {} }],
    ])('causes an event when set %s', (_what, before) => {
      expect(changed(name, before, good)).toMatchObject([{ type: types[name] }]);
    });

    it.each<[string, AttributeValue | undefined, AttributeValue | undefined]>([
      ['stays the same', good, good],
      ['stays malformed', { S: 'x' }, { S: 'x' }],
      ['stays empty', { M: {} }, { M: {} }],
      ['is removed', good, undefined],
      ['is absent before and after', undefined, undefined],
    ])('causes no event if it %s', (_what, before, after) => {
      expect(changed(name, before, after)).toEqual([]);
    });

    it.each<[string, AttributeValue]>([
      ['not a map', { S: secretMark }],
      ['an empty map', { M: {} }],
    ])('fails to be read if it is set and is %s', (_what, after) => {
      expect(() => changed(name, undefined, after)).toThrow(`${name}.id is missing or malformed`);
    });

    it('causes no event if it is older than the one it replaces', () => {
      const older = { M: { ...good.M, id: { S: secondId }, at: { S: '2025-12-31T23:59:59.999Z' } } };
      expect(changed(name, good, older)).toEqual([]);
    });

    it.each([undefined, 'INSERT', 'REMOVE'])('causes no event in a record of type %s', (eventName) => {
      const dynamodb = { OldImage: image(name, undefined), NewImage: image(name, good) };
      expect(eventsOf({ eventName, dynamodb })).toEqual([]);
    });

    it.each([
      ['no dynamodb member', undefined],
      ['no image', {}],
      ['no old image', { NewImage: image(name, good) }],
      ['no new image', { OldImage: image(name, good) }],
    ])('causes no event in a record with %s', (_what, dynamodb) => {
      expect(eventsOf({ eventName: 'MODIFY', dynamodb })).toEqual([]);
    });
  });
});

describe('the sequence number of an event', () => {
  const user: Image = { userId: { S: 'alice' } };
  const detailOf = (mark: Image, SequenceNumber: string | undefined) =>
    eventsOf({
      eventName: 'MODIFY',
      dynamodb: { OldImage: user, NewImage: { ...user, ...mark }, SequenceNumber },
    })[0]?.detail;
  const markedAt = (at: string): AttributeValue => ({
    M: { id: { S: firstId }, at: { S: at }, pinVerified: { BOOL: true } },
  });

  it('sorts two events in the order of their writes if their times do not, also across lengths', () => {
    const lock = detailOf({ pinLock: markedAt('2026-01-01T00:00:00.343Z') }, '999999999999999999999');
    const reset = detailOf({ lastReset: markedAt('2026-01-01T00:00:00.316Z') }, '1000000000000000000000');
    const sorted = (by: 'sequence' | 'time') =>
      [reset, lock].toSorted((a, b) => (String(a?.[by]) < String(b?.[by]) ? -1 : 1));
    expect(sorted('time')).toEqual([reset, lock]);
    expect(sorted('sequence')).toEqual([lock, reset]);
  });

  it('is padded to 40 digits', () => {
    const at = '2026-01-01T00:00:00.000Z';
    expect(detailOf({ pinLock: markedAt(at) }, '7')?.sequence).toBe(`${'0'.repeat(39)}7`);
    expect(detailOf({ pinLock: markedAt(at) }, '9'.repeat(40))?.sequence).toBe('9'.repeat(40));
  });

  it.each([
    ['a missing one', undefined],
    ['an empty one', ''],
    ['one of 41 digits', '1'.repeat(41)],
    ['one with a sign', '-1'],
    ['one with a fraction', '1.5'],
    ['one in non-ASCII digits', '\u0661'],
    ['one that is not a number', secretMark],
    ['one followed by a line break', '1\n'],
  ])('is required: %s fails if the record causes an event', (_what, SequenceNumber) => {
    const mark = { pinLock: markedAt('2026-01-01T00:00:00.000Z') };
    expect(() => detailOf(mark, SequenceNumber)).toThrow('SequenceNumber is missing or malformed');
    expect(detailOf({}, SequenceNumber)).toBeUndefined();
  });
});

it.each([
  ['the PIN stays the same, causes an event', 'one', 1],
  ['the PIN changes too, as with a restored item, causes none', 'another', 0],
])('a lock that appears if %s', (_what, verifier, count) => {
  const mark = { M: { id: { S: firstId }, at: { S: '2026-01-01T00:00:00.000Z' } } };
  const OldImage: Image = { userId: { S: 'alice' }, pinVerifier: { S: 'one' } };
  const NewImage = { ...OldImage, pinVerifier: { S: verifier }, pinLock: mark };
  const dynamodb = { OldImage, NewImage, SequenceNumber: '1' };
  expect(eventsOf({ eventName: 'MODIFY', dynamodb })).toHaveLength(count);
});

it('requires the user id', () => {
  const dynamodb = { OldImage: {}, NewImage: {} };
  expect(() => eventsOf({ eventName: 'MODIFY', dynamodb })).toThrow('userId is missing or malformed');
});

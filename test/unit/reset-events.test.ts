// Which changes of a user tell what: held against a model that makes the writes and knows what each of them is.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventsOf, type ResetEvent } from '../../lambda/reset-events.ts';
import { faultsOf, secretMark } from '../support/events.ts';

type Image = Record<string, AttributeValue>;

/** One write of somebody, and the events that it has to cause. */
interface Write {
  readonly name: string;
  apply(item: Image): { readonly item: Image; readonly events: readonly ResetEvent[] };
}

const [firstId, secondId] = ['b1b6ef2c-9d3f-4c8e-8a0e-0f6f0b6d3c11', '5d0f9a5e-6a0b-4a52-b0ff-3c1d5f7e2a90'];

const secret = (what: string): AttributeValue => ({ S: `${secretMark}-${what}` });
const methodIds = (item: Image) => Object.keys(item.paymentMethods?.M ?? {});
const without = (item: Image, ...names: string[]): Image =>
  Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)));

const id = fc.uuid({ version: 4 });
const time = fc
  .date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString());
const methodId = fc.string({ minLength: 1, maxLength: 12, unit: 'binary' });
/** Any user id that a token can carry. */
const userId = fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }).filter((id) => id.length <= 255);

const reset = fc.record({
  id,
  at: time,
  pinVerified: fc.boolean(),
  hasNewPassword: fc.boolean(),
});

const resetWrite: fc.Arbitrary<Write> = reset.map(({ id: resetId, at, pinVerified, hasNewPassword }) => ({
  name: 'reset',
  apply(item) {
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
      tokensValidFrom: { N: '1' },
      lastReset: { M: lastReset },
    };
    const paymentMethodsCleared = pinVerified ? [] : methodIds(item).sort();
    const detail = { version: 1, resetId, userId: item.userId?.S ?? '', time: at, pinVerified } as const;
    return {
      item: after,
      events: [
        {
          type: 'PasswordReset',
          detail: { ...detail, paymentMethodsCleared, newPasswordSet: hasNewPassword },
        },
      ],
    };
  },
}));

const lockWrite: fc.Arbitrary<Write> = fc.tuple(id, time).map(([lockId, at]) => ({
  name: 'lock',
  apply(item) {
    if (item.pinLock !== undefined) return { item, events: [] };
    const detail = { version: 1, lockId, userId: item.userId?.S ?? '', time: at } as const;
    return {
      item: { ...item, pinLock: { M: { id: { S: lockId }, at: { S: at } } } },
      events: [{ type: 'RecoveryPinLocked', detail }],
    };
  },
}));

/** Everything else that happens to users, and is nobody's business. */
const quietWrite: fc.Arbitrary<Write> = fc
  .tuple(
    fc.constantFrom('guess', 'add', 'remove', 'pin', 'password', 'disable', 'link', 'sessions'),
    methodId,
  )
  .map(([name, id]) => ({ name, apply: (item) => ({ item: quietly(name, id, item), events: [] }) }));

function quietly(name: string, id: string, item: Image): Image {
  const methods = item.paymentMethods?.M ?? {};
  switch (name) {
    case 'guess':
      return {
        ...item,
        pinGuesses: { SS: [...(item.pinGuesses?.SS ?? []), `${secretMark}-${id}`].slice(0, 3) },
      };
    case 'add':
      return { ...item, paymentMethods: { M: { ...methods, [id]: { M: { number: secret('card') } } } } };
    case 'remove':
      return { ...item, paymentMethods: { M: without(methods, methodIds(item)[0] ?? '') } };
    case 'pin':
      return { ...without(item, 'pinGuesses', 'pinLock'), pinVerifier: secret(`verifier ${id}`) };
    case 'password':
      return { ...item, passwordHash: secret(`hash ${id}`) };
    case 'disable':
      return { ...item, status: { S: 'disabled' } };
    case 'link':
      return { ...item, linkedIdentities: { SS: [`${secretMark}-${id}`] } };
    default:
      return { ...item, tokensValidFrom: { N: '99' } };
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
  fc.array(fc.oneof(resetWrite, lockWrite, quietWrite), { minLength: 1, maxLength: 12 }),
);

/** Plays the writes; each with its two images and what it has to tell. */
function* play([first, writes]: [Image, Write[]]) {
  let before = first;
  for (const write of writes) {
    const { item: after, events } = write.apply(before);
    yield { change: { eventName: 'MODIFY', dynamodb: { OldImage: before, NewImage: after } }, events };
    before = after;
  }
}

describe('whatever happens to a user', () => {
  it('tells exactly of resets and of locked PINs', () => {
    fc.assert(
      fc.property(history, (story) => {
        for (const { change, events } of play(story)) expect(eventsOf(change)).toEqual(events);
      }),
      { numRuns: 500 },
    );
  });

  it('tells what the schema allows, and no secret', () => {
    fc.assert(
      fc.property(history, (story) => {
        for (const { change } of play(story)) {
          for (const { type, detail } of eventsOf(change)) {
            expect(faultsOf(type, JSON.parse(JSON.stringify(detail)))).toEqual([]);
            expect(JSON.stringify(detail)).not.toContain(secretMark);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('tells nothing of users who are created or deleted, whatever they carry', () => {
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
    eventsOf({ eventName: 'MODIFY', dynamodb: { OldImage: before, NewImage: { ...before, lastReset } } });

  it('is known by its id alone: under the same one it is told once, whatever else a write changes of it', () => {
    expect(resetTo(mark(secondId, '2026-01-01T00:00:09.000Z'))).toMatchObject([
      { detail: { resetId: secondId, time: '2026-01-01T00:00:09.000Z' } },
    ]);
    expect(resetTo(mark(firstId, '2026-01-01T00:00:09.000Z'))).toEqual([]);
  });

  const [id, at] = [{ S: secondId }, { S: '2026-01-01T00:00:09.000Z' }];
  const pinVerified = { BOOL: true };

  it.each<[string, AttributeValue, string]>([
    ['no id', { M: { at, pinVerified } }, 'lastReset.id'],
    ['no time', { M: { id, pinVerified } }, 'lastReset.at'],
    ['a time that is none', { M: { id, at: { S: secretMark }, pinVerified } }, 'lastReset.at'],
    [
      'a time without milliseconds',
      { M: { id, at: { S: '2026-01-01T00:00:09Z' }, pinVerified } },
      'lastReset.at',
    ],
    ['a time of another type', { M: { id, at: { N: '1767225609' }, pinVerified } }, 'lastReset.at'],
    ['no kind', { M: { id, at } }, 'lastReset.pinVerified'],
    ['no map at all', { S: secretMark }, 'lastReset.id'],
    ['texts of another type', { M: { id: { N: '1' }, at, pinVerified } }, 'lastReset.id'],
  ])('that was written with %s is refused without quoting it', (_what, lastReset, name) => {
    expect(() => resetTo(lastReset)).toThrow(`${name} is not as the service writes it`);
  });
});

describe('a mark', () => {
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
      dynamodb: { OldImage: image(name, before), NewImage: image(name, after) },
    });

  describe.each(names)('%s', (name) => {
    it.each<[string, AttributeValue | undefined]>([
      ['where none was', undefined],
      ['over one that was no map', { S: 'x' }],
      ['over one without an id', { M: { at: { S: '2026-01-01T00:00:00.000Z' } } }],
      ['over one without a time', { M: { id: { S: secondId } } }],
      ['over an empty one', { M: {} }],
    ])('that is set %s is told', (_what, before) => {
      expect(changed(name, before, good)).toMatchObject([{ type: types[name] }]);
    });

    it.each<[string, AttributeValue | undefined, AttributeValue | undefined]>([
      ['stays', good, good],
      ['stays as it should not be', { S: 'x' }, { S: 'x' }],
      ['stays empty', { M: {} }, { M: {} }],
      ['is removed', good, undefined],
      ['never was', undefined, undefined],
    ])('that %s tells nothing', (_what, before, after) => {
      expect(changed(name, before, after)).toEqual([]);
    });

    it.each<[string, AttributeValue]>([
      ['no map', { S: secretMark }],
      ['an empty one', { M: {} }],
    ])('that is set where none was and is %s is refused', (_what, after) => {
      expect(() => changed(name, undefined, after)).toThrow(`${name}.id is not as the service writes it`);
    });

    it.each([undefined, 'INSERT', 'REMOVE'])('tells nothing in a record of %s', (eventName) => {
      const dynamodb = { OldImage: image(name, undefined), NewImage: image(name, good) };
      expect(eventsOf({ eventName, dynamodb })).toEqual([]);
    });

    it.each([
      ['neither image', undefined],
      ['no images', {}],
      ['no image from before', { NewImage: image(name, good) }],
      ['no image from after', { OldImage: image(name, good) }],
    ])('tells nothing in a record with %s', (_what, dynamodb) => {
      expect(eventsOf({ eventName: 'MODIFY', dynamodb })).toEqual([]);
    });
  });
});

it('needs the user', () => {
  const dynamodb = { OldImage: {}, NewImage: {} };
  expect(() => eventsOf({ eventName: 'MODIFY', dynamodb })).toThrow('userId is not as the service writes it');
});

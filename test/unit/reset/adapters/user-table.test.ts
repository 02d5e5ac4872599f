// The exact requests to DynamoDB, and how its answers are read.
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { createUserTable, type UserTableOptions } from '../../../../lambda/reset/adapters/user-table.ts';
import type { ResetRequest, ResetTime, UserStore } from '../../../../lambda/reset/domain/reset-password.ts';

const seconds = 2_000_000_000;
const at = new Date('2033-05-18T03:33:20.250Z');
const time: ResetTime = { at, tokensValidFrom: seconds + 1 };
const reset: ResetRequest = {
  invocationId: 'fbf4b6a5-7a3c-4d0e-8d4e-1a2b3c4d5e6f',
  accessToken: { userId: 'alice', tokenId: 'token', issuedAt: seconds - 60 },
  pin: undefined,
  signal: new AbortController().signal,
};
const withPin = { ...reset, pin: '5621' };
const verifier = { checked: 'old', next: 'new' };
/** Confirms every kind of reset. */
const written = { userId: { S: 'alice' }, lastReset: { M: { id: { S: reset.invocationId } } } };

/** A client that gives the listed answers, one after the other, and records what it was sent. */
function createFixture(answers: readonly unknown[], options: Partial<UserTableOptions> = {}) {
  const sent: { name: string; input: Record<string, unknown>; signal: unknown }[] = [];
  const left = [...answers];
  const client = {
    async send(command: { input: Record<string, unknown> }, { abortSignal }: { abortSignal: unknown }) {
      sent.push({ name: command.constructor.name, input: command.input, signal: abortSignal });
      const answer = left.shift();
      if (answer instanceof Error) throw answer;
      if (answer === undefined) return new Promise(() => {});
      return answer;
    },
  } as unknown as UserTableOptions['client'];
  const users = createUserTable({
    client,
    tableName: 'users',
    requiredLinkedIdentity: null,
    ...options,
  });
  return { users, sent };
}

function failedOn(item: Record<string, unknown> | undefined): Error {
  const Item = item && marshall({ userId: 'alice', ...item });
  return new ConditionalCheckFailedException({ message: '', $metadata: {}, ...(Item && { Item }) });
}

/** A write as the client gets it. */
function update(input: object) {
  return { name: 'UpdateItemCommand', signal: expect.any(AbortSignal), input };
}

const common = {
  TableName: 'users',
  Key: { userId: { S: 'alice' } },
  ExpressionAttributeNames: { '#status': 'status' },
  ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
};
const always =
  'attribute_exists(userId) AND (attribute_not_exists(tokensValidFrom) OR tokensValidFrom <= :issuedAt) AND #status = :active';
const alwaysValues = { ':issuedAt': { N: '1999999940' }, ':active': { S: 'active' } };

function resetValues(pinVerified: boolean) {
  return {
    ':at': { S: '2033-05-18T03:33:20.250Z' },
    ':validFrom': { N: '2000000001' },
    ':lastReset': {
      M: {
        id: { S: reset.invocationId },
        token: { S: 'token' },
        at: { S: '2033-05-18T03:33:20.250Z' },
        pinVerified: { BOOL: pinVerified },
      },
    },
  };
}

describe('the request to DynamoDB', () => {
  it('for a reset without a PIN', async () => {
    const Attributes = marshall({ userId: 'alice', paymentMethods: { visa: {}, sepa: {} } });
    const { users, sent } = createFixture([{ Attributes }]);
    expect(await users.resetWithoutPin(reset, time)).toEqual({ paymentMethodsCleared: 2 });
    expect(sent).toEqual([
      update({
        ...common,
        UpdateExpression:
          'SET paymentMethods = :none, passwordResetAt = :at, tokensValidFrom = :validFrom, lastReset = :lastReset REMOVE passwordHash',
        ConditionExpression: always,
        ExpressionAttributeValues: { ...alwaysValues, ':none': { M: {} }, ...resetValues(false) },
        ReturnValues: 'ALL_OLD',
      }),
    ]);
  });

  it('for an attempt', async () => {
    const Attributes = marshall({
      userId: 'alice',
      pinVerifier: 'verifier',
      pinGuesses: new Set(['a', 'b']),
    });
    const { users, sent } = createFixture([{ Attributes }]);
    expect(await users.reserveAttempt(withPin, 'b')).toEqual({
      pinVerifier: 'verifier',
      attempts: 2,
      isMarkedLocked: false,
    });
    expect(sent).toEqual([
      update({
        ...common,
        UpdateExpression: 'ADD pinGuesses :attempt',
        ConditionExpression: `${always} AND attribute_exists(pinVerifier) AND (attribute_not_exists(pinGuesses) OR size(pinGuesses) < :maxAttempts OR contains(pinGuesses, :digest))`,
        ExpressionAttributeValues: {
          ...alwaysValues,
          ':attempt': { SS: ['b'] },
          ':digest': { S: 'b' },
          ':maxAttempts': { N: '3' },
        },
        ReturnValues: 'ALL_NEW',
      }),
    ]);
  });

  it('for a reset with a PIN', async () => {
    const { users, sent } = createFixture([{ Attributes: written }]);
    expect(await users.resetWithPin(withPin, time, verifier)).toBe('done');
    expect(sent).toEqual([
      update({
        ...common,
        UpdateExpression:
          'SET pinVerifier = :nextVerifier, passwordResetAt = :at, tokensValidFrom = :validFrom, lastReset = :lastReset REMOVE pinGuesses, pinLock, passwordHash',
        ConditionExpression: `${always} AND pinVerifier = :checkedVerifier`,
        ExpressionAttributeValues: {
          ...alwaysValues,
          ':nextVerifier': { S: 'new' },
          ':checkedVerifier': { S: 'old' },
          ...resetValues(true),
        },
        ReturnValues: 'UPDATED_NEW',
      }),
    ]);
  });

  it('checks the linked identity if one is required', async () => {
    const { users, sent } = createFixture([{ Attributes: written }], { requiredLinkedIdentity: 'bank' });
    await users.resetWithoutPin(reset, time);
    expect(sent[0]?.input).toMatchObject({
      ConditionExpression: `${always} AND attribute_type(linkedIdentities, :stringSet) AND contains(linkedIdentities, :linkedIdentity)`,
      ExpressionAttributeValues: { ':stringSet': { S: 'SS' }, ':linkedIdentity': { S: 'bank' } },
    });
  });

  it.each([
    [undefined, 'SET paymentMethods = :none', 'REMOVE passwordHash'],
    ['5621', 'SET pinVerifier = :nextVerifier', 'REMOVE pinGuesses, pinLock'],
  ])('sets the hash of a new password, with PIN %s', async (pin, start, end) => {
    const { users, sent } = createFixture([{ Attributes: written }]);
    const newPassword = { hash: 'hash', digest: 'digest' };
    if (pin === undefined) await users.resetWithoutPin({ ...reset, newPassword }, time);
    else await users.resetWithPin({ ...withPin, newPassword }, time, verifier);
    const removes = pin === undefined ? '' : ` ${end}`;
    expect(sent).toMatchObject([
      {
        input: {
          UpdateExpression: `${start}, passwordResetAt = :at, tokensValidFrom = :validFrom, lastReset = :lastReset, passwordHash = :passwordHash${removes}`,
          ExpressionAttributeValues: {
            ':passwordHash': { S: 'hash' },
            ':lastReset': { M: { password: { S: 'digest' } } },
          },
        },
      },
    ]);
  });

  it('for revoking tokens issued while the reset was written', async () => {
    const { users, sent } = createFixture([{}]);
    await users.raiseTokensValidFrom(reset, seconds + 3);
    expect(sent).toEqual([
      update({
        TableName: 'users',
        Key: { userId: { S: 'alice' } },
        UpdateExpression: 'SET tokensValidFrom = :validFrom',
        ConditionExpression: 'tokensValidFrom < :validFrom',
        ExpressionAttributeValues: { ':validFrom': { N: String(seconds + 3) } },
      }),
    ]);
  });
});

/** The three methods, each with a request that calls it. */
const methods: readonly (readonly [
  string,
  ResetRequest,
  (users: UserStore, request: ResetRequest) => Promise<unknown>,
])[] = [
  ['reset without a PIN', reset, (users, request) => users.resetWithoutPin(request, time)],
  ['attempt', withPin, (users, request) => users.reserveAttempt(request, 'digest')],
  ['reset with a PIN', withPin, (users, request) => users.resetWithPin(request, time, verifier)],
];

describe.each(methods)('a failed condition of the %s', (_name, request, call) => {
  const isPin = request.pin !== undefined;
  const lastReset = { token: 'token', pinVerified: isPin };
  const revoked = { status: 'active', tokensValidFrom: seconds };

  it.each<[string, Record<string, unknown> | undefined]>([
    ['user-not-found', undefined],
    ['token-revoked', revoked],
    ['token-revoked', { ...revoked, lastReset: { token: 'another', pinVerified: isPin } }],
    ['token-revoked', { ...revoked, lastReset: { token: 'token', pinVerified: !isPin } }],
    ['token-revoked', { ...revoked, lastReset: { ...lastReset, password: 'digest' } }],
    ['token-revoked', { ...revoked, status: 'disabled', lastReset: {} }],
    ['token-revoked', { ...revoked, lastReset: { token: 'token' } }],
    ['token-revoked', { ...revoked, lastReset: 'token' }],
    ['user-disabled', { status: 'disabled' }],
    ['user-disabled', { status: 'something else' }],
    ['user-disabled', {}],
    ['user-disabled', { status: 'disabled', tokensValidFrom: seconds - 60, lastReset }],
  ])('means %s for %j', async (code, item) => {
    const { users, sent } = createFixture([failedOn(item)]);
    await expect(call(users, request)).rejects.toMatchObject({ code });
    expect(sent).toHaveLength(1);
  });

  it('means a repetition if the item records a reset by the same request', async () => {
    const { users } = createFixture([failedOn({ ...revoked, lastReset })]);
    expect(await call(users, request)).toBe('replayed');
  });

  it('means a repetition only if the new password is the same', async () => {
    const item = { ...revoked, lastReset: { ...lastReset, password: 'digest' } };
    const same = { ...request, newPassword: { hash: 'h', digest: 'digest' } };
    expect(await call(createFixture([failedOn(item)]).users, same)).toBe('replayed');
    const other = { ...request, newPassword: { hash: 'h', digest: 'other' } };
    await expect(call(createFixture([failedOn(item)]).users, other)).rejects.toMatchObject({
      code: 'token-revoked',
    });
  });

  it.each<[unknown, boolean]>([
    [undefined, false],
    [new Set(['other']), false],
    ['bank', false],
    [new Set(['other', 'bank']), true],
  ])('is explained by the linked identity before the state: %j', async (linkedIdentities, isLinked) => {
    const item = { status: 'disabled', ...(linkedIdentities !== undefined && { linkedIdentities }) };
    const { users } = createFixture([failedOn(item)], { requiredLinkedIdentity: 'bank' });
    const code = isLinked ? 'user-disabled' : 'missing-linked-identity';
    await expect(call(users, request)).rejects.toMatchObject({ code });
  });

  it.each([
    {},
    { Attributes: undefined },
    { Attributes: {} },
    { Attributes: { lastReset: { M: {} }, pinGuesses: { SS: [] } } },
    {
      Attributes: {
        userId: { S: 'bob' },
        pinGuesses: { SS: ['another'] },
        lastReset: { M: { id: { S: 'x' } } },
      },
    },
    { Attributes: { userId: { N: '1' }, pinGuesses: { S: 'digest' }, lastReset: { S: 'x' } } },
  ])('an answer that confirms nothing is a failure: %j', async (answer) => {
    await expect(call(createFixture([answer]).users, request)).rejects.toThrow(
      'does not contain the requested attributes',
    );
  });

  it('is not assumed for any other error, which is thrown', async () => {
    const { users, sent } = createFixture([new Error('throttled')]);
    await expect(call(users, request)).rejects.toThrow('throttled');
    expect(sent).toHaveLength(1);
  });
});

describe.each<[string, ResetRequest, unknown, (users: UserStore, request: ResetRequest) => Promise<unknown>]>(
  [
    [
      'without a PIN',
      reset,
      { paymentMethodsCleared: 0 },
      (users, request) => users.resetWithoutPin(request, time),
    ],
    ['with a PIN', withPin, 'done', (users, request) => users.resetWithPin(request, time, verifier)],
  ],
)('a reset %s that the SDK retries after a lost answer', (_name, request, done, call) => {
  const { invocationId } = request;
  const usersAfter = (lastReset: object) =>
    createFixture([
      failedOn({
        status: 'active',
        tokensValidFrom: seconds + 1,
        // Added after the write whose answer was lost.
        paymentMethods: { visa: {} },
        lastReset: { token: 'token', pinVerified: request.pin !== undefined, ...lastReset },
      }),
    ]).users;

  it('is done if the item carries its own invocation id', async () => {
    expect(await call(usersAfter({ id: invocationId }), request)).toEqual(done);
  });

  it.each<[string, object]>([
    ['of another invocation at the same time', { id: 'cbgmhslmp1o9or9kh1pg', at: at.toISOString() }],
    ['without an id', { at: at.toISOString() }],
  ])('is a repetition if the item records a reset %s', async (_other, lastReset) => {
    expect(await call(usersAfter(lastReset), request)).toBe('replayed');
  });
});

it('an attempt that was not counted is refused even if the item carries its own invocation id', async () => {
  const lastReset = { id: withPin.invocationId, token: 'another', pinVerified: true, at: at.toISOString() };
  const item = { status: 'active', pinVerifier: 'old', tokensValidFrom: seconds, lastReset };
  await expect(createFixture([failedOn(item)]).users.reserveAttempt(withPin, 'd')).rejects.toMatchObject({
    code: 'token-revoked',
  });
});

describe('a failed condition on the PIN means', () => {
  const item = { status: 'active', pinVerifier: 'old', tokensValidFrom: seconds - 60 };
  const attemptOn = (found: object) =>
    createFixture([failedOn({ ...item, ...found })]).users.reserveAttempt(withPin, 'd');

  it('recovery-pin-not-set', async () => {
    await expect(
      createFixture([failedOn({ status: 'active' })]).users.reserveAttempt(withPin, 'd'),
    ).rejects.toMatchObject({ code: 'recovery-pin-not-set' });
  });

  it('recovery-pin-locked', async () => {
    await expect(attemptOn({ pinGuesses: new Set(['a', 'b', 'c']) })).rejects.toMatchObject({
      code: 'recovery-pin-locked',
    });
  });

  it.each([{}, { pinGuesses: new Set(['a', 'b']) }, { pinGuesses: 'abc' }])(
    'an internal fault if nothing in the item explains it: %j',
    async (found) => {
      await expect(attemptOn(found)).rejects.toThrow(
        'A condition failed although the returned item meets it',
      );
    },
  );

  it.each([
    ['other', 'pin-replaced'],
    [undefined, 'pin-replaced'],
  ])('that the PIN was replaced if the stored verifier is %s by now', async (pinVerifier, result) => {
    const found = { status: 'active', ...(pinVerifier && { pinVerifier }) };
    expect(await createFixture([failedOn(found)]).users.resetWithPin(withPin, time, verifier)).toBe(result);
  });

  it('an internal fault if the stored verifier is the same', async () => {
    await expect(createFixture([failedOn(item)]).users.resetWithPin(withPin, time, verifier)).rejects.toThrow(
      'meets it',
    );
  });
});

it.each<[unknown, number]>([
  [undefined, 0],
  [{}, 0],
  [{ visa: {}, sepa: {} }, 2],
  [[{ kind: 'visa' }, { kind: 'sepa' }], 2],
  [new Set(['visa', 'sepa']), 2],
  ['visa', 0],
])('counts the cleared payment methods of any attribute type: %j', async (paymentMethods, count) => {
  const Attributes = marshall({ userId: 'alice', ...(paymentMethods !== undefined && { paymentMethods }) });
  expect(await createFixture([{ Attributes }]).users.resetWithoutPin(reset, time)).toEqual({
    paymentMethodsCleared: count,
  });
});

it.each([
  [{}, { pinVerifier: '', attempts: 1, isMarkedLocked: false }],
  [{ pinLock: { id: 'id' } }, { pinVerifier: '', attempts: 1, isMarkedLocked: true }],
  [{ pinVerifier: 1 }, { pinVerifier: '', attempts: 1, isMarkedLocked: false }],
])('takes attributes of another type for none: %j', async (attributes, expected) => {
  const Attributes = marshall({ pinGuesses: new Set(['d']), ...attributes });
  const { users } = createFixture([{ Attributes }]);
  expect(await users.reserveAttempt(withPin, 'd')).toEqual(expected);
});

it('accepts that another write has already revoked the tokens', async () => {
  const { users } = createFixture([failedOn({})]);
  expect(await users.raiseTokensValidFrom(reset, seconds)).toBeUndefined();
});

it.each(methods)('the %s is aborted together with the request', async (_name, request, call) => {
  const controller = new AbortController();
  const { users, sent } = createFixture([]);
  const called = call(users, { ...request, signal: controller.signal });
  expect(sent).toMatchObject([{ signal: { aborted: false } }]);
  controller.abort();
  await expect(called).rejects.toMatchObject({ code: 'OUT_OF_TIME' });
  expect(sent).toMatchObject([{ signal: { aborted: true } }]);
});

it.each(methods)('the %s is not sent for a request that was answered', async (_name, request, call) => {
  const { users, sent } = createFixture([]);
  await expect(call(users, { ...request, signal: AbortSignal.abort() })).rejects.toThrow('aborted');
  expect(sent).toEqual([]);
});

describe('the mark of a locked PIN', () => {
  it('is set once, on condition that verifier and attempts are unchanged', async () => {
    const { users, sent } = createFixture([{}]);
    expect(await users.markPinLocked(withPin, at, 'old')).toBe(true);
    expect(sent).toEqual([
      update({
        TableName: 'users',
        Key: { userId: { S: 'alice' } },
        UpdateExpression: 'SET pinLock = :lock',
        ConditionExpression:
          'pinVerifier = :checkedVerifier AND size(pinGuesses) = :maxAttempts AND attribute_not_exists(pinLock)',
        ExpressionAttributeValues: {
          ':lock': { M: { id: { S: reset.invocationId }, at: { S: '2033-05-18T03:33:20.250Z' } } },
          ':checkedVerifier': { S: 'old' },
          ':maxAttempts': { N: '3' },
        },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    ]);
  });

  it.each<[string, boolean, object | undefined]>([
    ['its own, whose answer was lost', true, { pinLock: { id: reset.invocationId } }],
    ["another request's", false, { pinLock: { id: 'another' } }],
    ['none', false, {}],
    ['one without an id', false, { pinLock: {} }],
    ['one that is no map', false, { pinLock: 'id' }],
    ['no item', false, undefined],
  ])('may fail on its condition: what is found is %s', async (_name, isOwn, item) => {
    const { users } = createFixture([failedOn(item as Record<string, unknown> | undefined)]);
    expect(await users.markPinLocked(withPin, at, 'old')).toBe(isOwn);
  });

  it('throws every other error', async () => {
    const { users } = createFixture([new Error('throttled')]);
    await expect(users.markPinLocked(withPin, at, 'old')).rejects.toThrow('throttled');
  });

  it('is aborted together with the request', async () => {
    const controller = new AbortController();
    const { users, sent } = createFixture([]);
    const marked = users.markPinLocked({ ...withPin, signal: controller.signal }, at, 'old');
    controller.abort();
    await expect(marked).rejects.toMatchObject({ code: 'OUT_OF_TIME' });
    expect(sent).toMatchObject([{ signal: { aborted: true } }]);
  });
});

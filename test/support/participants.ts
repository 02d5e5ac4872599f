// Who takes part in a schedule: requests, run by the real use case on the real user table, and writes of other services.
import type { UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { parsePeppers } from '../../lambda/reset/adapters/pepper.ts';
import { createUserTable, type UserTableOptions } from '../../lambda/reset/adapters/user-table.ts';
import { ServiceError } from '../../lambda/reset/domain/errors.ts';
import { createPinVerifier } from '../../lambda/reset/domain/recovery-pin.ts';
import {
  type ResetRequest,
  resetPassword,
  type UserStore,
} from '../../lambda/reset/domain/reset-password.ts';
import { type Answer, givenUp, type Move } from './every-schedule.ts';
import type { UserModel } from './user-model.ts';

export const rightPin = '5621';
/** The right PIN once `replace PIN` has been written. */
export const nextPin = '8305';

export const userId = 'alice';
const keys = { k1: '1'.repeat(32), k2: '2'.repeat(32) };
export const peppersOf = {
  k1: parsePeppers(JSON.stringify({ current: 'k1', ...keys })),
  k2: parsePeppers(JSON.stringify({ current: 'k2', ...keys })),
};

const nextVerifier = await createPinVerifier(peppersOf.k1, userId, nextPin);

/** Seconds since the epoch: what the clocks of all requests show at first. */
export const start = 2_000_000_000;
/**
 * Token -> when it was issued. A reset at the start leaves `just valid` valid, but if it takes a second it revokes that
 * one too. None of them revokes `later`.
 */
export const issuedAt = {
  early: start - 100,
  'as early': start - 100,
  'just valid': start + 1,
  later: start + 3,
};
export type Token = keyof typeof issuedAt;

export interface Reset {
  readonly token: Token;
  readonly pin?: string | undefined;
  readonly password?: string | undefined;
  /** The key that is current for the environment of the request. */
  readonly pepper?: keyof typeof peppersOf | undefined;
  /** Whether a second passes between two readings of the clock. */
  readonly isSlow?: boolean | undefined;
}

export interface Writer {
  readonly write: 'replace PIN' | 'add payment method' | 'disable' | 'delete';
  readonly token: Token;
}

export type Participant = Reset | Writer;

export interface Call {
  /** Different for different calls, and for those of different participants. */
  readonly key: string;
  /** The participant's name. */
  readonly by: string;
  /** The method of the user store, or the other service's write. */
  readonly method: string;
  /** `undefined`: the item is deleted. */
  readonly input: UpdateItemCommandInput | undefined;
  /** The same on the model. */
  onModel(model: UserModel): unknown;
}

/**
 * Runs a participant until its next call, or until it ends.
 *
 * @param name - identifies the participant, as the invocation's id does
 * @param heard - the answers to its calls so far
 * @throws whatever is neither a refusal nor the client's own failure
 */
export function runParticipant(
  one: Participant,
  name: string,
  heard: readonly Answer[],
): Promise<Move<Call>> {
  return 'write' in one ? runWriter(one, name, heard) : runReset(one, name, heard);
}

function runReset(one: Reset, name: string, heard: readonly Answer[]): Promise<Move<Call>> {
  const { token, pin, password, pepper = 'k1', isSlow = false } = one;
  const reset: ResetRequest = {
    invocationId: name,
    accessToken: { userId, tokenId: token, issuedAt: issuedAt[token] },
    pin,
    newPassword:
      password === undefined ? undefined : { hash: `${password}, hashed`, digest: `${password} by ${token}` },
    signal: new AbortController().signal,
  };
  const left = [...heard];
  let time = start - 1;
  let result: string | undefined;
  let method: keyof UserStore;
  let args: readonly unknown[];
  return new Promise((resolve, reject) => {
    async function send({ input }: { input: UpdateItemCommandInput }): Promise<unknown> {
      const answer = left.shift();
      if (answer === undefined) {
        const call = describe(method, args, input);
        resolve({ call, result });
        return new Promise(() => {});
      }
      if ('error' in answer) throw answer.error;
      return answer.output;
    }
    const client = { send } as unknown as UserTableOptions['client'];
    const table = createUserTable({ client, tableName: 'users', requiredLinkedIdentity: null });
    const users = new Proxy(table, {
      get:
        (_, called: keyof UserStore) =>
        async (...given: unknown[]) => {
          [method, args] = [called, given];
          const settled = await settle(() => callMethod(table, called, given));
          result = settled.summary;
          return settled.take();
        },
    });
    settle(() =>
      resetPassword(reset, {
        users,
        loadPeppers: async () => peppersOf[pepper],
        now: () => (isSlow ? ++time : start) * 1_000,
        reportFault(_message, fault) {
          if (fault !== givenUp.error) reject(fault);
        },
      }).then(({ code }) => code),
    ).then(({ summary }) => resolve({ ending: summary, result }), reject);
  });

  function describe(method: keyof UserStore, args: readonly unknown[], input: UpdateItemCommandInput): Call {
    const key = JSON.stringify([name, one, method, input]);
    return { key, by: name, method, input, onModel: (model) => callMethod(model, method, args) };
  }
}

function callMethod(users: UserStore, method: keyof UserStore, args: readonly unknown[]): Promise<unknown> {
  return (users[method] as (...args: readonly unknown[]) => Promise<unknown>)(...args);
}

/** Turns a result, a refusal or the client's failure into a text that can be compared. */
export async function settle<T>(act: () => T | Promise<T>): Promise<{ summary: string; take(): T }> {
  try {
    const value = await act();
    const summary = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'done');
    return { summary, take: () => value };
  } catch (error) {
    const isFault = error === givenUp.error;
    if (!isFault && !(error instanceof ServiceError)) throw error;
    return {
      summary: isFault ? 'given up' : (error as ServiceError).code,
      take() {
        throw error;
      },
    };
  }
}

/** A write with the condition that docs/data-model.md demands of other services. */
async function runWriter(
  { write, token }: Writer,
  name: string,
  heard: readonly Answer[],
): Promise<Move<Call>> {
  if (heard.length > 0) return { ending: 'written' };
  const iat = issuedAt[token];
  const unrevoked = {
    ConditionExpression:
      'attribute_exists(userId) AND (attribute_not_exists(tokensValidFrom) OR tokensValidFrom <= :iat)',
  };
  const values = { ':iat': { N: String(iat) } };
  const table = { TableName: 'users', Key: { userId: { S: userId } } };
  switch (write) {
    case 'replace PIN':
      return describe((model) => model.replacePin(nextVerifier, iat), {
        ...unrevoked,
        UpdateExpression: 'SET pinVerifier = :next REMOVE pinGuesses, pinLock',
        ExpressionAttributeValues: { ...values, ':next': { S: nextVerifier } },
      });
    case 'add payment method':
      return describe((model) => model.addPaymentMethod('sepa', iat), {
        ...unrevoked,
        UpdateExpression: 'SET paymentMethods.#id = :method',
        ExpressionAttributeNames: { '#id': 'sepa' },
        ExpressionAttributeValues: { ...values, ':method': { M: {} } },
      });
    case 'disable':
      return describe((model) => model.disable(), {
        UpdateExpression: 'SET #status = :disabled',
        ConditionExpression: 'attribute_exists(userId)',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: { ':disabled': { S: 'disabled' } },
      });
    case 'delete':
      return describe((model) => model.remove(), undefined);
  }

  function describe(onModel: Call['onModel'], input: Partial<UpdateItemCommandInput> | undefined) {
    const key = `${name} ${write} ${token}`;
    return { call: { key, by: name, method: write, input: input && { ...table, ...input }, onModel } };
  }
}

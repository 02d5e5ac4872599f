// The DynamoDB table of users: conditional writes, and why their conditions fail.
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { listMethodIds } from '../../shared/payment-methods.ts';
import { withinTime } from '../../shared/time-limit.ts';
import { type ErrorCode, ServiceError } from '../domain/errors.ts';
import { maxAttempts } from '../domain/recovery-pin.ts';
import type { ResetRequest, ResetTime, UserStore } from '../domain/reset-password.ts';

type Item = Record<string, AttributeValue>;

/** A user's `status` other than `active` -> the error that refuses the reset. Unknown values count as `disabled`. */
export const refusedStatuses = { disabled: 'user-disabled' } as const satisfies Record<string, ErrorCode>;

/** The values of a user's `status`. */
export type UserStatus = 'active' | keyof typeof refusedStatuses;

export interface UserTableOptions {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly tableName: string;
  /** Name that `linkedIdentities` must contain; `null`: not checked. */
  readonly requiredLinkedIdentity: string | null;
  /** Limits the time of each write; default: `withinTime`. */
  readonly limitTime?: typeof withinTime | undefined;
}

/**
 * Creates the user store on a DynamoDB table with the partition key `userId`; docs/data-model.md describes the item.
 * Each method makes one round trip.
 */
export function createUserTable(options: UserTableOptions): UserStore {
  return {
    async resetWithoutPin(request, time) {
      const result = await updateIdempotently(options, request, buildResetWithoutPin(request, time));
      if (result.written === undefined)
        return explainConditionFailure(options, request, result.found, failUnexplained);
      return { paymentMethodsCleared: listMethodIds(result.written.paymentMethods).length };
    },

    async reserveAttempt(request, attemptDigest) {
      const result = await update(options, request, buildAttempt(attemptDigest));
      if (result.written === undefined)
        return explainConditionFailure(options, request, result.found, refusePin);
      const { pinVerifier, pinGuesses, pinLock } = result.written;
      // `isConfirmedBy` has checked that it is a set.
      const { SS } = pinGuesses as AttributeValue.SSMember;
      return {
        pinVerifier: pinVerifier?.S ?? '',
        attempts: SS.length,
        isMarkedLocked: pinLock !== undefined,
      };
    },

    async resetWithPin(request, time, verifier) {
      const result = await updateIdempotently(options, request, buildResetWithPin(request, time, verifier));
      if (result.written !== undefined) return 'done';
      return explainConditionFailure(options, request, result.found, (item) =>
        item.pinVerifier?.S === verifier.checked ? failUnexplained() : 'pin-replaced',
      );
    },

    async markPinLocked(request, at, pinVerifier) {
      const result = await send(options, request, bestEffortTimeout, buildLockMark(request, at, pinVerifier));
      // If the answer was lost, the SDK has sent the write again, and the condition has failed on this request's own mark.
      return result.written !== undefined || result.found?.pinLock?.M?.id?.S === request.invocationId;
    },

    async raiseTokensValidFrom(request, tokensValidFrom) {
      await send(options, request, bestEffortTimeout, {
        UpdateExpression: 'SET tokensValidFrom = :validFrom',
        ConditionExpression: 'tokensValidFrom < :validFrom',
        ExpressionAttributeValues: { ':validFrom': { N: String(tokensValidFrom) } },
      });
    },
  };
}

/** The parts in which writes differ; `update` adds the key and the common conditions. */
type Write = Pick<UpdateItemCommandInput, 'UpdateExpression' | 'ReturnValues'> & {
  readonly condition?: string;
  readonly values: Item;
  /** Whether the returned attributes show that the answer belongs to this write. */
  readonly isConfirmedBy: (attributes: Item) => boolean;
};

function buildResetWithoutPin(request: ResetRequest, time: ResetTime): Write {
  // Keeps pinGuesses: otherwise a reset without a PIN would allow three more attempts.
  return {
    UpdateExpression: buildUpdateExpression(request, ['paymentMethods = :none'], []),
    ReturnValues: 'ALL_OLD',
    isConfirmedBy: ({ userId }) => userId?.S === request.accessToken.userId,
    values: { ':none': { M: {} }, ...buildResetValues(request, time) },
  };
}

function buildAttempt(digest: string): Write {
  return {
    UpdateExpression: 'ADD pinGuesses :attempt',
    condition:
      'attribute_exists(pinVerifier) AND (attribute_not_exists(pinGuesses)' +
      ' OR size(pinGuesses) < :maxAttempts OR contains(pinGuesses, :digest))',
    ReturnValues: 'ALL_NEW',
    isConfirmedBy: ({ pinGuesses }) => pinGuesses?.SS?.includes(digest) === true,
    values: {
      ':attempt': { SS: [digest] },
      ':digest': { S: digest },
      ':maxAttempts': { N: String(maxAttempts) },
    },
  };
}

function buildResetWithPin(
  request: ResetRequest,
  time: ResetTime,
  verifier: { readonly checked: string; readonly next: string },
): Write {
  return {
    UpdateExpression: buildUpdateExpression(
      request,
      ['pinVerifier = :nextVerifier'],
      ['pinGuesses', 'pinLock'],
    ),
    condition: 'pinVerifier = :checkedVerifier',
    ReturnValues: 'UPDATED_NEW',
    isConfirmedBy: ({ lastReset }) => lastReset?.M?.id?.S === request.invocationId,
    values: {
      ':nextVerifier': { S: verifier.next },
      ':checkedVerifier': { S: verifier.checked },
      ...buildResetValues(request, time),
    },
  };
}

function buildLockMark({ invocationId }: ResetRequest, at: Date, pinVerifier: string): WriteInput {
  return {
    UpdateExpression: 'SET pinLock = :lock',
    ConditionExpression:
      'pinVerifier = :checkedVerifier AND size(pinGuesses) = :maxAttempts AND attribute_not_exists(pinLock)',
    ExpressionAttributeValues: {
      ':lock': { M: { id: { S: invocationId }, at: { S: at.toISOString() } } },
      ':checkedVerifier': { S: pinVerifier },
      ':maxAttempts': { N: String(maxAttempts) },
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  };
}

/**
 * Milliseconds: the maximum time of a write, including its retries. The client's own limits (table-connection.ts) add up
 * to the same time, but they do not end an answer that arrives byte by byte.
 */
const writeTimeout = 2_550;
/**
 * Milliseconds: the time limit of a write whose failure does not change the answer. The common conditions are not added to
 * such a write, and its own condition fails only if another request has made it unnecessary.
 */
const bestEffortTimeout = 1_000;

type WriteInput = Omit<UpdateItemCommandInput, 'TableName' | 'Key'>;

/** Builds the update of a reset: what this kind of reset sets and removes, and what every reset does. */
function buildUpdateExpression({ newPassword }: ResetRequest, sets: string[], removes: string[]): string {
  sets.push('passwordResetAt = :at', 'tokensValidFrom = :validFrom', 'lastReset = :lastReset');
  if (newPassword === undefined) removes.push('passwordHash');
  else sets.push('passwordHash = :passwordHash');
  return `SET ${sets.join(', ')}${removes.length > 0 ? ` REMOVE ${removes.join(', ')}` : ''}`;
}

function buildResetValues(
  { invocationId, accessToken, pin, newPassword }: ResetRequest,
  { at, tokensValidFrom }: ResetTime,
): Item {
  return {
    ':at': { S: at.toISOString() },
    ':validFrom': { N: String(tokensValidFrom) },
    ':lastReset': {
      M: {
        id: { S: invocationId },
        token: { S: accessToken.tokenId },
        at: { S: at.toISOString() },
        pinVerified: { BOOL: pin !== undefined },
        ...(newPassword && { password: { S: newPassword.digest } }),
      },
    },
    ...(newPassword && { ':passwordHash': { S: newPassword.hash } }),
  };
}

/** Either the attributes that the write returned, or the item for which its condition failed. */
type UpdateResult =
  | { readonly written: Item; readonly found?: undefined }
  | { readonly written?: undefined; readonly found: Item | undefined };

async function update(options: UserTableOptions, request: ResetRequest, write: Write): Promise<UpdateResult> {
  const { requiredLinkedIdentity } = options;
  const conditions = [
    'attribute_exists(userId)',
    '(attribute_not_exists(tokensValidFrom) OR tokensValidFrom <= :issuedAt)',
    '#status = :active',
  ];
  const values: Item = {
    ':issuedAt': { N: String(request.accessToken.issuedAt) },
    ':active': { S: 'active' },
    ...write.values,
  };
  if (requiredLinkedIdentity !== null) {
    // The type is checked because `contains` also finds a part of a string.
    conditions.push(
      'attribute_type(linkedIdentities, :stringSet) AND contains(linkedIdentities, :linkedIdentity)',
    );
    values[':stringSet'] = { S: 'SS' };
    values[':linkedIdentity'] = { S: requiredLinkedIdentity };
  }
  if (write.condition !== undefined) conditions.push(write.condition);

  const result = await send(options, request, writeTimeout, {
    UpdateExpression: write.UpdateExpression,
    ConditionExpression: conditions.join(' AND '),
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: values,
    ReturnValues: write.ReturnValues,
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  // Every write requests attributes that certainly exist, so an answer without them confirms nothing.
  if (result.written !== undefined && !write.isConfirmedBy(result.written))
    throw new Error('The answer to a write does not contain the requested attributes');
  return result;
}

/** Sends a write, which is aborted after this time in milliseconds, or together with its request. */
async function send(
  { client, tableName, limitTime = withinTime }: UserTableOptions,
  { accessToken, signal }: ResetRequest,
  timeout: number,
  write: WriteInput,
): Promise<UpdateResult> {
  const Key = { userId: { S: accessToken.userId } };
  const command = new UpdateItemCommand({ TableName: tableName, Key, ...write });
  try {
    const sending = (abortSignal: AbortSignal) => client.send(command, { abortSignal });
    const { Attributes = {} } = await limitTime(timeout, sending, signal);
    return { written: Attributes };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    // The item for which the condition failed, if the write asks for it; `undefined` if the user does not exist.
    return { found: error.Item };
  }
}

/**
 * Sends the write of a reset. If the answer is lost, the SDK sends the write again, and its condition fails because
 * this invocation has already changed the item. Such a write counts as successful.
 */
async function updateIdempotently(
  options: UserTableOptions,
  request: ResetRequest,
  write: Write,
): Promise<UpdateResult> {
  const result = await update(options, request, write);
  const isOwnWrite = result.found?.lastReset?.M?.id?.S === request.invocationId;
  // The lost answer had the attributes. Those of the item may be newer: a payment method can have been added since.
  return isOwnWrite ? { written: {} } : result;
}

/**
 * Finds the reason for a failed condition, in the contract's order of precedence.
 *
 * @param explainOwnCondition - called if the item meets the common conditions, so the write's own condition has failed
 * @returns `replayed` if the same request was carried out earlier, or what `explainOwnCondition` returns
 * @throws ServiceError for the common condition that failed
 */
function explainConditionFailure<T>(
  { requiredLinkedIdentity }: UserTableOptions,
  request: ResetRequest,
  item: Item | undefined,
  explainOwnCondition: (item: Item) => T,
): T | 'replayed' {
  if (item === undefined) throw new ServiceError('user-not-found');
  if (Number(item.tokensValidFrom?.N ?? 0) > request.accessToken.issuedAt) {
    if (isRepetition(item, request)) return 'replayed';
    throw new ServiceError('token-revoked');
  }
  if (requiredLinkedIdentity !== null && !item.linkedIdentities?.SS?.includes(requiredLinkedIdentity)) {
    throw new ServiceError('missing-linked-identity');
  }
  if (item.status?.S !== 'active')
    throw new ServiceError(refusalOf.get(item.status?.S) ?? refusedStatuses.disabled);
  return explainOwnCondition(item);
}

/** A map, because a status can be any text, such as `constructor`, which every object has as a member. */
const refusalOf = new Map<string | undefined, ErrorCode>(Object.entries(refusedStatuses));

/** Whether the last reset used the same token, also had or had no PIN, and set the same password, if any. */
function isRepetition({ lastReset }: Item, { accessToken, pin, newPassword }: ResetRequest): boolean {
  const last = lastReset?.M;
  return (
    last?.token?.S === accessToken.tokenId &&
    last.pinVerified?.BOOL === (pin !== undefined) &&
    last.password?.S === newPassword?.digest
  );
}

function refusePin(item: Item): never {
  if (item.pinVerifier === undefined) throw new ServiceError('recovery-pin-not-set');
  if ((item.pinGuesses?.SS?.length ?? 0) >= maxAttempts) throw new ServiceError('recovery-pin-locked');
  return failUnexplained();
}

/** A bug: the condition and its explanation disagree, or the table answered incorrectly. */
function failUnexplained(): never {
  throw new Error('A condition failed although the returned item meets it');
}

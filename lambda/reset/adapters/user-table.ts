// The DynamoDB table of users: the conditional writes, and what a failed condition means.
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { ServiceError } from '../domain/errors.ts';
import { maxAttempts } from '../domain/recovery-pin.ts';
import type { ResetRequest, ResetTime, UserStore } from '../domain/reset-password.ts';

type Item = Record<string, AttributeValue>;

export interface UserTableOptions {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly tableName: string;
  /** Name that `linkedIdentities` must hold; `null`: not checked. */
  readonly requiredLinkedIdentity: string | null;
}

/**
 * The user store on one DynamoDB table with the partition key `userId`; docs/data-model.md describes the item.
 * Each method is one round trip.
 */
export function createUserTable(options: UserTableOptions): UserStore {
  return {
    async resetWithoutPin(reset, time) {
      const result = await updateOnce(options, reset, withoutPin(reset, time));
      if (result.written === undefined)
        return explainConditionFailure(options, reset, result.found, unexplained);
      return { paymentMethodsCleared: countEntries(result.written.paymentMethods) };
    },

    async reserveAttempt(reset, attemptDigest) {
      const result = await update(options, reset, attempt(attemptDigest));
      if (result.written === undefined)
        return explainConditionFailure(options, reset, result.found, refusePin);
      const { pinVerifier, pinGuesses, pinLock } = result.written;
      return {
        pinVerifier: pinVerifier?.S ?? '',
        attempts: pinGuesses?.SS?.length ?? 0,
        isMarkedLocked: pinLock !== undefined,
      };
    },

    async resetWithPin(reset, time, verifier) {
      const result = await updateOnce(options, reset, withPin(reset, time, verifier));
      if (result.written !== undefined) return 'done';
      return explainConditionFailure(options, reset, result.found, (item) =>
        item.pinVerifier?.S === verifier.checked ? unexplained() : 'pin-replaced',
      );
    },

    async markPinLocked(reset, at, pinVerifier) {
      await updateIfStillNeeded(options, reset, lockMark(reset, at, pinVerifier));
    },

    async raiseTokensValidFrom(reset, tokensValidFrom) {
      await updateIfStillNeeded(options, reset, {
        UpdateExpression: 'SET tokensValidFrom = :validFrom',
        ConditionExpression: 'tokensValidFrom < :validFrom',
        ExpressionAttributeValues: { ':validFrom': { N: String(tokensValidFrom) } },
      });
    },
  };
}

/** What tells one write from the others; keys and the conditions common to all are added by `update`. */
type Write = Pick<UpdateItemCommandInput, 'UpdateExpression' | 'ReturnValues'> & {
  readonly condition?: string;
  readonly values: Item;
};

function withoutPin(reset: ResetRequest, time: ResetTime): Write {
  // pinGuesses stays: a reset without a PIN must not buy three new attempts.
  return {
    UpdateExpression: resetExpression(reset, ['paymentMethods = :none'], []),
    ReturnValues: 'ALL_OLD',
    values: { ':none': { M: {} }, ...resetValues(reset, time) },
  };
}

function attempt(digest: string): Write {
  return {
    UpdateExpression: 'ADD pinGuesses :attempt',
    condition:
      'attribute_exists(pinVerifier) AND (attribute_not_exists(pinGuesses)' +
      ' OR size(pinGuesses) < :maxAttempts OR contains(pinGuesses, :digest))',
    ReturnValues: 'ALL_NEW',
    values: {
      ':attempt': { SS: [digest] },
      ':digest': { S: digest },
      ':maxAttempts': { N: String(maxAttempts) },
    },
  };
}

function withPin(
  reset: ResetRequest,
  time: ResetTime,
  verifier: { readonly checked: string; readonly next: string },
): Write {
  return {
    UpdateExpression: resetExpression(reset, ['pinVerifier = :nextVerifier'], ['pinGuesses', 'pinLock']),
    condition: 'pinVerifier = :checkedVerifier',
    ReturnValues: 'UPDATED_NEW',
    values: {
      ':nextVerifier': { S: verifier.next },
      ':checkedVerifier': { S: verifier.checked },
      ...resetValues(reset, time),
    },
  };
}

function lockMark({ invocationId }: ResetRequest, at: Date, pinVerifier: string): UnansweredWrite {
  return {
    UpdateExpression: 'SET pinLock = :lock',
    ConditionExpression:
      'pinVerifier = :checkedVerifier AND size(pinGuesses) = :maxAttempts AND attribute_not_exists(pinLock)',
    ExpressionAttributeValues: {
      ':lock': { M: { id: { S: invocationId }, at: { S: at.toISOString() } } },
      ':checkedVerifier': { S: pinVerifier },
      ':maxAttempts': { N: String(maxAttempts) },
    },
  };
}

/** Milliseconds that an answer waits at most for a write on which it does not depend. */
const unansweredTimeout = 1_000;

/** A write on which the answer does not depend; it has all its conditions itself. */
type UnansweredWrite = Pick<
  UpdateItemCommandInput,
  'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeValues'
>;

/** Sends such a write. Where its condition fails, somebody else has made it superfluous. */
async function updateIfStillNeeded(
  { client, tableName }: UserTableOptions,
  { accessToken, signal }: ResetRequest,
  write: UnansweredWrite,
): Promise<void> {
  const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(unansweredTimeout)]);
  const Key = { userId: { S: accessToken.userId } };
  try {
    await client.send(new UpdateItemCommand({ TableName: tableName, Key, ...write }), { abortSignal });
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/** What every reset does, beside what one kind of it sets and removes. */
function resetExpression({ newPassword }: ResetRequest, sets: string[], removes: string[]): string {
  sets.push('passwordResetAt = :at', 'tokensValidFrom = :validFrom', 'lastReset = :lastReset');
  if (newPassword === undefined) removes.push('passwordHash');
  else sets.push('passwordHash = :passwordHash');
  return `SET ${sets.join(', ')}${removes.length > 0 ? ` REMOVE ${removes.join(', ')}` : ''}`;
}

function resetValues(
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

/** Either the attributes that the write returned, or the item on which its condition failed. */
type UpdateResult =
  | { readonly written: Item; readonly found?: undefined }
  | { readonly written?: undefined; readonly found: Item | undefined };

async function update(options: UserTableOptions, reset: ResetRequest, write: Write): Promise<UpdateResult> {
  const { client, tableName, requiredLinkedIdentity } = options;
  const conditions = [
    'attribute_exists(userId)',
    '(attribute_not_exists(tokensValidFrom) OR tokensValidFrom <= :issuedAt)',
    '#status = :active',
  ];
  const values: Item = {
    ':issuedAt': { N: String(reset.accessToken.issuedAt) },
    ':active': { S: 'active' },
    ...write.values,
  };
  if (requiredLinkedIdentity !== null) {
    // In a string, `contains` would look for a part of it.
    conditions.push(
      'attribute_type(linkedIdentities, :stringSet) AND contains(linkedIdentities, :linkedIdentity)',
    );
    values[':stringSet'] = { S: 'SS' };
    values[':linkedIdentity'] = { S: requiredLinkedIdentity };
  }
  if (write.condition !== undefined) conditions.push(write.condition);

  try {
    const { Attributes } = await client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: { userId: { S: reset.accessToken.userId } },
        UpdateExpression: write.UpdateExpression,
        ConditionExpression: conditions.join(' AND '),
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: values,
        ReturnValues: write.ReturnValues,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
      { abortSignal: reset.signal },
    );
    // Each write asks for attributes that are there for certain: an answer without them confirms nothing.
    if (Attributes === undefined)
      throw new Error('The table answered a write without the attributes asked for');
    return { written: Attributes };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    // DynamoDB returns the item on which the condition failed; none means that there is no such user.
    return { found: error.Item };
  }
}

/**
 * Sends the write of a reset. The SDK sends it again where its answer is lost, and then its condition fails on this very
 * invocation's own effect.
 */
async function updateOnce(
  options: UserTableOptions,
  reset: ResetRequest,
  write: Write,
): Promise<UpdateResult> {
  const result = await update(options, reset, write);
  const isOwnEffect = result.found?.lastReset?.M?.id?.S === reset.invocationId;
  return isOwnEffect ? { written: result.found } : result;
}

/**
 * Says in the contract's order of precedence what a failed condition means: the same request was carried out before,
 * something stands against it (thrown), or it failed on the write's own condition, which `otherwise` explains.
 */
function explainConditionFailure<T>(
  { requiredLinkedIdentity }: UserTableOptions,
  reset: ResetRequest,
  item: Item | undefined,
  otherwise: (item: Item) => T,
): T | 'replayed' {
  if (item === undefined) throw new ServiceError('user-not-found');
  if (Number(item.tokensValidFrom?.N ?? 0) > reset.accessToken.issuedAt) {
    if (isReplay(item, reset)) return 'replayed';
    throw new ServiceError('token-revoked');
  }
  if (requiredLinkedIdentity !== null && !item.linkedIdentities?.SS?.includes(requiredLinkedIdentity)) {
    throw new ServiceError('missing-linked-identity');
  }
  if (item.status?.S !== 'active') throw new ServiceError('user-disabled');
  return otherwise(item);
}

/** The last reset was made with this token, was of the same kind and set the same password, if any. */
function isReplay({ lastReset }: Item, { accessToken, pin, newPassword }: ResetRequest): boolean {
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
  return unexplained();
}

/** The service's own condition and its explanation differ, or the table answered wrongly. */
function unexplained(): never {
  throw new Error('A condition failed on a user item that meets it');
}

/** How many payment methods an attribute holds: a map as docs/data-model.md has it, or what else others may have written. */
function countEntries(attribute: AttributeValue | undefined): number {
  const { M, L, SS } = attribute ?? {};
  return Object.keys(M ?? L ?? SS ?? {}).length;
}

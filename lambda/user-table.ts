// The DynamoDB table of users: the conditional writes, and what a failed condition means.
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { ServiceError } from './errors.ts';
import { maxGuesses } from './recovery-pin.ts';
import type { ResetRequest, UserStore } from './reset-password.ts';

type Item = Record<string, AttributeValue>;

export interface UserTableOptions {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly tableName: string;
  /** Name that `linkedIdentities` must hold; `null`: not checked. */
  readonly requiredLinkedIdentity: string | null;
  /**
   * Whether to read the item after a failed condition that came back without one. DynamoDB returns the item itself, so
   * that there none means no user; an engine that never returns it (dynalite) has to be asked.
   */
  readonly readAfterFailedCondition: boolean;
}

/**
 * The user store on one DynamoDB table with the partition key `userId`; docs/data-model.md describes the item.
 * Each method is one round trip, and one more where `readAfterFailedCondition` applies.
 */
export function createUserTable(options: UserTableOptions): UserStore {
  return {
    async resetWithoutPin(reset) {
      const result = await update(options, reset, withoutPin(reset));
      if (result.written === undefined) return judge(options, reset, result.found, unexplained);
      return { paymentMethodsCleared: Object.keys(result.written.paymentMethods?.M ?? {}).length };
    },

    async reserveGuess(reset, guessDigest) {
      const result = await update(options, reset, guess(guessDigest));
      if (result.written === undefined) return judge(options, reset, result.found, refusePin);
      const { pinVerifier, pinGuesses, pinLock } = result.written;
      return {
        pinVerifier: pinVerifier?.S ?? '',
        guesses: pinGuesses?.SS?.length ?? 0,
        isMarkedLocked: pinLock !== undefined,
      };
    },

    async resetWithPin(reset, verifier) {
      const result = await update(options, reset, withPin(reset, verifier));
      if (result.written !== undefined) return 'done';
      return judge(options, reset, result.found, (item) =>
        item.pinVerifier?.S === verifier.checked ? unexplained() : 'pin-replaced',
      );
    },

    markPinLocked: (reset, pinVerifier) => markPinLocked(options, reset, pinVerifier),
  };
}

/** What tells one write from the others; keys and the conditions common to all are added by `update`. */
type Write = Pick<UpdateItemCommandInput, 'UpdateExpression' | 'ReturnValues'> & {
  readonly condition?: string;
  readonly values: Item;
};

function withoutPin(reset: ResetRequest): Write {
  // pinGuesses stays: a reset without a PIN must not buy three new guesses.
  return {
    UpdateExpression: resetExpression(reset, ['paymentMethods = :none'], []),
    ReturnValues: 'ALL_OLD',
    values: { ':none': { M: {} }, ...resetValues(reset) },
  };
}

function guess(digest: string): Write {
  return {
    UpdateExpression: 'ADD pinGuesses :guess',
    condition:
      'attribute_exists(pinVerifier) AND (attribute_not_exists(pinGuesses)' +
      ' OR size(pinGuesses) < :maxGuesses OR contains(pinGuesses, :digest))',
    ReturnValues: 'ALL_NEW',
    values: {
      ':guess': { SS: [digest] },
      ':digest': { S: digest },
      ':maxGuesses': { N: String(maxGuesses) },
    },
  };
}

function withPin(reset: ResetRequest, verifier: { checked: string; next: string }): Write {
  return {
    UpdateExpression: resetExpression(reset, ['pinVerifier = :nextVerifier'], ['pinGuesses', 'pinLock']),
    condition: 'pinVerifier = :checkedVerifier',
    ReturnValues: 'UPDATED_NEW',
    values: {
      ':nextVerifier': { S: verifier.next },
      ':checkedVerifier': { S: verifier.checked },
      ...resetValues(reset),
    },
  };
}

/** Milliseconds that the answer to a wrong PIN waits for its mark at most. */
const markTimeout = 1_000;

async function markPinLocked(
  { client, tableName }: UserTableOptions,
  { id, at, accessToken, signal }: ResetRequest,
  pinVerifier: string,
): Promise<void> {
  const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(markTimeout)]);
  try {
    await client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: { userId: { S: accessToken.userId } },
        UpdateExpression: 'SET pinLock = :lock',
        ConditionExpression:
          'pinVerifier = :checkedVerifier AND size(pinGuesses) = :maxGuesses AND attribute_not_exists(pinLock)',
        ExpressionAttributeValues: {
          ':lock': { M: { id: { S: id }, at: { S: at.toISOString() } } },
          ':checkedVerifier': { S: pinVerifier },
          ':maxGuesses': { N: String(maxGuesses) },
        },
      }),
      { abortSignal },
    );
  } catch (error) {
    // It was marked already, or the PIN was replaced or found right meanwhile.
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

function resetValues({ id, at, accessToken, pin, newPassword }: ResetRequest): Item {
  // One second past both clocks: the token of this very request is revoked too, whoever's clock is ahead.
  const validFrom = Math.floor(Math.max(at.getTime() / 1000, accessToken.issuedAt)) + 1;
  return {
    ':at': { S: at.toISOString() },
    ':validFrom': { N: String(validFrom) },
    ':lastReset': {
      M: {
        id: { S: id },
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
  | { readonly written: Item }
  | { readonly written?: undefined; readonly found: Item | undefined };

async function update(options: UserTableOptions, reset: ResetRequest, write: Write): Promise<UpdateResult> {
  const { client, tableName, requiredLinkedIdentity, readAfterFailedCondition } = options;
  const Key = { userId: { S: reset.accessToken.userId } };
  const abortSignal = reset.signal;
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
    conditions.push('contains(linkedIdentities, :linkedIdentity)');
    values[':linkedIdentity'] = { S: requiredLinkedIdentity };
  }
  if (write.condition !== undefined) conditions.push(write.condition);

  try {
    const { Attributes } = await client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key,
        UpdateExpression: write.UpdateExpression,
        ConditionExpression: conditions.join(' AND '),
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: values,
        ReturnValues: write.ReturnValues,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
      { abortSignal },
    );
    // Each write asks for attributes that are there for certain: an answer without them confirms nothing.
    if (Attributes === undefined)
      throw new Error('The table answered a write without the attributes asked for');
    return { written: Attributes };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    const found =
      error.Item ?? (readAfterFailedCondition ? await read(options, Key, abortSignal) : undefined);
    return isOwnEffect(found, reset) ? { written: found } : { found };
  }
}

async function read(
  { client, tableName }: UserTableOptions,
  Key: Item,
  abortSignal: AbortSignal,
): Promise<Item | undefined> {
  const command = new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true });
  return (await client.send(command, { abortSignal })).Item;
}

/** The SDK sends a write again when its answer is lost; then it is this very request's own effect that it meets. */
function isOwnEffect(item: Item | undefined, { id, at }: ResetRequest): item is Item {
  const last = item?.lastReset?.M;
  return last?.id?.S === id && last.at?.S === at.toISOString();
}

/**
 * Says in the contract's order of precedence what a failed condition means: the same request was carried out before,
 * something stands against it (thrown), or it failed on the write's own condition, which `otherwise` judges.
 */
function judge<T>(
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
  if ((item.pinGuesses?.SS?.length ?? 0) >= maxGuesses) throw new ServiceError('recovery-pin-locked');
  return unexplained();
}

/** Only where the item was read after the failed write, and changed between the two. */
function unexplained(): never {
  throw new Error('A condition failed on a user item that meets it');
}

// Derives events from a stream record, by comparing the images of a user's item before and after a write.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { listMethodIds } from '../shared/payment-methods.ts';

type Image = Readonly<Record<string, AttributeValue>>;

/**
 * The used fields of a record of the table's stream, the same in Lambda's events and in the API of DynamoDB Streams.
 */
export interface StreamRecord {
  readonly eventName?: string | undefined;
  readonly dynamodb?:
    | {
        readonly OldImage?: Image | undefined;
        readonly NewImage?: Image | undefined;
        readonly SequenceNumber?: string | undefined;
        /** Seconds since 1970; the API of DynamoDB Streams has a date. */
        readonly ApproximateCreationDateTime?: number | Date | undefined;
      }
    | undefined;
}

interface CommonDetail {
  /** Version of the schema. */
  readonly version: 1;
  readonly userId: string;
  /** The sequence number of the write in the stream, 40 digits: it orders all writes to the user. */
  readonly sequence: string;
  /** When the write was sent, by the clock of the function: ISO 8601 in UTC with milliseconds. */
  readonly time: string;
}

/** Schema: lambda/publisher/events/password-reset.v1.json */
export interface PasswordResetDetail extends CommonDetail {
  /** The id of the reset, a UUID. Consumers detect duplicates by it. */
  readonly resetId: string;
  readonly pinVerified: boolean;
  /** Ids, sorted. */
  readonly paymentMethodsCleared: readonly string[];
  readonly newPasswordSet: boolean;
}

/** Schema: lambda/publisher/events/recovery-pin-locked.v1.json */
export interface RecoveryPinLockedDetail extends CommonDetail {
  /** The id of the lock, a UUID. Consumers detect duplicates by it. */
  readonly lockId: string;
}

export type ResetEvent =
  | { readonly type: 'PasswordReset'; readonly detail: PasswordResetDetail }
  | { readonly type: 'RecoveryPinLocked'; readonly detail: RecoveryPinLockedDetail };

/**
 * Derives the events of a record: none, a reset, a locked recovery PIN, or both. Of the images, they contain only the
 * fields of the types above.
 *
 * @param record - a record with both images and the sequence number
 * @throws Error if `lastReset`, `pinLock` or the sequence number is malformed; it does not quote them
 */
export function eventsOf({ eventName, dynamodb }: StreamRecord): ResetEvent[] {
  const { OldImage: before, NewImage: after } = dynamodb ?? {};
  // An item that is created with a mark, for example when it is restored from a backup, was not reset just now.
  if (eventName !== 'MODIFY' || before === undefined || after === undefined) return [];
  const userId = requireValue(after.userId?.S, 'userId');
  const events: ResetEvent[] = [];
  const common = ({ at }: Mark): CommonDetail => ({
    version: 1,
    userId,
    sequence: requireValue(padSequenceNumber(dynamodb?.SequenceNumber), 'SequenceNumber'),
    time: at,
  });
  // A write that marks a lock leaves the verifier as it is. If the verifier changes too, an older item was restored.
  const isSamePin = before.pinVerifier?.S === after.pinVerifier?.S;
  const lock = isSamePin ? findNewMark('pinLock', before, after) : undefined;
  if (lock !== undefined)
    events.push({ type: 'RecoveryPinLocked', detail: { ...common(lock), lockId: lock.id } });
  const reset = findNewMark('lastReset', before, after);
  if (reset !== undefined)
    events.push({
      type: 'PasswordReset',
      detail: { ...common(reset), ...buildResetDetail(reset, before, after) },
    });
  return events;
}

/**
 * DynamoDB's sequence numbers are decimal numbers of up to 40 digits, too long for JSON numbers. Padded with zeros to
 * the same length, they can be compared as strings.
 */
function padSequenceNumber(sequenceNumber: string | undefined): string | undefined {
  return /^\d{1,40}$/.exec(sequenceNumber ?? '')?.[0].padStart(40, '0');
}

/**
 * The attributes in which a write records itself in the item. Lambda passes on only changes of items that have one.
 */
export const marks = ['lastReset', 'pinLock'] as const;

/** One of these attributes. */
interface Mark {
  readonly id: string;
  readonly at: string;
  readonly members: Image;
}

/**
 * Seconds. A reset sets `tokensValidFrom` to the second after its own time, or after the `iat` of its token, which may be
 * 5 seconds ahead; the rest is for a clock that is set back in between.
 */
const maxLead = 60;

/**
 * Finds the mark that this write has set. A new mark has a new id, which the service generates at random.
 *
 * A restored older item changes the mark as well. A changed mark is new in two cases:
 *
 * 1. `tokensValidFrom` rose, to at most 60 seconds after the time of the mark. Every reset does that. Whoever restores an item
 *    raises it much further, or lowers it.
 * 2. `tokensValidFrom` is unchanged, and the time of the mark is later than before. That is a lock.
 *
 * The time alone does not suffice for resets. It is taken before the write, so a reset can have an earlier time than one that
 * landed before it.
 */
function findNewMark(name: (typeof marks)[number], before: Image, after: Image): Mark | undefined {
  const [old, mark] = [before[name], after[name]];
  if (mark === undefined) return undefined;
  const members = mark.M ?? {};
  if (old !== undefined && old.M?.id?.S === members.id?.S) return undefined;
  const id = requireValue(members.id?.S, `${name}.id`);
  const at = requireValue(readTime(members.at), `${name}.at`);
  const validFrom = readTokensValidFrom(after);
  const increase = validFrom - readTokensValidFrom(before);
  const isNew =
    (increase > 0 && validFrom - Date.parse(at) / 1_000 <= maxLead) ||
    (increase === 0 && at > (readTime(old?.M?.at) ?? ''));
  return isNew ? { id, at, members } : undefined;
}

/**
 * Returns a time if it is valid, because one malformed time would make the whole call to the bus fail. The length excludes
 * years above 9999.
 */
function readTime(at: AttributeValue | undefined): string | undefined {
  const time = String(at?.S);
  return new Date(time).toJSON() === time && time.length === 24 ? time : undefined;
}

function readTokensValidFrom({ tokensValidFrom }: Image): number {
  return Number(tokensValidFrom?.N ?? 0);
}

function buildResetDetail({ id, members }: Mark, before: Image, after: Image) {
  const remaining = new Set(listMethodIds(after.paymentMethods));
  return {
    resetId: id,
    pinVerified: requireValue(members.pinVerified?.BOOL, 'lastReset.pinVerified'),
    paymentMethodsCleared: listMethodIds(before.paymentMethods)
      .filter((method) => !remaining.has(method))
      .sort(),
    newPasswordSet: after.passwordHash !== undefined,
  };
}

function requireValue<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`${name} is missing or malformed`);
  return value;
}

// Two images of a user's item, before and after a write, become the events that the platform is told.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

type Image = Readonly<Record<string, AttributeValue>>;

/** A record of the table's stream, as far as it is looked at; Lambda's records and the streams' API's both have it. */
export interface ItemChange {
  readonly eventName?: string | undefined;
  readonly dynamodb?:
    | {
        readonly OldImage?: Image | undefined;
        readonly NewImage?: Image | undefined;
        readonly SequenceNumber?: string | undefined;
      }
    | undefined;
}

interface CommonDetail {
  /** Of the detail's schema. */
  readonly version: 1;
  readonly userId: string;
  /** The write's place among all writes to the user: its sequence number on the stream, 40 digits. */
  readonly sequence: string;
  /** By the clock of the request, shortly before the write: ISO 8601 in UTC with milliseconds. */
  readonly time: string;
}

/** lambda/events/password-reset.v1.json */
export interface PasswordResetDetail extends CommonDetail {
  /** The reset's own id, by which a repetition of the event is known: a UUID. */
  readonly resetId: string;
  readonly pinVerified: boolean;
  /** Ids, sorted. */
  readonly paymentMethodsCleared: readonly string[];
  readonly newPasswordSet: boolean;
}

/** lambda/events/recovery-pin-locked.v1.json */
export interface RecoveryPinLockedDetail extends CommonDetail {
  /** The lock's own id, by which a repetition of the event is known: a UUID. */
  readonly lockId: string;
}

export type ResetEvent =
  | { readonly type: 'PasswordReset'; readonly detail: PasswordResetDetail }
  | { readonly type: 'RecoveryPinLocked'; readonly detail: RecoveryPinLockedDetail };

/** The events' `source`. */
export const eventSource = 'password-reset';

/**
 * What a change of a user's item has to tell: nothing, a reset, or a recovery PIN that was locked. Only what is listed
 * in the details' types is ever taken out of an image.
 *
 * @param change - with both images and the sequence number
 * @throws Error that quotes nothing, where a mark or the number is malformed
 */
export function eventsOf({ eventName, dynamodb }: ItemChange): ResetEvent[] {
  const { OldImage: before, NewImage: after } = dynamodb ?? {};
  // A user who is created with a mark, copied back from a backup say, was not reset just now.
  if (eventName !== 'MODIFY' || before === undefined || after === undefined) return [];
  const userId = need(after.userId?.S, 'userId');
  const events: ResetEvent[] = [];
  const common = ({ at }: Mark): CommonDetail => ({
    version: 1,
    userId,
    sequence: need(sequenceOf(dynamodb?.SequenceNumber), 'SequenceNumber'),
    time: at,
  });
  const lock = newMark('pinLock', before, after);
  if (lock !== undefined)
    events.push({ type: 'RecoveryPinLocked', detail: { ...common(lock), lockId: lock.id } });
  const reset = newMark('lastReset', before, after);
  if (reset !== undefined)
    events.push({
      type: 'PasswordReset',
      detail: { ...common(reset), ...resetDetail(reset, before, after) },
    });
  return events;
}

/**
 * DynamoDB's sequence numbers are decimal numbers of up to 40 digits. With leading zeros they compare as strings too,
 * where JSON's numbers would lose digits.
 */
function sequenceOf(sequenceNumber: string | undefined): string | undefined {
  return /^\d{1,40}$/.exec(sequenceNumber ?? '')?.[0].padStart(40, '0');
}

/** What a write leaves on the item to say that it was made. */
interface Mark {
  readonly id: string;
  readonly at: string;
  readonly members: Image;
}

/** The mark that this very write has set, which only its id tells: the service makes a new random one for each. */
function newMark(name: 'pinLock' | 'lastReset', before: Image, after: Image): Mark | undefined {
  const [old, mark] = [before[name], after[name]];
  if (mark === undefined) return undefined;
  const members = mark.M ?? {};
  const { id, at } = members;
  if (old !== undefined && old.M?.id?.S === id?.S) return undefined;
  return { id: need(id?.S, `${name}.id`), at: need(timeOf(at), `${name}.at`), members };
}

/** Any other text would spoil the whole call that brings its event to the bus. */
function timeOf(at: AttributeValue | undefined): string | undefined {
  const time = String(at?.S);
  return new Date(time).toJSON() === time ? time : undefined;
}

function resetDetail({ id, members }: Mark, before: Image, after: Image) {
  const left = methodIds(after);
  return {
    resetId: id,
    pinVerified: need(members.pinVerified?.BOOL, 'lastReset.pinVerified'),
    paymentMethodsCleared: methodIds(before).filter((method) => !left.includes(method)),
    newPasswordSet: after.passwordHash !== undefined,
  };
}

function methodIds({ paymentMethods }: Image): string[] {
  return Object.keys(paymentMethods?.M ?? {}).sort();
}

function need<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`${name} is missing or malformed`);
  return value;
}

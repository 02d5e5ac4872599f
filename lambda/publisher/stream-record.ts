// Two images of a user's item, before and after a write, become the events that the platform is told.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

type Image = Readonly<Record<string, AttributeValue>>;

/** A record of the table's stream, as far as it is looked at; Lambda's records and the streams' API's both have it. */
export interface StreamRecord {
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

/** lambda/publisher/events/password-reset.v1.json */
export interface PasswordResetDetail extends CommonDetail {
  /** The reset's own id, by which a repetition of the event is known: a UUID. */
  readonly resetId: string;
  readonly pinVerified: boolean;
  /** Ids, sorted. */
  readonly paymentMethodsCleared: readonly string[];
  readonly newPasswordSet: boolean;
}

/** lambda/publisher/events/recovery-pin-locked.v1.json */
export interface RecoveryPinLockedDetail extends CommonDetail {
  /** The lock's own id, by which a repetition of the event is known: a UUID. */
  readonly lockId: string;
}

export type ResetEvent =
  | { readonly type: 'PasswordReset'; readonly detail: PasswordResetDetail }
  | { readonly type: 'RecoveryPinLocked'; readonly detail: RecoveryPinLockedDetail };

/**
 * What a change of a user's item has to tell: nothing, a reset, or a recovery PIN that was locked. Only what is listed
 * in the details' types is ever taken out of an image.
 *
 * @param change - with both images and the sequence number
 * @throws Error that quotes nothing, where a mark or the number is malformed
 */
export function eventsOf({ eventName, dynamodb }: StreamRecord): ResetEvent[] {
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
  // A lock is marked on the verifier that the attempts were checked against. With another one it comes from an older item.
  const isSamePin = before.pinVerifier?.S === after.pinVerifier?.S;
  const lock = isSamePin ? newMark('pinLock', before, after) : undefined;
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

/**
 * The mark that this very write has set, which only its id tells: the service makes a new random one for each.
 *
 * Somebody who puts an older item in the place of a newer one brings older marks back, and with them an older
 * `tokensValidFrom`, which no other write lowers; where it is the same, the mark's time has to have grown. For resets
 * that time alone would not do: it is read before the write, and can be earlier than the time of a reset that landed
 * before. But every reset raises `tokensValidFrom`.
 */
function newMark(name: 'pinLock' | 'lastReset', before: Image, after: Image): Mark | undefined {
  const [old, mark] = [before[name], after[name]];
  if (mark === undefined) return undefined;
  const members = mark.M ?? {};
  if (old !== undefined && old.M?.id?.S === members.id?.S) return undefined;
  const id = need(members.id?.S, `${name}.id`);
  const at = need(timeOf(members.at), `${name}.at`);
  const growth = validFrom(after) - validFrom(before);
  const isNew = growth > 0 || (growth === 0 && at > (timeOf(old?.M?.at) ?? ''));
  return isNew ? { id, at, members } : undefined;
}

/** Any other text would spoil the whole call that brings its event to the bus. Years beyond 9999 have more digits. */
function timeOf(at: AttributeValue | undefined): string | undefined {
  const time = String(at?.S);
  return new Date(time).toJSON() === time && time.length === 24 ? time : undefined;
}

function validFrom({ tokensValidFrom }: Image): number {
  return Number(tokensValidFrom?.N ?? 0);
}

function resetDetail({ id, members }: Mark, before: Image, after: Image) {
  const left = new Set(methodIds(after));
  return {
    resetId: id,
    pinVerified: need(members.pinVerified?.BOOL, 'lastReset.pinVerified'),
    paymentMethodsCleared: methodIds(before).filter((method) => !left.has(method)),
    newPasswordSet: after.passwordHash !== undefined,
  };
}

/** Of a list or a set, which a reset clears as well, the positions: it has no ids, and its values are nobody's business. */
function methodIds({ paymentMethods: { M, L, SS } = {} as AttributeValue }: Image): string[] {
  return Object.keys(M ?? L ?? SS ?? {}).sort();
}

function need<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`${name} is missing or malformed`);
  return value;
}

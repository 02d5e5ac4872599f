// Delivers events to the bus in order per user: retries refused events one by one, and sends those that the bus will
// never accept to the dead-letter queue.

/** An event in EventBridge's format (`PutEventsRequestEntry`). */
export interface BusEntry {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  /** JSON. */
  readonly Detail: string;
  readonly Time: Date;
}

/** Why the bus did not accept an event. */
export interface Refusal {
  /** The error code of the bus; if it could not be called, that of the fault, such as `ECONNREFUSED`. */
  readonly code: string;
  /** Whether the event itself is the cause, so that a retry would not help. */
  readonly isPermanent: boolean;
  /** Whether the whole call failed, and not because of its events: calls with single events would fail too. */
  readonly isOfCall: boolean;
}

export interface EventBus {
  /**
   * Puts at most ten events on the bus in one call.
   *
   * @returns for each event its refusal, or `undefined` if it was accepted, in the same order; never throws
   */
  put(entries: readonly BusEntry[]): Promise<readonly (Refusal | undefined)[]>;
}

/** Identifies the stream record of an event. */
export interface RecordPointer {
  readonly userId: string | undefined;
  /** Of the record in the table's stream. */
  readonly sequenceNumber: string | undefined;
}

/** A message for the dead-letter queue: a record whose event cannot be published, to be handled by people. */
export interface DeadLetter {
  readonly reason: string;
  readonly record: RecordPointer;
  /** The event; absent if the record could not be read. */
  readonly entry?: BusEntry;
}

/** What became of the events of a batch. */
export interface Tally {
  published: number;
  /** Sent to the dead-letter queue, including records that could not be read. */
  setAside: number;
  /** The code of each refusal -> how often the bus gave it. */
  readonly refusals: Map<string, number>;
}

/** Starts a tally at zero. */
export function createTally(): Tally {
  return { published: 0, setAside: 0, refusals: new Map() };
}

export interface DeliveryContext {
  readonly bus: EventBus;
  /** Throws if the message cannot be sent. */
  readonly sendToDeadLetterQueue: (letter: DeadLetter) => Promise<void>;
  readonly tally: Tally;
  readonly reportFault: (message: string, fault: unknown) => void;
  /** Resolves after this time. */
  readonly wait: (milliseconds: number) => Promise<unknown>;
  /** Milliseconds until Lambda ends the invocation. */
  readonly timeLeft: () => number;
}

/** An event to be delivered. */
export interface Outgoing {
  readonly userId: string;
  readonly record: RecordPointer;
  readonly entry: BusEntry;
  /** The stream will not keep the record much longer: if the bus refuses the event now, it goes to the dead-letter queue. */
  readonly isLastChance: boolean;
}

/** The limit of `PutEvents`. */
const maxEntries = 10;
/** How many times a refused event is tried again alone, and a call that failed as a whole is made again. */
const maxRetries = 4;
/** The same for an event at its last chance: fewer, because the bus has refused for hours and many events may wait. */
const lastRetries = 1;
/** Milliseconds: the maximum pause before the first retry; it doubles with each retry. */
const firstPause = 100;
/** Milliseconds that a call to bus or queue can take. If less time is left, the next invocation sends the rest. */
const timeOfCall = 4_000;

/**
 * Delivers events to the bus. An event that the bus will never accept, or refuses at its last chance, goes to the
 * dead-letter queue. If an event of a user cannot be delivered now, the user's later events wait; events of other users do
 * not.
 *
 * @param outgoing - in the order of their writes
 * @returns the events that were not delivered
 */
export async function deliver<T extends Outgoing>(
  outgoing: readonly T[],
  context: DeliveryContext,
): Promise<T[]> {
  const undelivered: T[] = [];
  let waiting = [...outgoing];
  while (waiting.length > 0) {
    const batch = selectFirstOfEachUser(waiting).slice(0, maxEntries);
    waiting = waiting.filter((one) => !batch.includes(one));
    for (const { event, refusal } of await putBatch(batch, context)) {
      if (await deliverAlone(event, refusal, context)) continue;
      const isHeldBack = (one: T) => one.userId === event.userId;
      undelivered.push(event, ...waiting.filter(isHeldBack));
      waiting = waiting.filter((one) => !isHeldBack(one));
    }
  }
  return undelivered;
}

function selectFirstOfEachUser<T extends Outgoing>(outgoing: readonly T[]): T[] {
  const firsts = new Map<string, T>();
  for (const one of outgoing) if (!firsts.has(one.userId)) firsts.set(one.userId, one);
  return [...firsts.values()];
}

interface Refused<T> {
  readonly event: T;
  readonly refusal: Refusal;
}

/** For events that cannot be put on the bus because too little time is left. */
const outOfTime: Refusal = { code: 'OUT_OF_TIME', isPermanent: false, isOfCall: true };

/** Puts events on the bus in one call, and makes it again if it fails as a whole; returns those that were refused. */
async function putBatch<T extends Outgoing>(
  batch: readonly T[],
  context: DeliveryContext,
): Promise<Refused<T>[]> {
  const retries = batch.some(({ isLastChance }) => isLastChance) ? lastRetries : maxRetries;
  for (let retry = 0; ; retry++) {
    if (context.timeLeft() < timeOfCall) return batch.map((event) => ({ event, refusal: outOfTime }));
    await pauseBefore(retry, context);
    const refused = await put(batch, context);
    if (retry === retries || !refused.some(({ refusal }) => refusal.isOfCall)) return refused;
  }
}

/**
 * Retries one event, unless the call failed as a whole.
 *
 * @returns whether it reached the bus or the dead-letter queue
 */
async function deliverAlone(
  event: Outgoing,
  { code, isOfCall }: Refusal,
  context: DeliveryContext,
): Promise<boolean> {
  const { record, entry, isLastChance } = event;
  if (isOfCall) return isLastChance && tryDeadLetterQueue({ reason: code, record, entry }, context);
  const retries = isLastChance ? lastRetries : maxRetries;
  for (let retry = 1; retry <= retries; retry++) {
    if (context.timeLeft() < timeOfCall) return false;
    await pauseBefore(retry, context);
    const [refused] = await put([event], context);
    if (refused === undefined) return true;
    const { refusal } = refused;
    if (refusal.isPermanent || (isLastChance && retry === retries))
      return tryDeadLetterQueue({ reason: refusal.code, record, entry }, context);
  }
  return false;
}

/** Random, so that several publishers do not retry together. */
async function pauseBefore(retry: number, { wait }: DeliveryContext): Promise<void> {
  if (retry > 0) await wait(firstPause * 2 ** (retry - 1) * Math.random());
}

/** Makes one call of the bus, counts its results, and returns the refused events. */
async function put<T extends Outgoing>(
  events: readonly T[],
  { bus, tally }: DeliveryContext,
): Promise<Refused<T>[]> {
  const refusals = await bus.put(events.map(({ entry }) => entry));
  const refused = events.flatMap((event, i) => (refusals[i] ? [{ event, refusal: refusals[i] }] : []));
  tally.published += events.length - refused.length;
  for (const { refusal } of refused)
    tally.refusals.set(refusal.code, (tally.refusals.get(refusal.code) ?? 0) + 1);
  return refused;
}

/**
 * Sends a message to the dead-letter queue, if there is time left for the call.
 *
 * @returns whether the queue has accepted the message
 */
export async function tryDeadLetterQueue(letter: DeadLetter, context: DeliveryContext): Promise<boolean> {
  if (context.timeLeft() < timeOfCall) return false;
  try {
    await context.sendToDeadLetterQueue(letter);
    context.tally.setAside++;
    return true;
  } catch (error) {
    context.reportFault('An event could be sent neither to the bus nor to the dead-letter queue', error);
    return false;
  }
}

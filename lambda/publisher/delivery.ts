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
  /** The error code of the bus, or that of the fault because of which it could not be called, such as `ECONNREFUSED`. */
  readonly code: string;
  /** The event itself is the cause, so a retry would not help. */
  readonly isPermanent: boolean;
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

export interface Delivery {
  readonly bus: EventBus;
  /** Throws if the message cannot be sent. */
  readonly sendToDeadLetterQueue: (letter: DeadLetter) => Promise<void>;
  /** Adds one to a metric. */
  readonly count: (metric: 'EventPublished' | 'EventRefused' | 'EventSetAside') => unknown;
  /** Called with the code of each refusal. */
  readonly onRefusal: (code: string) => unknown;
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
/** How many times a refused event is tried again alone. */
const maxRetries = 4;
/** The same at its last chance: then the bus has refused for hours, and many such events may be waiting. */
const lastRetries = 1;
/** Milliseconds: the maximum pause before the first retry; it doubles with each retry. */
const firstPause = 100;
/** Milliseconds that a call to bus or queue can take. If less time is left, the next invocation sends the rest. */
const timeOfCall = 4_000;

/**
 * Delivers events to the bus or, if the bus will never accept them or it is their last chance, to the dead-letter queue.
 * If an event of a user cannot be delivered now, the user's later events wait; events of other users do not.
 *
 * @param outgoing - in the order of their writes
 * @returns the events that were not delivered
 */
export async function deliver<T extends Outgoing>(outgoing: readonly T[], delivery: Delivery): Promise<T[]> {
  const undelivered: T[] = [];
  let waiting = [...outgoing];
  while (waiting.length > 0) {
    const batch = selectFirstOfEachUser(waiting).slice(0, maxEntries);
    waiting = waiting.filter((one) => !batch.includes(one));
    for (const refused of await putBatch(batch, delivery)) {
      if (await deliverAlone(refused, delivery)) continue;
      const isHeldBack = (one: T) => one.userId === refused.userId;
      undelivered.push(refused, ...waiting.filter(isHeldBack));
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

/** Puts events on the bus in one call, and returns those that were refused. */
async function putBatch<T extends Outgoing>(batch: readonly T[], delivery: Delivery): Promise<T[]> {
  if (delivery.timeLeft() < timeOfCall) return [...batch];
  const refusals = await delivery.bus.put(batch.map(({ entry }) => entry));
  return batch.filter((_one, i) => !countResult(refusals[i], delivery));
}

/**
 * Retries one event.
 *
 * @returns whether it reached the bus or the dead-letter queue
 */
async function deliverAlone({ record, entry, isLastChance }: Outgoing, delivery: Delivery): Promise<boolean> {
  const retries = isLastChance ? lastRetries : maxRetries;
  for (let retry = 1; retry <= retries; retry++) {
    if (delivery.timeLeft() < timeOfCall) return false;
    await delivery.wait(firstPause * 2 ** (retry - 1) * Math.random());
    const [refusal] = await delivery.bus.put([entry]);
    if (countResult(refusal, delivery)) return true;
    if (refusal.isPermanent || (isLastChance && retry === retries))
      return tryDeadLetterQueue({ reason: refusal.code, record, entry }, delivery);
  }
  return false;
}

/** Counts an event as published or refused, and returns whether it was published. */
function countResult(refusal: Refusal | undefined, { count, onRefusal }: Delivery): refusal is undefined {
  count(refusal === undefined ? 'EventPublished' : 'EventRefused');
  if (refusal !== undefined) onRefusal(refusal.code);
  return refusal === undefined;
}

/**
 * Sends a message to the dead-letter queue, if there is time left for the call.
 *
 * @returns whether the queue has accepted the message
 */
export async function tryDeadLetterQueue(letter: DeadLetter, delivery: Delivery): Promise<boolean> {
  if (delivery.timeLeft() < timeOfCall) return false;
  try {
    await delivery.sendToDeadLetterQueue(letter);
    delivery.count('EventSetAside');
    return true;
  } catch (error) {
    delivery.reportFault('An event could be sent neither to the bus nor to the dead-letter queue', error);
    return false;
  }
}

// Brings events to the bus: in order for each user, what was refused again one by one, poison to the dead letters.

/** An event as the bus takes it (EventBridge, `PutEventsRequestEntry`). */
export interface BusEntry {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  /** JSON. */
  readonly Detail: string;
  readonly Time: Date;
}

/** Why the bus did not take an event. */
export interface Refusal {
  /** The bus's own word for it. */
  readonly code: string;
  /** The event itself is at fault, so that no retry will help. */
  readonly isPermanent: boolean;
}

export interface EventBus {
  /**
   * Puts at most ten events on the bus in one call.
   *
   * @returns for each event in turn its refusal, or `undefined` where it was taken; it never throws
   */
  put(entries: readonly BusEntry[]): Promise<readonly (Refusal | undefined)[]>;
}

/** Where to find the record that an event was made of, or should have been. */
export interface RecordPointer {
  readonly userId: string | undefined;
  /** On the table's stream. */
  readonly sequenceNumber: string | undefined;
}

/** What cannot be published, for people to look at. */
export interface DeadLetter {
  readonly reason: string;
  readonly record: RecordPointer;
  /** The whole event, where there is one. */
  readonly entry?: BusEntry;
}

export interface Delivery {
  readonly bus: EventBus;
  /** Keeps what cannot be published; throws where it cannot be kept. */
  readonly sendToDeadLetterQueue: (letter: DeadLetter) => Promise<void>;
  /** Counts an occurrence. */
  readonly count: (metric: 'EventPublished' | 'EventRefused' | 'EventSetAside') => unknown;
  readonly reportFault: (message: string, fault: unknown) => void;
  /** Resolves after some milliseconds. */
  readonly wait: (milliseconds: number) => Promise<unknown>;
  /** Milliseconds until the function is cut off. */
  readonly timeLeft: () => number;
}

/** An event on its way. Those of one user are published in the order of their writes. */
export interface Outgoing {
  readonly userId: string;
  readonly record: RecordPointer;
  readonly entry: BusEntry;
}

/** As many as `PutEvents` takes. */
const maxEntries = 10;
/** How often an event is put on its own after it was refused together with others. */
const maxRetries = 4;
const firstPause = 100;
/** Milliseconds that one more call needs, of bus or queue; with less the rest is left to the next invocation. */
const timeOfAttempt = 4_000;

/**
 * Delivers events, all of which have been published or set aside afterwards but for those that are returned. A user's
 * later events are held back while an earlier one is undelivered, other users' are not.
 *
 * @param outgoing - in the order of their writes
 */
export async function deliver<T extends Outgoing>(outgoing: readonly T[], delivery: Delivery): Promise<T[]> {
  const undelivered: T[] = [];
  let waiting = [...outgoing];
  while (waiting.length > 0) {
    const together = firstOfEachUser(waiting).slice(0, maxEntries);
    waiting = waiting.filter((one) => !together.includes(one));
    for (const refused of await refusedOf(together, delivery)) {
      if (await deliverAlone(refused, delivery)) continue;
      const isHeldBack = (one: T) => one.userId === refused.userId;
      undelivered.push(refused, ...waiting.filter(isHeldBack));
      waiting = waiting.filter((one) => !isHeldBack(one));
    }
  }
  return undelivered;
}

function firstOfEachUser<T extends Outgoing>(outgoing: readonly T[]): T[] {
  const firsts = new Map<string, T>();
  for (const one of outgoing) if (!firsts.has(one.userId)) firsts.set(one.userId, one);
  return [...firsts.values()];
}

async function refusedOf<T extends Outgoing>(together: readonly T[], delivery: Delivery): Promise<T[]> {
  if (delivery.timeLeft() < timeOfAttempt) return [...together];
  const refusals = await delivery.bus.put(together.map(({ entry }) => entry));
  return together.filter((_one, i) => !isTaken(refusals[i], delivery));
}

/** Tries one event until it is taken, set aside, or given up for now, which it tells by `false`. */
async function deliverAlone({ record, entry }: Outgoing, delivery: Delivery): Promise<boolean> {
  for (let retry = 0; retry < maxRetries; retry++) {
    if (delivery.timeLeft() < timeOfAttempt) return false;
    await delivery.wait(firstPause * 2 ** retry * Math.random());
    const [refusal] = await delivery.bus.put([entry]);
    if (isTaken(refusal, delivery)) return true;
    if (refusal.isPermanent) return keep({ reason: refusal.code, record, entry }, delivery);
  }
  return false;
}

function isTaken(refusal: Refusal | undefined, { count }: Delivery): refusal is undefined {
  count(refusal === undefined ? 'EventPublished' : 'EventRefused');
  return refusal === undefined;
}

/**
 * Sets a letter aside.
 *
 * @returns whether it is safe there; without a try where the time left might not be enough for it
 */
export async function keep(letter: DeadLetter, delivery: Delivery): Promise<boolean> {
  if (delivery.timeLeft() < timeOfAttempt) return false;
  try {
    await delivery.sendToDeadLetterQueue(letter);
    delivery.count('EventSetAside');
    return true;
  } catch (error) {
    delivery.reportFault('An event could neither be published nor set aside', error);
    return false;
  }
}

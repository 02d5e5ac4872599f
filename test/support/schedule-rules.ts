// What must hold in every schedule: each call that lands does to the item what it does to the model, and its participant is
// told so; and some properties of the whole past, which need neither model nor item.
import { isDeepStrictEqual } from 'node:util';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import type { Answer, Landing, Rules, State, Step } from './every-schedule.ts';
import { applyUpdate, type Item } from './memory-table.ts';
import { type Call, type Participant, type Reset, rightPin, settle } from './participants.ts';
import { createUserModel, type ModelItem, toModelItem } from './user-model.ts';

/** A state of the item. Equal ones are the same object. */
export interface Snapshot {
  readonly id: number;
  readonly item: Item | undefined;
}

/** What was before the schedule. */
export interface Start {
  readonly item: Item | undefined;
  /** PINs that may have been checked since the count began. */
  readonly checked?: readonly string[];
  /** The reset that the item is from. */
  readonly reset?: Reset;
}

interface JudgedLanding extends Landing<Snapshot> {
  /** What the model returns. */
  readonly expected: string;
  readonly isReset: boolean;
  /** Whether the attempts are counted from none again. */
  readonly isNewCount: boolean;
}

const snapshots = new Map<string, Snapshot>();
const answers = new Map<string, Answer>();
const landings = new Map<Snapshot, Map<string, JudgedLanding>>();

export function toSnapshot(item: Item | undefined): Snapshot {
  return intern(snapshots, toText(item), { id: snapshots.size, item });
}

function intern<T>(known: Map<string, T>, key: string, value: T): T {
  if (!known.has(key)) known.set(key, value);
  return known.get(key) as T;
}

/** The attributes in a fixed order. */
function toText(item: Item | undefined): string {
  return item === undefined ? 'none' : JSON.stringify(Object.entries(item).sort());
}

async function sendToMemory(before: Snapshot, { input }: Call): Promise<Landing<Snapshot>> {
  if (input === undefined)
    return { item: toSnapshot(undefined), answer: intern(answers, 'deleted', { output: {} }) };
  try {
    const { item, Attributes } = applyUpdate(before.item, input);
    const answer = intern(answers, `done ${toText(Attributes)}`, { output: { Attributes } });
    return { item: toSnapshot(item), answer };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return { item: before, answer: intern(answers, `failed ${toText(error.Item)}`, { error }) };
  }
}

/** Of the SDK's repetition of a reset that has landed: the model knows no calls that are sent twice. */
const answersToRepetition: Readonly<Record<string, string>> = {
  resetWithoutPin: '{"paymentMethodsCleared":0}',
  resetWithPin: 'done',
};

async function landAndCompare(before: Snapshot, call: Call): Promise<JudgedLanding> {
  const model = createUserModel(toModelItem(before.item));
  const { summary } = await settle(() => call.onModel(model));
  const isRepetition = before.item?.lastReset?.M?.id?.S === call.by;
  const expected = (isRepetition && answersToRepetition[call.method]) || summary;
  const { item, answer } = await sendToMemory(before, call);
  const found = toModelItem(item.item);
  if (!isDeepStrictEqual(found, model.item)) {
    const differing = [...findDifferences(found, model.item), 'id', 'token', 'pinVerified', 'password'];
    const [real, ideal] = [found, model.item].map((one) => JSON.stringify(one, differing));
    throw new Error(`${call.by}'s ${call.method} makes ${real}, and not ${ideal}`);
  }
  const isDone = item !== before;
  return {
    item,
    answer,
    expected,
    isReset: isDone && call.method in answersToRepetition,
    isNewCount: isDone && (call.method === 'resetWithPin' || call.method === 'replace PIN'),
  };
}

/** The names of the attributes in which two items differ. */
function findDifferences(one: ModelItem | undefined, other: ModelItem | undefined): string[] {
  const names = Object.keys({ ...one, ...other }) as (keyof ModelItem)[];
  return names.filter((name) => !isDeepStrictEqual(one?.[name], other?.[name]));
}

/** Lets a call land, which always has the same effect on the same item. */
function land(before: Snapshot, call: Call): JudgedLanding | Promise<JudgedLanding> {
  const known = landings.get(before) ?? new Map<string, JudgedLanding>();
  landings.set(before, known);
  return (
    known.get(call.key) ?? landAndCompare(before, call).then((landing) => intern(known, call.key, landing))
  );
}

/** Bits of the notes: participants that have reset. Those behind them are the PINs that were checked. */
const resetBits = 3;
const pinsOfBits: string[] = [];
function bitOf(pin: string): number {
  if (!pinsOfBits.includes(pin)) pinsOfBits.push(pin);
  return 1 << (resetBits + pinsOfBits.indexOf(pin));
}

export function notesAtStart({ checked = [] }: Start): number {
  return checked.reduce((notes, pin) => notes | bitOf(pin), 0);
}

/** The rules for these participants, at most three. */
export function createRules(participants: readonly Participant[], before: Start): Rules<Snapshot, Call> {
  const isPinReplaced = participants.some((one) => 'write' in one && one.write === 'replace PIN');
  const hasReset = (notes: number, by: number) => (notes & (1 << by)) !== 0;

  function noteLanding(notes: number, by: number, { isReset, isNewCount }: JudgedLanding): number {
    const { token } = participants[by] as Reset;
    const isTwice =
      before.reset?.token === token ||
      participants.some((other, index) => hasReset(notes, index) && other.token === token);
    if (isReset && isTwice) throw new Error('a token resets twice');
    const kept = isNewCount ? notes & ((1 << resetBits) - 1) : notes;
    return isReset ? kept | (1 << by) : kept;
  }

  function noteAttempt(notes: number, pin: string | undefined): number {
    const after = notes | bitOf(pin ?? '');
    const count = pinsOfBits.filter((one) => (after & bitOf(one)) !== 0).length;
    if (count > 3) throw new Error('more than three PINs are checked');
    return after;
  }

  function checkEnding(notes: number, by: number, ending: string): void {
    const one = participants[by] as Reset;
    const isRepetition =
      (before.reset !== undefined && isSame(before.reset, one)) ||
      participants.some((other, index) => hasReset(notes, index) && isSame(other, one));
    const isRight = one.pin === undefined || one.pin === rightPin || isPinReplaced;
    const problems: Readonly<Record<string, Record<string, boolean>>> = {
      reset: {
        'a reset is confirmed and not done': !hasReset(notes, by),
        'a wrong PIN resets': !isRight,
      },
      replayed: { 'a repetition of nothing is confirmed': !isRepetition },
      'recovery-pin-mismatch': { 'the right PIN is refused': one.pin === rightPin && !isPinReplaced },
    };
    for (const [problem, isFound] of Object.entries(problems[ending] ?? {})) {
      if (isFound) throw new Error(problem);
    }
  }

  function noteAnswer(notes: number, { by, call, heard, ...step }: Step<Snapshot, Call>): number {
    const { result = '', ending } = heard ?? {};
    const expected = (step.landing as JudgedLanding | undefined)?.expected ?? result;
    if (result !== expected) throw new Error(`${call.method} returns ${result}, and not ${expected}`);
    const isChecked = call.method === 'reserveAttempt' && result.startsWith('{');
    const after = isChecked ? noteAttempt(notes, (participants[by] as Reset).pin) : notes;
    if (ending !== undefined) checkEnding(after, by, ending);
    return after;
  }

  function check({ notes }: State<Snapshot, Call>, step: Step<Snapshot, Call>): number {
    const landing = step.landing as JudgedLanding | undefined;
    const after = landing === undefined ? notes : noteLanding(notes, step.by, landing);
    // Nothing is asked of what other writers are told.
    return step.heard?.result === undefined ? after : noteAnswer(after, step);
  }

  return { land, check };
}

/** Whether a request is the other one again, as the service understands it: it does not compare the digits of PINs. */
function isSame(other: Participant, one: Reset): boolean {
  return (
    !('write' in other) &&
    other.token === one.token &&
    other.password === one.password &&
    (other.pin === undefined) === (one.pin === undefined)
  );
}

// Every order in which the calls of two or three participants can reach a user's item, with calls that are lost, doubled,
// late or answered in vain. Use case and conditions are the real ones. The item is in memory, and compared with the model.
// docs/reliability.md says what is tried, and what is not.
import type { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { toItem } from '../../../infra/users/user-item.ts';
import { createPinVerifier, digestAttempt } from '../../../lambda/reset/domain/recovery-pin.ts';
import {
  createPosition,
  exploreSchedules,
  FailedSchedule,
  type Position,
  type Step,
} from '../../support/every-schedule.ts';
import { scaled, scaledTimeout } from '../../support/generated-cases.ts';
import type { Item } from '../../support/memory-table.ts';
import {
  type Call,
  nextPin,
  type Participant,
  peppersOf,
  type Reset,
  rightPin,
  runParticipant,
  start,
  type Token,
  userId,
  type Writer,
} from '../../support/participants.ts';
import { replaceInCrypto, useQuickArgon2 } from '../../support/replaced-crypto.ts';
import {
  createRules,
  notesAtStart,
  type Snapshot,
  type Start,
  toSnapshot,
} from '../../support/schedule-rules.ts';

useQuickArgon2();

/** A participant's salts are the same whenever it is run, and different from those of the others. */
const salt = { of: '?' };
replaceInCrypto({ randomBytes: ((size: number) => Buffer.alloc(size, salt.of)) as typeof randomBytes });

/** Tried before the schedule already, at some starts, and in it. */
const triedPin = '1000';
/** A wrong PIN that only participants try, as they do `nextPin`. */
const newPin = '1001';

const starts = await createStarts();

async function createStarts(): Promise<Readonly<Record<string, Start>>> {
  const fresh = await toItem(
    { userId, password: 'old', pin: rightPin, paymentMethods: { visa: {} } },
    peppersOf.k1,
  );
  const { pinVerifier: _, ...withoutPin } = fresh;
  const pinVerifier = { S: await createPinVerifier(peppersOf.k2, userId, rightPin) };
  const pinLock = { M: { id: { S: 'earlier' } } };
  function tried(pins: readonly string[], pepper: keyof typeof peppersOf = 'k1') {
    return { pinGuesses: { SS: pins.map((pin) => digestAttempt(peppersOf[pepper], userId, pin)).sort() } };
  }
  function withAttempts(...pins: string[]): Start {
    return { item: { ...fresh, ...tried(pins) }, checked: pins };
  }
  function after(reset: Reset): Start {
    const { token, pin, password } = reset;
    const M = {
      id: { S: 'earlier' },
      token: { S: token },
      pinVerified: { BOOL: pin !== undefined },
      ...(password && { password: { S: `${password} by ${token}` } }),
    };
    return { item: { ...fresh, tokensValidFrom: { N: String(start + 1) }, lastReset: { M } }, reset };
  }
  const three = [triedPin, '2000', '2001'];
  return {
    'no attempts': { item: fresh },
    'one attempt': withAttempts(triedPin),
    'two attempts': withAttempts(triedPin, '2000'),
    'three attempts': withAttempts(...three),
    'three attempts, marked': { item: { ...fresh, ...tried(three), pinLock }, checked: three },
    'the right PIN and two attempts': withAttempts(triedPin, '2000', rightPin),
    'an attempt under the next pepper': {
      item: { ...fresh, ...tried([triedPin], 'k2') },
      checked: [triedPin],
    },
    'a verifier of the next pepper': { item: { ...fresh, pinVerifier } },
    'no PIN': { item: withoutPin },
    disabled: { item: { ...fresh, status: { S: 'disabled' } } },
    missing: { item: undefined },
    'after a reset without a PIN': after({ token: 'early' }),
    'after a reset with a PIN': after({ token: 'early', pin: rightPin }),
    'after a reset to a password': after({ token: 'early', password: 'first' }),
    'after a reset by another token': after({ token: 'as early' }),
  };
}

const tokens: readonly Token[] = ['early', 'as early', 'just valid', 'later'];
const wrongPins = [triedPin, nextPin, newPin];
const peppers = ['k1', 'k2'] as const;
const clocks = [false, true];

/** What a participant can be: a request with every token, PIN, password, pepper and clock, or a write with every token. */
const all: readonly Participant[] = [
  ...tokens.flatMap((token) =>
    [undefined, 'first', 'second'].flatMap((password): Reset[] => [
      ...clocks.map((isSlow) => ({ token, password, isSlow })),
      ...peppers.flatMap((pepper) =>
        clocks.map((isSlow) => ({ token, password, pin: rightPin, pepper, isSlow })),
      ),
      ...peppers.flatMap((pepper) => wrongPins.map((pin) => ({ token, password, pin, pepper }))),
    ]),
  ),
  ...tokens.flatMap((token): Writer[] => [
    { token, write: 'replace PIN' },
    { token, write: 'add payment method' },
  ]),
  { token: 'early', write: 'disable' },
  { token: 'early', write: 'delete' },
];

/** A choice without new passwords, and with those tokens, PINs, peppers and clocks that change what a request does. */
const few: readonly Participant[] = [
  { token: 'early' },
  { token: 'early', pin: rightPin },
  { token: 'early', pin: triedPin },
  ...clocks.map((isSlow): Reset => ({ token: 'just valid', isSlow })),
  ...clocks.map((isSlow): Reset => ({ token: 'just valid', pin: rightPin, isSlow })),
  { token: 'just valid', pin: rightPin, pepper: 'k2' },
  ...wrongPins.map((pin): Reset => ({ token: 'just valid', pin })),
  { token: 'just valid', write: 'replace PIN' },
  { token: 'just valid', write: 'add payment method' },
  { token: 'just valid', write: 'disable' },
  { token: 'just valid', write: 'delete' },
];

const fewest: readonly Participant[] = [
  { token: 'early' },
  { token: 'early', pin: rightPin },
  { token: 'early', pin: triedPin },
  { token: 'just valid' },
  { token: 'just valid', pin: rightPin },
];

/** Lists the ways to choose some participants, whose order does not matter. */
function choose(from: readonly Participant[], count: number): Participant[][] {
  if (count === 0) return [[]];
  return from.flatMap((one, index) => choose(from.slice(index), count - 1).map((others) => [one, ...others]));
}

/** Leaves out choices without a request, and those that equal another one if two names are swapped. */
function isDistinct(chosen: readonly Participant[]): boolean {
  const values = new Set<unknown>(chosen.flatMap((one) => Object.values(one)));
  const has = (one: string, other: string) => values.has(other) || !values.has(one);
  return (
    chosen.some((one) => !('write' in one)) &&
    has('as early', 'early') &&
    has('second', 'first') &&
    has(newPin, nextPin)
  );
}

interface Schedule {
  readonly start: string;
  readonly participants: readonly Participant[];
  /** Labels of the steps. */
  readonly steps?: readonly string[];
}

const positions = new Map<string, Promise<Position<Call>>>();
let runs = 0;

function positionOf(one: Participant, index: number): Promise<Position<Call>> {
  const name = String.fromCharCode(65 + index);
  const key = name + JSON.stringify(one);
  const known = positions.get(key);
  if (known !== undefined) return known;
  const position = createPosition((heard) => {
    runs++;
    salt.of = name;
    return runParticipant(one, name, heard);
  });
  positions.set(key, position);
  return position;
}

async function explore({ start, participants, steps }: Schedule, faults: number) {
  const before = starts[start] as Start;
  const first = {
    item: toSnapshot(before.item),
    positions: await Promise.all(participants.map(positionOf)),
    notes: notesAtStart(before),
  };
  return exploreSchedules(createRules(participants, before), first, faults, steps);
}

const meanings: Readonly<Record<string, string>> = {
  '': 'lands and is answered',
  '?': 'lands, its answer is lost, and the SDK sends it again',
  '+': 'lands and is answered, and a copy of it is still under way',
  '!': 'is lost, and the client gives up',
  '~': 'is still under way, and the client gives up',
};

/** Writes a schedule for people. */
function print({ start, participants }: Schedule, steps: readonly Step<Snapshot, Call>[]): string {
  const lines = participants.map(
    (one, index) => `${String.fromCharCode(65 + index)} is ${JSON.stringify(one)}`,
  );
  let item = (starts[start] as Start).item;
  for (const { label, call, landing, heard } of steps) {
    const sign = label.slice(1);
    lines.push(`${label}: ${call.by}'s ${call.method} ${meanings[sign] ?? 'lands late'}`);
    if (heard?.result !== undefined) lines.push(`      it returns ${heard.result}`);
    if (heard?.ending !== undefined) lines.push(`      ${call.by} ends: ${heard.ending}`);
    const now = landing === undefined ? item : landing.item.item;
    lines.push(...listChanges(item ?? {}, now ?? {}));
    item = now;
  }
  return [`Start: ${start}`, ...lines].join('\n');
}

function listChanges(old: Item, now: Item): string[] {
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  return names
    .filter((name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]))
    .map((name) => `      ${name} is now ${JSON.stringify(now[name])}`);
}

/** Tries every schedule of these participants at each start, or only the one in the variable SCHEDULE. */
async function tryAll(choices: readonly (readonly Participant[])[], faults: number) {
  const total = { cases: 0, schedules: 0, states: 0 };
  const one = process.env.SCHEDULE;
  const cases =
    one === undefined
      ? choices.flatMap((participants) =>
          Object.keys(starts).map((start): Schedule => ({ start, participants })),
        )
      : [JSON.parse(one) as Schedule];
  for (const schedule of cases) {
    try {
      const { schedules, states, last } = await explore(schedule, schedule.steps?.length ?? faults);
      total.cases++;
      total.schedules += schedules;
      total.states += states;
      if (one !== undefined) console.log(print(schedule, last));
    } catch (error) {
      if (!(error instanceof FailedSchedule)) throw error;
      const steps = error.steps as Step<Snapshot, Call>[];
      const again = JSON.stringify({ ...schedule, steps: steps.map(({ label }) => label) });
      throw new Error(
        `${error.message}\n${print(schedule, steps)}\nOnly this one: SCHEDULE='${again}' npx vitest run test/unit/reset/schedules.test.ts`,
      );
    }
  }
  return total;
}

/** For larger bounds: how many more faults there may be than usual. */
const moreFaults = Number(process.env.SCHEDULE_MORE_FAULTS ?? 0);

it.each([
  ['two participants', scaled(few, all), 2, scaled(1, 2)],
  ['three participants', scaled(fewest, few), 3, scaled(0, 1)],
] as const)(
  '%s agree with the model in every schedule',
  { timeout: scaledTimeout },
  async (name, from, count, faults) => {
    const total = await tryAll(choose(from, count).filter(isDistinct), faults + moreFaults);
    console.log(`${name}: ${JSON.stringify({ ...total, runs, faults: faults + moreFaults })}`);
    expect(total.schedules).toBeGreaterThanOrEqual(1);
  },
);

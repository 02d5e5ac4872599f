// Tries every order in which the calls of a few participants can reach one item of a table, with faults between them and
// the table. What a participant does next depends only on the answers that it has heard. So the real code runs once for
// each history of answers, and schedules that lead to the same state are followed from there together.

/** What a participant hears of a call. Equal answers must be the same object. */
export type Answer = { readonly output: unknown } | { readonly error: unknown };

/** The answer if the client gives up. */
export const givenUp = { error: new Error('No answer from the table') };

/** What a participant does after the answers that it has heard: either its next call, or its end. */
export interface Move<C> {
  readonly call?: C;
  readonly ending?: string;
  /** What its code has made of the last answer. */
  readonly result?: string | undefined;
}

/** A participant after certain answers. */
export interface Position<C> extends Move<C> {
  readonly id: number;
  /** Its position after one more answer. */
  hear(answer: Answer): Position<C> | Promise<Position<C>>;
}

/**
 * Puts a participant at its start.
 *
 * @param run - runs it from the start with these answers until its next call or its end; must always do the same
 */
export async function createPosition<C>(
  run: (heard: readonly Answer[]) => Promise<Move<C>>,
): Promise<Position<C>> {
  let count = 0;
  async function create(heard: readonly Answer[]): Promise<Position<C>> {
    const next = new Map<Answer, Position<C>>();
    async function add(answer: Answer): Promise<Position<C>> {
      const position = await create([...heard, answer]);
      next.set(answer, position);
      return position;
    }
    return { ...(await run(heard)), id: count++, hear: (answer) => next.get(answer) ?? add(answer) };
  }
  return create([]);
}

/** What a call does when it lands on the item. */
export interface Landing<I> {
  readonly item: I;
  readonly answer: Answer;
}

/** One step of a schedule. */
export interface Step<I, C> {
  /** Such as `A` for the first participant; `exploreSchedules` explains the signs behind it. */
  readonly label: string;
  /** The participant's place in the list. */
  readonly by: number;
  readonly call: C;
  /** Missing if the call does not land in this step. */
  readonly landing?: Landing<I>;
  /** The participant's position after the answer; missing if it hears none. */
  readonly heard?: Position<C>;
  /** What is under way after the step. */
  readonly copies: readonly Copy<C>[];
}

/** A call that is under way, and whose answer nobody awaits. */
interface Copy<C> {
  readonly by: number;
  readonly position: number;
  readonly call: C;
}

export interface State<I, C> {
  readonly item: I;
  readonly positions: readonly Position<C>[];
  readonly copies: readonly Copy<C>[];
  /** How many more faults there may be. */
  readonly faults: number;
  /** What the checks need to know of the past. */
  readonly notes: number;
}

/** A state, in how many ways it is reached, and the shortest one. */
interface Reached<I, C> extends State<I, C> {
  ways: number;
  readonly last?: { readonly state: Reached<I, C>; readonly step: Step<I, C> };
}

export interface Rules<I, C> {
  /** Lets a call land on an item. */
  land(item: I, call: C): Landing<I> | Promise<Landing<I>>;
  /**
   * Checks a step.
   *
   * @returns the notes after it
   * @throws if something is wrong
   */
  check(state: State<I, C>, step: Step<I, C>): number;
}

/** A check has failed; `steps` lead there. */
export class FailedSchedule extends Error {
  readonly steps: readonly Step<unknown, unknown>[];
  constructor(steps: readonly Step<unknown, unknown>[], cause: unknown) {
    super(String(cause), { cause });
    this.steps = steps;
  }
}

/**
 * Tries every schedule. Labels of the steps of the first participant:
 * - `A`: its call lands and is answered;
 * - `A?`: its call lands, the answer is lost, and the SDK sends the call again;
 * - `A+`: its call lands and is answered, and a copy of it that the SDK gave up is still under way;
 * - `A!`: its call is lost, and the client gives up;
 * - `A~`: the client gives up, and the call is still under way;
 * - `a1`: the first of all calls that are under way, which is one of its calls, lands.
 *
 * @param faults - how many there may be; each of `?`, `+`, `!` and `~` is one
 * @param only - the labels of the one schedule to follow; every one is followed without it
 * @returns the number of schedules, of different states, and the steps to the last state
 * @throws FailedSchedule for a shortest schedule in which a check fails
 */
export async function exploreSchedules<I extends { readonly id: number }, C>(
  rules: Rules<I, C>,
  start: Pick<State<I, C>, 'item' | 'positions' | 'notes'>,
  faults: number,
  only?: readonly string[],
) {
  const result = { schedules: 0, states: 0, last: [] as readonly Step<I, C>[] };
  let layer: readonly Reached<I, C>[] = [{ ...start, copies: [], faults, ways: 1 }];
  for (let depth = 0; layer.length > 0; depth++) {
    const next = new Map<string, Reached<I, C>>();
    const ended: Reached<I, C>[] = [];
    for (const state of layer) {
      const after = await expand(rules, state, only && (only[depth] ?? ''));
      if (after.length === 0) ended.push(state);
      for (const one of after) merge(next, one);
    }
    result.states += layer.length;
    result.schedules += ended.reduce((sum, { ways }) => sum + ways, 0);
    result.last = ended.slice(0, 1).flatMap(listPast);
    layer = [...next.values()];
  }
  return result;
}

/** Lists the states after one more step, or only after the one with this label. */
async function expand<I, C>(
  rules: Rules<I, C>,
  state: Reached<I, C>,
  label: string | undefined,
): Promise<Reached<I, C>[]> {
  const steps = await listSteps(rules, state).catch((error) => fail(listPast(state), error));
  const wanted = label === undefined ? steps : steps.filter((step) => step.label === label);
  return wanted.map((step) => follow(rules, state, step));
}

/** Adds a state, or the ways to it if it is there already. */
function merge<I extends { readonly id: number }, C>(
  states: Map<string, Reached<I, C>>,
  state: Reached<I, C>,
): void {
  const key = keyOf(state);
  const known = states.get(key);
  if (known === undefined) states.set(key, state);
  else known.ways += state.ways;
}

function keyOf({ item, positions, copies, faults, notes }: State<{ readonly id: number }, unknown>): string {
  let key = `${item.id} ${faults} ${notes}`;
  for (const { id, call } of positions) key += call === undefined ? ' -' : ` ${id}`;
  for (const { by, position } of copies) key += `,${by} ${position}`;
  return key;
}

async function listSteps<I, C>(rules: Rules<I, C>, state: State<I, C>): Promise<Step<I, C>[]> {
  const steps: Step<I, C>[] = [];
  for (const [by, position] of state.positions.entries()) {
    const { call } = position;
    if (call === undefined) continue;
    const { copies } = state;
    const label = String.fromCharCode(65 + by);
    // To await what is there already would take most of the time.
    const landed = rules.land(state.item, call);
    const landing = landed instanceof Promise ? await landed : landed;
    const answered = position.hear(landing.answer);
    const heard = answered instanceof Promise ? await answered : answered;
    steps.push({ label, by, call, landing, heard, copies });
    if (state.faults === 0) continue;
    const more = [...copies, { by, position: position.id, call }].sort(compareCopies);
    const failed = await position.hear(givenUp);
    steps.push(
      { label: `${label}?`, by, call, landing, copies },
      { label: `${label}+`, by, call, landing, heard, copies: more },
      { label: `${label}!`, by, call, heard: failed, copies },
      { label: `${label}~`, by, call, heard: failed, copies: more },
    );
  }
  return [...steps, ...(await listLateSteps(rules, state))];
}

/** Lists the steps in which a copy lands; two of the same call are the same step. */
function listLateSteps<I, C>(rules: Rules<I, C>, { item, copies }: State<I, C>): Promise<Step<I, C>[]> {
  const different = [...copies.entries()].filter(([index, { call }]) => copies[index - 1]?.call !== call);
  return Promise.all(
    different.map(async ([index, { by, call }]) => {
      const label = `${String.fromCharCode(97 + by)}${index + 1}`;
      return { label, by, call, landing: await rules.land(item, call), copies: copies.toSpliced(index, 1) };
    }),
  );
}

function compareCopies(one: Copy<unknown>, other: Copy<unknown>): number {
  return one.by - other.by || one.position - other.position;
}

function follow<I, C>(rules: Rules<I, C>, state: Reached<I, C>, step: Step<I, C>): Reached<I, C> {
  const { by, landing, heard, copies, label } = step;
  const positions = heard === undefined ? state.positions : state.positions.with(by, heard);
  const faults = /[?+!~]/.test(label) ? state.faults - 1 : state.faults;
  try {
    const notes = rules.check(state, step);
    const item = landing?.item ?? state.item;
    return { item, positions, copies, faults, notes, ways: state.ways, last: { state, step } };
  } catch (error) {
    return fail([...listPast(state), step], error);
  }
}

function fail(steps: readonly Step<unknown, unknown>[], error: unknown): never {
  throw new FailedSchedule(steps, error);
}

function listPast<I, C>(state: Reached<I, C>): Step<I, C>[] {
  return state.last === undefined ? [] : [...listPast(state.last.state), state.last.step];
}

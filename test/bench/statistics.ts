// Medians and quartiles of measurements on a noisy machine.

export interface Summary {
  readonly median: number;
  /** The first and the third quartile. */
  readonly quartiles: readonly [number, number];
  readonly count: number;
}

/** Summarizes measured values, at least one. */
export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round((sorted.length - 1) * share)] as number;
  return { median: at(0.5), quartiles: [at(0.25), at(0.75)], count: values.length };
}

/** Summarizes the ratios of values from the same rounds, so that a disturbance of a round affects both. */
export function summarizeRatio(values: readonly number[], of: readonly number[]): Summary {
  return summarize(values.map((value, round) => value / (of[round] as number)));
}

/**
 * Measures subjects in turn, round after round, and starts each round with another one. Runs twice as many rounds and
 * keeps the fastest half: other load on the machine comes in bursts, and a burst during one subject makes its whole
 * round slower.
 *
 * @param subjects - name -> measures once
 * @param rounds - the number of rounds to keep
 * @param onRound - called before each round with its number, from 1, and the number of all rounds
 * @returns name -> one value per round
 */
export async function interleave<Name extends string, T>(
  subjects: Readonly<Record<Name, () => Promise<T>>>,
  rounds: number,
  onRound: (round: number, of: number) => void,
): Promise<Record<Name, T[]>> {
  const names = Object.keys(subjects) as Name[];
  const run: { readonly duration: number; readonly values: Record<Name, T> }[] = [];
  for (let round = 1; round <= 2 * rounds; round++) {
    onRound(round, 2 * rounds);
    const values = {} as Record<Name, T>;
    const started = performance.now();
    for (let i = 0; i < names.length; i++) {
      const name = names[(round + i) % names.length] as Name;
      values[name] = await subjects[name]();
    }
    run.push({ duration: performance.now() - started, values });
  }
  const fastest = run.sort((a, b) => a.duration - b.duration).slice(0, rounds);
  const valuesOf = (name: Name) => fastest.map(({ values }) => values[name]);
  return Object.fromEntries(names.map((name) => [name, valuesOf(name)])) as Record<Name, T[]>;
}

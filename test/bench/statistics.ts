// Medians and spreads: what noisy machines leave to say.

export interface Summary {
  readonly median: number;
  /** Half of the values lie between these two. */
  readonly quartiles: readonly [number, number];
  readonly count: number;
}

/** Sums up measured values, of which there is at least one. */
export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round((sorted.length - 1) * share)] as number;
  return { median: at(0.5), quartiles: [at(0.25), at(0.75)], count: values.length };
}

/** Ratios of values that were measured in the same rounds, so that what disturbed a round disturbed both. */
export function summarizeRatio(values: readonly number[], of: readonly number[]): Summary {
  return summarize(values.map((value, round) => value / (of[round] as number)));
}

/**
 * Measures subjects in turn, round after round, beginning each round with another one. Twice as many rounds are run as
 * are wanted, and those are kept that took the least time: what else a machine does comes in gusts, and a gust that hits
 * one subject of a round makes the whole round longer.
 *
 * @param subjects - name -> measures once
 * @param rounds - how many are kept
 * @param onRound - called before each round with its number, from 1, and how many there will be
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
  const calm = run.sort((a, b) => a.duration - b.duration).slice(0, rounds);
  const valuesOf = (name: Name) => calm.map(({ values }) => values[name]);
  return Object.fromEntries(names.map((name) => [name, valuesOf(name)])) as Record<Name, T[]>;
}

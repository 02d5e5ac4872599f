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
 * Measures subjects in turn, round after round, beginning each round with another one.
 *
 * @param subjects - name -> measures once
 * @param onRound - called before each round, which count from 1
 * @returns name -> one value per round
 */
export async function interleave<Name extends string, T>(
  subjects: Readonly<Record<Name, () => Promise<T>>>,
  rounds: number,
  onRound: (round: number) => void,
): Promise<Record<Name, T[]>> {
  const names = Object.keys(subjects) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, [] as T[]])) as Record<Name, T[]>;
  for (let round = 1; round <= rounds; round++) {
    onRound(round);
    for (let i = 0; i < names.length; i++) {
      const name = names[(round + i) % names.length] as Name;
      values[name].push(await subjects[name]());
    }
  }
  return values;
}

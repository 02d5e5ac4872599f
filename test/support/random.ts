// Choices that depend on a seed only, so that a run, or one user of it, can be repeated.
import { createHash } from 'node:crypto';

export interface Random {
  /** A number of at least 0 and less than 1. */
  next(): number;
  pick<T>(list: readonly T[]): T;
  /** Picks a key; each is as likely as its weight. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K;
}

/** Makes a sequence of choices; the same seed always makes the same. */
export function createRandom(seed: string): Random {
  let drawn = 0;
  const next = () => createHash('sha256').update(`${seed} ${drawn++}`).digest().readUInt32BE() / 2 ** 32;
  return {
    next,
    pick: (list) => list[Math.floor(next() * list.length)] as (typeof list)[number],
    weighted(weights) {
      const entries = Object.entries<number>(weights) as [keyof typeof weights, number][];
      let left = next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [key, weight] of entries) {
        left -= weight;
        if (left < 0) return key;
      }
      return (entries.at(-1) as (typeof entries)[number])[0];
    },
  };
}

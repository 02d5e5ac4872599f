// What the function is held to, in one place: the benchmark's gate and the tests read it.

export interface Target {
  readonly what: string;
  readonly limit: number;
  /** Whether the figure has to be at most, or at least, the limit. */
  readonly bound: 'at most' | 'at least';
  readonly unit: '' | 'x' | 'bytes';
}

/** How far a target may be missed before `npm run bench -- --gate` fails. */
const tolerance = 0.15;

export const targets = {
  size: { what: 'code that every start loads', limit: 290_000, bound: 'at most', unit: 'bytes' },
  gzipped: { what: 'code that every start loads, gzipped', limit: 100_000, bound: 'at most', unit: 'bytes' },
  modules: { what: 'modules loaded in vain', limit: 0, bound: 'at most', unit: '' },
  callsRefused: { what: 'round trips, refused token', limit: 0, bound: 'at most', unit: '' },
  calls: { what: 'round trips, no PIN', limit: 1, bound: 'at most', unit: '' },
  callsPin: { what: 'round trips, PIN', limit: 2, bound: 'at most', unit: '' },
  init: { what: 'init, against an empty handler', limit: 2.5, bound: 'at most', unit: 'x' },
  coldDefaults: { what: "cold, faster than CDK's defaults", limit: 1.5, bound: 'at least', unit: 'x' },
  coldTutorial: { what: "cold, faster than the tutorial's", limit: 2, bound: 'at least', unit: 'x' },
  // Not the time until the answer: whether loading hides behind the network depends on how fast the machine is.
  coldCpu: { what: 'cold, processor time against the floor', limit: 2, bound: 'at most', unit: 'x' },
  warm: { what: 'warm CPU, against its floor', limit: 3.2, bound: 'at most', unit: 'x' },
  pin: { what: 'warm CPU with a PIN, against its floor', limit: 1.1, bound: 'at most', unit: 'x' },
} as const satisfies Record<string, Target>;

export type TargetName = keyof typeof targets;

export type Verdict = 'met' | 'within 15 %' | 'MISSED';

/** Judges a figure by its target. */
export function judge({ limit, bound }: Target, value: number): Verdict {
  const isMet = (slack: number) => (bound === 'at most' ? value <= limit * slack : value * slack >= limit);
  if (isMet(1)) return 'met';
  return isMet(1 + tolerance) ? 'within 15 %' : 'MISSED';
}

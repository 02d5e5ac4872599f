// How many cases a generated test runs: few in `npm test`, many in `npm run test:soak`.

/** Chooses what belongs to this run, such as a number of generated cases. */
export function scaled<T>(short: T, long: T): T {
  return process.env.LONG_RUN === '1' ? long : short;
}

/** Milliseconds that a generated test may take in this run. */
export const scaledTimeout = scaled(120_000, 3_600_000);

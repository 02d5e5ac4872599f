// How many cases a generated test runs: few in `npm test`, many in `npm run test:soak`.

/** The number of generated cases in this run. */
export function scaled(short: number, long: number): number {
  return process.env.LONG_RUN === '1' ? long : short;
}

/** Milliseconds that a generated test may take in this run. */
export const scaledTimeout = scaled(120_000, 3_600_000);

// How much a generated test generates: a little in `npm test`, a lot in `npm run test:soak`.

/** Number of generated cases for this run. */
export function scaled(short: number, long: number): number {
  return process.env.LONG_RUN === '1' ? long : short;
}

/** Milliseconds that a generated test may take in this run. */
export const scaledTimeout = scaled(30_000, 900_000);

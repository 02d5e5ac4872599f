// The function's environments on a laptop: each has one request at a time, and requests that find none free wait in line.

/**
 * Runs work in an environment of its own as soon as one is free, first come, first served.
 *
 * @param work - started when it is its turn
 * @param gone - aborted when nobody waits for the result any more; work that still waits then is never started
 * @returns the result of the work, `undefined` if it was not started
 */
export type Environments = <T>(work: () => Promise<T>, gone: AbortSignal) => Promise<T | undefined>;

/** The length of the line at which its growth is reported first, and then at each tenfold, until the line is empty. */
const firstReport = 10;

/**
 * Creates a fixed number of environments.
 *
 * @param count - how many run at the same time
 * @param onGrowth - called with the length of the line when it has reached 10, 100, 1,000 and so on
 */
export function createEnvironments(count: number, onGrowth: (waiting: number) => void): Environments {
  const line = new Set<() => void>();
  let free = count;
  let nextReport = firstReport;

  function waitForTurn(gone: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const leave = () => {
        line.delete(enter);
        resolve(false);
      };
      const enter = () => {
        line.delete(enter);
        resolve(true);
      };
      gone.addEventListener('abort', leave);
      line.add(enter);
      if (line.size < nextReport) return;
      onGrowth(line.size);
      nextReport *= 10;
    });
  }

  return async (work, gone) => {
    if (gone.aborted) return undefined;
    if (free > 0) free--;
    else if (!(await waitForTurn(gone))) return undefined;
    try {
      return await work();
    } finally {
      const [next] = line;
      if (next === undefined) free++;
      else next();
      if (line.size === 0) nextReport = firstReport;
    }
  };
}

// How long a computation takes, whatever else the machine does meanwhile.

/**
 * Runs a computation.
 *
 * @returns its result, and the time for which a processor worked on it, in milliseconds
 */
export function onProcessor<T>(compute: () => T): { result: T; milliseconds: number } {
  const before = process.threadCpuUsage();
  const result = compute();
  const { user, system } = process.threadCpuUsage(before);
  return { result, milliseconds: (user + system) / 1_000 };
}

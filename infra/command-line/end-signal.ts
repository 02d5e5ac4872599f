// What tells a program to end: a signal, or the end of the npm that runs it.
const { ppid } = process;

/**
 * Calls `end` with each signal that the process gets. npm passes a signal on to its shell, which may end without passing it
 * on. Then this process has another parent, and `end` is called with SIGTERM, unless a signal has come before.
 *
 * @returns a function that stops listening
 */
export function onEndSignal(
  signals: readonly NodeJS.Signals[],
  end: (signal: NodeJS.Signals) => void,
): () => void {
  const handle = (signal: NodeJS.Signals) => {
    clearInterval(watch);
    end(signal);
  };
  const watch = setInterval(() => {
    if (process.env.npm_lifecycle_event && process.ppid !== ppid) handle('SIGTERM');
  }, 200).unref();
  for (const signal of signals) process.on(signal, handle);
  return () => {
    clearInterval(watch);
    for (const signal of signals) process.off(signal, handle);
  };
}

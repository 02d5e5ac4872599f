// The measured processes, started with only the given environment and with a time limit.
import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';

export type Environment = Readonly<Record<string, string>>;

const run = promisify(execFile);
const timeout = 30_000;

/** Path of one of the measured programs. */
export function program(name: 'answers' | 'cold' | 'modules' | 'warm'): string {
  return new URL(`programs/${name}.js`, import.meta.url).pathname;
}

/**
 * Runs a program to its end and parses the JSON in its last line.
 *
 * @throws Error if it fails, or takes more than half a minute
 */
export async function runForJson<T>(args: readonly string[], env: Environment): Promise<T> {
  const { stdout } = await run(process.execPath, args, { env, timeout });
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n') + 1)) as T;
}

/** Runs a program to its end; resolves to its duration in milliseconds. */
export async function timeProcess(args: readonly string[], env: Environment): Promise<number> {
  const started = performance.now();
  await run(process.execPath, args, { env, timeout });
  return performance.now() - started;
}

/** What a request, or a batch, takes. */
export interface WarmFigures {
  /** Milliseconds of processor time of all threads. */
  readonly cpu: number;
  /** Milliseconds. */
  readonly wall: number;
  /** Memory of the process afterwards, in MB. */
  readonly rss: number;
}

export interface WarmProcess {
  /** Sends the event the given number of times, one after the other. */
  send(event: unknown, times: number): Promise<WarmFigures>;
  stop(): void;
}

/** Starts a process that loads a handler and waits for requests or batches. */
export async function startWarmProcess(entry: string, env: Environment): Promise<WarmProcess> {
  const child = fork(program('warm'), [entry], { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await nextMessage(child);
  return {
    async send(event, times) {
      child.send({ event, times });
      return (await nextMessage(child)) as WarmFigures;
    },
    stop: () => child.kill(),
  };
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(timeout)]);
  const onExit = () => ended.abort(new Error(`${child.spawnargs.at(-1)} ended unexpectedly`));
  child.once('exit', onExit);
  try {
    const [message] = await once(child, 'message', { signal });
    return message;
  } finally {
    child.off('exit', onExit);
  }
}

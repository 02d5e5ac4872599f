// Programs in processes of their own, as people run them. None outlives the process of its test.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { dirname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The environment without the variables of vitest and of the npm that runs it, and with this Node first on the PATH. */
export function cleanEnvironment(environment: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env;
  return { PATH: `${dirname(process.execPath)}:${PATH}`, HOME, NODE_COMPILE_CACHE, ...environment };
}

/**
 * Starts a program of Node, or npm that runs one, in the project's folder. It ends with this process.
 *
 * @param command - the program with its arguments
 * @param environment - additional variables
 * @param isGroup - whether it gets a process group of its own, so that it can be ended with what it has started
 */
export function startProgram(
  [program, ...args]: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>> = {},
  isGroup = false,
): ChildProcessByStdio<Writable, Readable, Readable> {
  const NODE_OPTIONS = `--import=${new URL('end-with-parent.js', import.meta.url).pathname}`;
  return spawn(program, args, {
    cwd: root,
    env: { ...cleanEnvironment(environment), NODE_OPTIONS },
    detached: isGroup,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

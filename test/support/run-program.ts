// Runs a program of ours in this process: no process to start, no code to load.
import type { Interruption, Program } from '../../infra/command-line/program.ts';

export interface ProgramResult {
  /** The exit code. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningProgram {
  readonly done: Promise<ProgramResult>;
  /** All output so far. */
  output(): string;
  /** Tells the program to end; resolves to its result. */
  end(reason: Interruption): Promise<ProgramResult>;
}

/**
 * Starts a program.
 *
 * @param env - all of its variables; what the AWS SDK reads itself comes from `process.env`
 * @param isTerminal - whether its output is a terminal
 */
export function startInProcess(
  program: Program,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  isTerminal = false,
): RunningProgram {
  const controller = new AbortController();
  let [stdout, stderr, output] = ['', '', ''];
  const done = program(
    args,
    { ...env },
    {
      async print(lines) {
        stdout += `${lines}\n`;
        output += `${lines}\n`;
        return true;
      },
      async warn(lines) {
        stderr += `${lines}\n`;
        output += `${lines}\n`;
        return true;
      },
      isTerminal,
    },
    controller.signal,
  ).then((code) => ({ code, stdout, stderr }));
  return {
    done,
    output: () => output,
    end(reason) {
      controller.abort(reason);
      return done;
    },
  };
}

/** Runs a program to its end. */
export function runInProcess(...parameters: Parameters<typeof startInProcess>): Promise<ProgramResult> {
  return startInProcess(...parameters).done;
}

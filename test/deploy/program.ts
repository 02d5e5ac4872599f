// Command-line programs that tests run in the project's folder.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Absolute path of the project. */
export const root = fileURLToPath(new URL('../..', import.meta.url));
const limitMilliseconds = 240_000;

export interface ProgramEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end, four minutes at most.
 *
 * @param environment - all of its environment variables
 * @param folder - in which it runs
 */
export function runProgram(
  [program, ...args]: readonly [string, ...string[]],
  environment: NodeJS.ProcessEnv,
  folder = root,
): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    execFile(
      program,
      args,
      { cwd: folder, env: environment, timeout: limitMilliseconds, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') reject(error);
        else resolve({ code: Number(error?.code ?? 0), stdout, stderr });
      },
    );
  });
}

/**
 * Like `runProgram`, for programs that have to succeed.
 *
 * @throws Error with the end of the output, if the exit code is not 0
 */
export async function runToSuccess(
  command: readonly [string, ...string[]],
  environment: NodeJS.ProcessEnv,
  folder = root,
): Promise<ProgramEnd> {
  const end = await runProgram(command, environment, folder);
  if (end.code === 0) return end;
  const output = `${end.stdout}${end.stderr}`.trim().slice(-4_000);
  throw new Error(`${command.join(' ')} ended with code ${end.code}:\n${output}`);
}

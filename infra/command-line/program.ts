// What every program of the command line does alike: help, mistakes, failures of AWS, and an interruption. Each program is a
// function, which tests call in their own process.
import { constants } from 'node:os';
import { isMisspelling, isOneSlipAway } from '../shared/misspelling.ts';
import { explainError } from './explain-error.ts';
import { UsageError } from './usage-error.ts';

/** Where a program writes. */
export interface Output {
  /**
   * Writes lines to stdout.
   *
   * @returns false if nobody reads it any more
   */
  print(lines: string): Promise<boolean>;
  /** Writes lines to stderr. */
  warn(lines: string): Promise<boolean>;
  /** Whether stdout is a terminal, so that a person reads it; false if not given. */
  readonly isTerminal?: boolean;
}

/**
 * A program.
 *
 * @param args - the arguments of the command line
 * @param env - the environment variables; the AWS SDK reads its own from `process.env`
 * @param signal - aborted with an `Interruption` when the program has to end
 * @returns the exit code
 */
export type Program = (
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  output: Output,
  signal: AbortSignal,
) => Promise<number>;

/** Why a program has to end before it is done. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly exitCode: number;
  /** Undefined: nobody reads the output any more. */
  readonly signal: NodeJS.Signals | undefined;

  /** @param reason - the signal, or that the output was closed, as by `| head -1` */
  constructor(reason: NodeJS.Signals | 'output closed') {
    const isClosed = reason === 'output closed';
    super(isClosed ? 'its output was closed' : `interrupted by ${reason}`);
    this.exitCode = isClosed ? 1 : 128 + constants.signals[reason];
    this.signal = isClosed ? undefined : reason;
  }
}

/** What is known of a program before it runs. */
interface Introduction {
  /** As it is typed, such as `npm run smoke`; every message on stderr begins with it. */
  readonly name: string;
  /** Printed for `--help` in place of running the program. */
  readonly help: string;
  /** The environment variables that it reads. One that is almost one of these is refused. */
  readonly variables?: readonly string[];
}

/**
 * Makes a program: what its main function throws becomes one line that says what to do, and an exit code.
 *
 * @param main - may return as soon as the signal is aborted, or throw; an error that the interruption causes is not shown
 */
export function createProgram(
  { name, help, variables = [] }: Introduction,
  main: (...parameters: Parameters<Program>) => Promise<void>,
): Program {
  return async (args, env, output, signal) => {
    if (args.some((arg) => arg === '--help' || arg === '-h')) {
      await output.print(help);
      return 0;
    }
    try {
      refuseMisspeltHelp(args);
      refuseMisspeltVariables(variables, env);
      await main(args, env, output, signal);
      return 0;
    } catch (thrown) {
      const error = signal.aborted && !(thrown instanceof UsageError) ? signal.reason : thrown;
      await output.warn(`${name}: ${explainError(error).replace(/\s*\n\s*/g, ' ')}`);
      return signal.reason instanceof Interruption ? signal.reason.exitCode : 1;
    }
  };
}

function refuseMisspeltHelp(args: readonly string[]): void {
  const misspelt = args.find((arg) => arg.startsWith('-') && isOneSlipAway(arg.replace(/-+/, ''), 'help'));
  if (misspelt) throw new UsageError(`there is no option ${misspelt}: did you mean --help?`);
}

/** A misspelt variable must not silently leave its setting unchanged. The environment has variables of others too. */
function refuseMisspeltVariables(variables: readonly string[], env: NodeJS.ProcessEnv): void {
  const faults = Object.keys(env)
    .filter((name) => env[name]?.trim() && !variables.includes(name))
    .flatMap((name) => {
      const meant = variables.find((variable) => isMisspelling(name, variable));
      return meant
        ? [`${name} is not a variable that is read. Did you mean ${meant}? If not, unset it.`]
        : [];
    });
  if (faults.length > 0) throw new UsageError(faults.join(' '));
}

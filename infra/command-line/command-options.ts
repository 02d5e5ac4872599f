// The options of a command line.
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { isOneSlipAway } from '../shared/misspelling.ts';
import { UsageError } from './usage-error.ts';

/**
 * Reads the options of the command line.
 *
 * @param args - the arguments of the program
 * @param options - as for Node's `parseArgs`
 * @throws UsageError if an option is unknown or lacks its value; it quotes no value, which may be a token
 */
export function readOptions<const T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(
      `${explain(error as NodeJS.ErrnoException, Object.keys(options))} --help lists the options.`,
    );
  }
}

function explain({ code, message }: NodeJS.ErrnoException, names: readonly string[]): string {
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') return 'There is a value without an option.';
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return message.replace(/[^.]$/, '$&.');
  const [option] = /--?[^'=]*/.exec(message) ?? [''];
  const meant = names.find((known) => isOneSlipAway(option.replace(/-+/, ''), known));
  return `There is no option ${option}${meant ? `: did you mean --${meant}?` : '.'}`;
}

/**
 * Reads the one argument of a program that takes nothing else.
 *
 * @param usage - how to give it, for the error
 * @throws UsageError if there is none, more than one, or an option
 */
export function readArgument(args: readonly string[], usage: string): string {
  const [first, ...rest] = args;
  if (!first || first.startsWith('-') || rest.length > 0) throw new UsageError(usage);
  return first;
}

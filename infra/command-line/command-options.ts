// The options of a command line.
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { isOneSlipAway } from '../shared/misspelling.ts';
import { UsageError } from './usage-error.ts';

/**
 * Reads the options of the command line.
 *
 * @param args - the arguments of the program
 * @param options - as for Node's `parseArgs`
 * @throws UsageError if an option is unknown, lacks its value, has an empty one, or is given twice and not `multiple`; it
 *   quotes no value, which may be a token
 */
export function readOptions<const T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  const { values, tokens } = parse(args, options);
  refuseUnclear(tokens, options);
  return values;
}

function parse<const T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, tokens: true });
  } catch (error) {
    throw new UsageError(
      `${explain(error as NodeJS.ErrnoException, Object.keys(options))} --help lists the options.`,
    );
  }
}

/**
 * Refuses options that would not do what they say: of two values the first would be lost, and an empty one, as from an unset
 * variable of a script, would be taken for none.
 *
 * @param tokens - as `parseArgs` returns them; options that `options` lacks are left alone
 * @throws UsageError
 */
export function refuseUnclear(
  tokens: readonly { readonly kind: string; readonly name?: string; readonly value?: string | undefined }[],
  options: ParseArgsOptionsConfig,
): void {
  const seen = new Set<string>();
  for (const { kind, name = '', value } of tokens) {
    const option = kind === 'option' && Object.hasOwn(options, name) && options[name];
    if (!option) continue;
    if (option.type === 'string' && !value?.trim())
      throw new UsageError(`--${name} is empty: give it a value.`);
    if (seen.has(name) && !option.multiple) throw new UsageError(`--${name} is given twice: give it once.`);
    seen.add(name);
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

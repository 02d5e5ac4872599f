// The options of a command line.
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { UsageError } from './usage-error.ts';

/**
 * Reads the options of the command line.
 *
 * @param options - as for Node's `parseArgs`
 * @throws UsageError if an option is unknown or lacks its value
 */
export function readOptions<const T extends ParseArgsOptionsConfig>(options: T) {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message} --help lists the options.`);
  }
}

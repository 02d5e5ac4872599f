// What the operators' commands have in common: their options, and the time limits of their calls.
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { clientOptions } from '../../lambda/shared/aws-client.ts';
import { UsageError } from '../local/local-settings.ts';

/** Options for the AWS SDK's clients: three attempts of at most ten seconds. Region and credentials are the shell's. */
export const callOptions = clientOptions({ attempts: 3, connecting: 3_000, answering: 10_000 });

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

// The settings that the local service and its helper commands share, read from environment variables.
import type { Environment } from '../../lambda/shared/environment.ts';

/** An error whose message tells the user what to do; it is shown without a stack trace. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface LocalSettings {
  readonly port: number;
  readonly issuerPort: number;
  readonly dynamodbPort: number;
  readonly tableName: string;
  /** URL of an existing table engine; undefined: dynalite is started. */
  readonly tableEndpoint: string | undefined;
  readonly seedFile: string | undefined;
}

/**
 * Reads the settings; an empty variable counts as unset.
 *
 * @param env - usually `process.env`
 * @throws UsageError that names the bad variable
 */
export function readLocalSettings(env: Environment): LocalSettings {
  return {
    port: readPort(env, 'PORT', 3000),
    issuerPort: readPort(env, 'ISSUER_PORT', 3001),
    dynamodbPort: readPort(env, 'DYNAMODB_PORT', 8000),
    tableName: env.TABLE_NAME || 'users',
    tableEndpoint: env.AWS_ENDPOINT_URL_DYNAMODB || undefined,
    seedFile: env.SEED_FILE || undefined,
  };
}

function readPort(env: Environment, name: string, fallback: number): number {
  const text = env[name] || String(fallback);
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new UsageError(`${name} is "${text}": set it to a port number from 0 to 65535 (0: any free port).`);
}

/**
 * Runs a command-line program. If it throws, the message is written to stderr in one line, and the exit code is 1.
 *
 * @param name - prefix of the line
 * @param main - the program
 * @param help - printed for `--help` instead of running the program
 */
export async function runProgram(name: string, main: () => Promise<void>, help?: string): Promise<void> {
  if (help !== undefined && process.argv.includes('--help')) return console.log(help);
  try {
    await main();
  } catch (error) {
    console.error(`${name}: ${error instanceof Error ? error.message.replace(/\s*\n\s*/g, ' ') : error}`);
    process.exit(1);
  }
}

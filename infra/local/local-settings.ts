// Ports and names that the local service and its helpers share, taken from the environment.
import type { Environment } from '../../lambda/shared/environment.ts';

/** A fault that its message explains to the person at the terminal; it needs no stack trace. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface LocalSettings {
  readonly port: number;
  readonly issuerPort: number;
  readonly dynamodbPort: number;
  readonly tableName: string;
  /** Set where a table engine of one's own is to be used. */
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
  throw new UsageError(`${name} is "${text}": set it to a port number from 0 to 65535 (0: any free one).`);
}

/**
 * Runs a command-line program: what it throws ends it with one line on the error output and exit code 1.
 *
 * @param name - what the line begins with
 * @param main - the program
 */
export async function runProgram(name: string, main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    console.error(`${name}: ${error instanceof Error ? error.message.replace(/\s*\n\s*/g, ' ') : error}`);
    process.exit(1);
  }
}

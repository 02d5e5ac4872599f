// The settings that the local service and its helper commands share, read from environment variables.
import { type Environment, parsePlainUrl } from '../../lambda/shared/environment.ts';
import { UsageError } from '../command-line/usage-error.ts';

/** The variables that are read here. */
export const localVariables = ['PORT', 'ISSUER_PORT', 'DYNAMODB_PORT', 'TABLE_NAME', 'SEED_FILE'] as const;

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
    tableEndpoint: readUrl(env, 'AWS_ENDPOINT_URL_DYNAMODB'),
    seedFile: env.SEED_FILE || undefined,
  };
}

/** The error does not quote the URL, which may have a password. */
function readUrl(env: Environment, name: string): string | undefined {
  const text = env[name] || undefined;
  if (text === undefined || /^https?:$/.test(parsePlainUrl(text)?.protocol ?? '')) return text;
  throw new UsageError(
    `${name} is no http or https URL without credentials or fragment: set it to one such as http://127.0.0.1:8000.`,
  );
}

function readPort(env: Environment, name: string, fallback: number): number {
  const text = env[name] || String(fallback);
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new UsageError(`${name} is "${text}": set it to a port number from 0 to 65535 (0: any free port).`);
}

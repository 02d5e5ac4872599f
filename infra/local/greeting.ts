// The greeting of `npm start`: commands to paste, and the answer that each gives.
import type { LocalSettings } from './local-settings.ts';

export interface GreetingFacts {
  /** Base URL of the gateway. */
  readonly url: string;
  /** Environment variables that the helper commands need to find this service, if they differ from the defaults. */
  readonly environment: Readonly<Record<string, string>>;
  readonly hasDemoUsers: boolean;
  readonly hasIssuer: boolean;
}

/** Formats the greeting: several lines, without a line break at the end. */
export function formatGreeting({ url, environment, hasDemoUsers, hasIssuer }: GreetingFacts): string {
  const prefix = Object.entries(environment)
    .map(([name, value]) => `${name}='${value}' `)
    .join('');
  const user = hasDemoUsers ? 'alice' : '<userId>';
  const pin = hasDemoUsers ? '5621' : '<four digits>';
  const getToken = hasIssuer
    ? `TOKEN=$(${prefix}npm run -s token -- ${user})`
    : 'TOKEN=<an access token of the issuer in TOKEN_ISSUER>';
  const reset = `curl -i -X PUT -H "Authorization: Bearer $TOKEN" "${url}/user/2021-2/user/password/reset`;
  const look = `${prefix}npm run -s user -- ${user}`;
  return [
    hasDemoUsers
      ? 'Demo users: alice (PIN 5621, two payment methods), bob (no PIN), carol (disabled).'
      : 'The users are those that are already in the table.',
    'Events are printed here, one per line (docs/events.md).',
    `To try it, open ${url}/ in a browser, or paste these commands into another terminal in this folder:`,
    '',
    '# With the right PIN: 204, the password is removed and the payment methods are kept.',
    getToken,
    `${reset}?pin=${pin}"`,
    look,
    '',
    '# Without a PIN: 204, and the payment methods are cleared. A new token is needed: the first reset revoked the first.',
    getToken,
    `${reset}"`,
    look,
  ].join('\n');
}

/**
 * Returns the environment variables that the helper commands need, because they differ from the defaults.
 *
 * @param settings - as configured
 * @param actual - the actual URLs, since port 0 means any free port
 */
export function helperEnvironment(
  settings: LocalSettings,
  actual: { readonly issuerUrl: string | undefined; readonly tableEndpoint: string },
): Record<string, string> {
  const environment: Record<string, string> = {};
  const issuerPort = actual.issuerUrl && new URL(actual.issuerUrl).port;
  if (issuerPort && issuerPort !== '3001') environment.ISSUER_PORT = issuerPort;
  if (actual.tableEndpoint !== 'http://127.0.0.1:8000')
    environment.AWS_ENDPOINT_URL_DYNAMODB = actual.tableEndpoint;
  if (settings.tableName !== 'users') environment.TABLE_NAME = settings.tableName;
  return environment;
}

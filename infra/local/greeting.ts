// The greeting of `npm start`: commands to paste, and what each of them does.
import { quote } from '../shared/shell-quote.ts';
import type { SeedUser } from '../users/user-item.ts';
import type { LocalSettings } from './local-settings.ts';
import { demoUsers } from './seed.ts';

export interface GreetingFacts {
  /** Base URL of the gateway. */
  readonly url: string;
  /** Environment variables that the helper commands need to find this service, if they differ from the defaults. */
  readonly environment: Readonly<Record<string, string>>;
  /** The users that were loaded; none if the table already had users. */
  readonly users: readonly SeedUser[];
  readonly hasIssuer: boolean;
}

/**
 * Formats the greeting: several lines, without a line break at the end. Every command can be pasted as it is. If no user or
 * no token is known, a line before the command sets a variable, and has to be edited first.
 */
export function formatGreeting({ url, environment, users, hasIssuer }: GreetingFacts): string {
  const prefix = Object.entries(environment)
    .map(([name, value]) => `${name}=${quote(value)} `)
    .join('');
  // The commands would take such an id for an option.
  const named = users.filter(({ userId }) => !userId.startsWith('-'));
  const user =
    named.find(({ status, pin }) => !status && pin) ?? named.find(({ status }) => !status) ?? named[0];
  const userId = user === undefined ? '"$USER_ID"' : quote(user.userId);
  const pin = user === undefined ? '$PIN' : user.pin;
  const getToken = hasIssuer
    ? `TOKEN=$(${prefix}npm run -s token -- ${userId})`
    : "TOKEN='put an access token of the issuer in TOKEN_ISSUER here'";
  const reset = `curl -i -X PUT -H "Authorization: Bearer $TOKEN" "${url}/user/2021-2/user/password/reset`;
  const look = `${prefix}npm run -s user -- ${userId}`;
  const withPin = [
    '# With the right PIN: 204, the password is removed and the payment methods are kept.',
    getToken,
    `${reset}?pin=${pin}"`,
    look,
    '',
  ];
  return [
    introductionOf(users),
    'Requests and events are printed here, one line each (docs/events.md).',
    `To try it, open ${url}/ in a browser, or paste these commands into another terminal in this folder:`,
    '',
    ...(user === undefined ? ["USER_ID='put the id of a user here' PIN='0000'", ''] : []),
    ...(pin ? withPin : []),
    '# Without a PIN: 204, and the payment methods are cleared. A new token is needed: a reset revokes all earlier ones.',
    getToken,
    `${reset}"`,
    look,
  ].join('\n');
}

function introductionOf(users: readonly SeedUser[]): string {
  if (users.length === 0) return 'The users are those that are already in the table.';
  if (users.every((user) => demoUsers.includes(user)))
    return 'Demo users: alice (PIN 5621, two payment methods), bob (no PIN), carol (disabled).';
  return `Users loaded from the seed file: ${users.length}.`;
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

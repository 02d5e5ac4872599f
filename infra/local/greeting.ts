// What `npm start` says when everything is up: commands to paste, each with what it will answer.
import type { LocalSettings } from './local-settings.ts';

export interface GreetingFacts {
  /** Base URL of the gateway. */
  readonly url: string;
  /** Environment variables that the helpers need to find this service, where they are not the default ones. */
  readonly environment: Readonly<Record<string, string>>;
  readonly hasDemoUsers: boolean;
  readonly hasIssuer: boolean;
}

/** The greeting, several lines without a final line break. */
export function greeting({ url, environment, hasDemoUsers, hasIssuer }: GreetingFacts): string {
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
      : 'The users are those of the table.',
    'What the platform is told appears here, one line an event (docs/events.md).',
    `Open ${url}/ in a browser to try it, or paste into another terminal, in this folder:`,
    '',
    '# With the right PIN: 204, the password is gone and the payment methods stay.',
    getToken,
    `${reset}?pin=${pin}"`,
    look,
    '',
    '# Without a PIN: 204, and the payment methods are cleared. The first reset revoked the first token.',
    getToken,
    `${reset}"`,
    look,
  ].join('\n');
}

/**
 * The settings that differ from the defaults, as the helper commands need them.
 *
 * @param settings - what was asked for
 * @param actual - what it became, where a port was left to the system
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

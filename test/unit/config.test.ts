// What the environment variables become, and what is said of those that are missing or bad.
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../lambda/config.ts';
import { createTokenSigner } from '../support/token-signer.ts';

const good = {
  TABLE_NAME: 'users',
  TOKEN_ISSUER: 'https://issuer.test/tenant/',
  TOKEN_AUDIENCE: 'app',
  PIN_PEPPER_SECRET_ID: 'pepper',
};

function messageOf(environment: Record<string, string>): string {
  try {
    loadConfig(environment);
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  return 'no error';
}

it('needs four variables and leaves out every demand that is not set', () => {
  expect(loadConfig(good)).toEqual({
    serviceName: 'password-reset',
    corsOrigins: [],
    tableName: 'users',
    tableEndpoint: undefined,
    paths: ['/user/2021-2/user/password/reset'],
    issuer: 'https://issuer.test/tenant/',
    audience: ['app'],
    jwks: 'https://issuer.test/tenant/.well-known/jwks.json',
    requiredScopes: null,
    maxAge: null,
    requiredLinkedIdentity: null,
    minPasswordLength: 15,
    peppers: 'pepper',
  });
});

it('names everything that is missing in one message', () => {
  expect(messageOf({})).toBe(
    'ConfigError: Bad configuration: TABLE_NAME is not set; TOKEN_ISSUER is not set; TOKEN_AUDIENCE is not set; ' +
      'PIN_PEPPER_SECRET_ID is not set.',
  );
});

it('counts an empty variable as unset', () => {
  const environment = { ...good, TOKEN_JWKS: '', TOKEN_MAX_AGE: ' ', AWS_ENDPOINT_URL_DYNAMODB: '' };
  expect(loadConfig(environment)).toEqual(loadConfig(good));
  expect(messageOf({ ...good, TABLE_NAME: ' ' })).toContain('TABLE_NAME is not set');
});

it('reads lists', () => {
  const config = loadConfig({
    ...good,
    TOKEN_AUDIENCE: 'ios, android',
    TOKEN_SCOPE: 'reset openid',
    BASE_PATHS: 'user/2021-2, user/2024-2',
    TOKEN_MAX_AGE: '600',
    PASSWORD_MIN_LENGTH: '8',
  });
  expect(config).toMatchObject({
    audience: ['ios', 'android'],
    requiredScopes: ['reset', 'openid'],
    paths: ['/user/2021-2/user/password/reset', '/user/2024-2/user/password/reset'],
    maxAge: 600,
    minPasswordLength: 8,
  });
});

it('takes keys given inline, and then fetches none', async () => {
  const { jwks } = await createTokenSigner();
  const config = loadConfig({ ...good, TOKEN_ISSUER: 'no URL', TOKEN_JWKS: JSON.stringify(jwks) });
  expect([...(config.jwks as Map<string, unknown>).keys()]).toEqual(['RS256', 'ES256', 'EdDSA']);
});

it.each([
  ['TOKEN_MAX_AGE', '10m', 'must be a whole number of seconds, 1 or more'],
  ['TOKEN_MAX_AGE', '0', 'must be a whole number of seconds, 1 or more'],
  ['TOKEN_JWKS', '{', 'must be JSON'],
  ['TOKEN_JWKS', '[]', 'must be a JSON Web Key Set, an object with an array "keys"'],
  ['TOKEN_JWKS', '{"keys":[{"kty":"oct","kid":"a","k":"AAAA"}]}', 'must hold at least one usable public key'],
  ['TOKEN_JWKS_URI', 'http://issuer.test/jwks', 'must be an https URL'],
  ['TOKEN_JWKS_URI', 'jwks', 'must be an https URL'],
  ['TOKEN_ISSUER', 'issuer', 'set TOKEN_JWKS_URI or TOKEN_JWKS'],
  ['PASSWORD_MIN_LENGTH', '7', 'must be a number of characters from 8 to 64'],
  ['PASSWORD_MIN_LENGTH', '65', 'must be a number of characters from 8 to 64'],
  ['PASSWORD_MIN_LENGTH', '8.5', 'must be a number of characters from 8 to 64'],
  ['BASE_PATHS', '/user/2021-2', 'without outer slashes'],
  ['AWS_ENDPOINT_URL_DYNAMODB', 'localhost', 'must be a URL'],
  ['PIN_PEPPER', 'pepper', 'must be a JSON object'],
])('refuses %s "%s" and says why', (name, value, why) => {
  const message = messageOf({ ...good, [name]: value });
  expect(message).toContain(`${name} `);
  expect(message).toContain(why);
});

it.each(['http://127.0.0.1:3001/jwks', 'http://localhost:3001/jwks', 'http://[::1]:3001/jwks'])(
  'accepts keys from %s, this machine',
  (uri) => {
    expect(loadConfig({ ...good, TOKEN_JWKS_URI: uri }).jwks).toBe(uri);
  },
);

it('shows no pepper', () => {
  const message = messageOf({
    ...good,
    PIN_PEPPER: '{"current":"k2","k1":"super-secret-super-secret-super-secret"}',
  });
  expect(message).toContain('PIN_PEPPER "current" must name one of the keys');
  expect(message).not.toContain('super-secret');
});

describe('edges', () => {
  it.each([
    ['TOKEN_AUDIENCE', 'app,', 'must be a list without empty entries'],
    ['TOKEN_AUDIENCE', ',', 'must be a list without empty entries'],
    ['BASE_PATHS', 'user/2021-2,', 'must be a list without empty entries'],
    ['BASE_PATHS', 'user/2021-2/', 'must be base paths without outer slashes'],
    ['BASE_PATHS', 'user/a b', 'must be base paths without outer slashes'],
    ['TOKEN_MAX_AGE', 'x600', 'must be a whole number of seconds'],
    ['TOKEN_MAX_AGE', '0', 'must be a whole number of seconds'],
    ['TOKEN_MAX_AGE', '1234567890', 'must be a whole number of seconds'],
    ['PASSWORD_MIN_LENGTH', '7', 'must be a number of characters from 8 to 64'],
    ['PASSWORD_MIN_LENGTH', '65', 'must be a number of characters from 8 to 64'],
    ['TOKEN_JWKS_URI', 'ftp://localhost/jwks', 'must be an https URL'],
    ['TOKEN_JWKS_URI', 'jwks', 'must be an https URL'],
  ])('refuses %s=%s', (name, value, message) => {
    expect(messageOf({ ...good, [name]: value })).toContain(`${name} ${message}`);
  });

  it.each([
    ['BASE_PATHS', 'a', { paths: ['/a/user/password/reset'] }],
    ['BASE_PATHS', 'a/b.c/d-e', { paths: ['/a/b.c/d-e/user/password/reset'] }],
    ['TOKEN_SCOPE', 'a  b', { requiredScopes: ['a', 'b'] }],
    ['TOKEN_MAX_AGE', '999999999', { maxAge: 999_999_999 }],
    ['PASSWORD_MIN_LENGTH', '64', { minPasswordLength: 64 }],
    ['PASSWORD_MIN_LENGTH', '12', { minPasswordLength: 12 }],
    ['POWERTOOLS_SERVICE_NAME', 'reset-beta', { serviceName: 'reset-beta' }],
    [
      'CORS_ORIGINS',
      'https://app.example.com, https://shop.example.com',
      { corsOrigins: ['https://app.example.com', 'https://shop.example.com'] },
    ],
    ['REQUIRED_LINKED_IDENTITY', 'bank', { requiredLinkedIdentity: 'bank' }],
    ['AWS_ENDPOINT_URL_DYNAMODB', 'http://127.0.0.1:8000', { tableEndpoint: 'http://127.0.0.1:8000' }],
    ['TOKEN_JWKS_URI', 'https://keys.test/jwks', { jwks: 'https://keys.test/jwks' }],
  ])('takes %s=%s', (name, value, expected) => {
    expect(loadConfig({ ...good, [name]: value })).toMatchObject(expected);
  });
});

// How the environment variables are read, and the messages for those that are missing or invalid.
import { describe, expect, it } from 'vitest';
import type { ParsedKeySet } from '../../../lambda/reset/adapters/signing-keys.ts';
import { loadConfig } from '../../../lambda/reset/config.ts';
import { createTokenSigner } from '../../support/token-signer.ts';

const good = {
  TABLE_NAME: 'users',
  TOKEN_ISSUER: 'https://issuer.test/tenant/',
  TOKEN_AUDIENCE: 'app',
  PIN_PEPPER_SECRET_ID: 'pepper',
};

const tableArn = 'arn:aws:dynamodb:eu-central-1:123456789012:table/users';
const usGovArn = tableArn.replace('arn:aws:', 'arn:aws-us-gov:');
const secretArn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:Pepper-a1B2c3';

function messageOf(environment: Record<string, string>): string {
  try {
    loadConfig(environment);
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  return 'no error';
}

it('requires four variables, and applies its defaults to the others', () => {
  expect(loadConfig(good)).toEqual({
    serviceName: 'password-reset',
    corsOrigins: [],
    tableName: 'users',
    tableEndpoint: undefined,
    paths: ['/user/2021-2/user/password/reset'],
    tokenIssuer: {
      issuer: 'https://issuer.test/tenant/',
      audience: ['app'],
      audienceClaim: null,
      jwks: null,
      requiredScopes: null,
      maxAge: null,
      backdating: 0,
    },
    requiredLinkedIdentity: null,
    minPasswordLength: 15,
    documentationUrl: undefined,
    deprecation: {},
    peppers: 'pepper',
  });
});

it('names all missing variables in one message', () => {
  expect(messageOf({})).toBe(
    'ConfigError: Bad configuration: TABLE_NAME is not set; TOKEN_ISSUER is not set; TOKEN_AUDIENCE is not set; ' +
      'PIN_PEPPER_SECRET_ID or PIN_PEPPER must be set.',
  );
});

it('reads an empty or blank variable as unset', () => {
  const environment = { ...good, TOKEN_JWKS: '', TOKEN_MAX_AGE: ' ', AWS_ENDPOINT_URL_DYNAMODB: '' };
  expect(loadConfig(environment)).toEqual(loadConfig(good));
  expect(messageOf({ ...good, TABLE_NAME: ' ' })).toContain('TABLE_NAME is not set');
});

it('reads lists and numbers', () => {
  const config = loadConfig({
    ...good,
    TOKEN_AUDIENCE: 'ios, android',
    TOKEN_SCOPE: 'reset openid',
    BASE_PATHS: 'user/2021-2, user/2024-2',
    TOKEN_MAX_AGE: '600',
    TOKEN_AUDIENCE_CLAIM: 'azp',
    TOKEN_BACKDATING: '300',
    PASSWORD_MIN_LENGTH: '8',
    DOCUMENTATION_URL: 'https://docs.example.com/errors',
    DEPRECATION: '2026-06-01',
  });
  expect(config).toMatchObject({
    tokenIssuer: {
      audience: ['ios', 'android'],
      audienceClaim: 'azp',
      requiredScopes: ['reset', 'openid'],
      maxAge: 600,
      backdating: 300,
    },
    paths: ['/user/2021-2/user/password/reset', '/user/2024-2/user/password/reset'],
    minPasswordLength: 8,
    documentationUrl: 'https://docs.example.com/errors',
    deprecation: { Deprecation: '@1780272000' },
  });
});

it('uses the keys of TOKEN_JWKS in place of a URL to fetch them from', async () => {
  const { jwks } = await createTokenSigner();
  const config = loadConfig({ ...good, TOKEN_ISSUER: 'no-URL', TOKEN_JWKS: JSON.stringify(jwks) });
  const { keys } = config.tokenIssuer.jwks as ParsedKeySet;
  expect(keys.map(({ kid }) => kid)).toEqual(['RS256', 'ES256', 'EdDSA']);
});

it.each([
  ['TOKEN_MAX_AGE', '10m', 'must be a whole number of seconds, 1 or more'],
  ['TOKEN_MAX_AGE', '0', 'must be a whole number of seconds, 1 or more'],
  ['TOKEN_JWKS', '{', 'must be JSON'],
  ['TOKEN_JWKS', '[]', 'must be a JSON Web Key Set, an object with an array "keys"'],
  ['TOKEN_JWKS', '{"keys":[]}', 'must contain at least one usable public key (left out: none)'],
  [
    'TOKEN_JWKS',
    '{"keys":[{"kty":"oct","kid":"a","k":"AAAA"},{"kid":"b\\n","kty":"RSA","alg":"HS256"},1]}',
    '(left out: a: private members, b?: HS256 is not supported, unnamed: kty or crv is not supported)',
  ],
  ['TOKEN_JWKS_URI', 'http://issuer.test/jwks', 'must be an https URL'],
  [
    'TOKEN_JWKS_URI',
    'jwks',
    'must be an https URL (or http on this machine) of a JSON Web Key Set, without credentials or fragment',
  ],
  ['TOKEN_ISSUER', 'issuer', 'set TOKEN_JWKS_URI or TOKEN_JWKS'],
  ['PASSWORD_MIN_LENGTH', '7', 'must be a number of characters from 8 to 64'],
  ['PASSWORD_MIN_LENGTH', '65', 'must be a number of characters from 8 to 64'],
  [
    'DOCUMENTATION_URL',
    'http://docs.example.com/',
    '(or http on this machine) of a page with an anchor for each error code',
  ],
  ['DOCUMENTATION_URL', 'ftp://localhost/', 'must be an https URL'],
  ['DOCUMENTATION_URL', 'https://docs.example.com/#errors', 'must be an https URL'],
  ['DOCUMENTATION_URL', 'https://docs.example.com/#', 'must be an https URL'],
  ['DOCUMENTATION_URL', 'https://docs.example.com/er\nrors', 'must be an https URL'],
  ['DEPRECATION', 'soon', 'must be a day such as 2026-06-01'],
  ['PASSWORD_MIN_LENGTH', '8.5', 'must be a number of characters from 8 to 64'],
  ['BASE_PATHS', '/user/2021-2', 'without outer slashes'],
  ['AWS_ENDPOINT_URL_DYNAMODB', 'localhost', 'must be an http or https URL'],
  ['PIN_PEPPER', 'pepper', 'must be a JSON object'],
])('refuses %s="%s" and says why', (name, value, why) => {
  const message = messageOf({ ...good, [name]: value });
  expect(message).toContain(`${name} `);
  expect(message).toContain(why);
});

it('knows where a Cognito user pool has its keys', () => {
  const pool = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf123';
  const { jwks } = loadConfig({ ...good, TOKEN_ISSUER: pool }).tokenIssuer;
  expect(jwks).toBe(`${pool}/.well-known/jwks.json`);
});

it.each(['http://127.0.0.1:3001/jwks', 'http://localhost:3001/jwks', 'http://[::1]:3001/jwks'])(
  'accepts plain http for keys from this machine: %s',
  (uri) => {
    expect(loadConfig({ ...good, TOKEN_JWKS_URI: uri }).tokenIssuer.jwks).toBe(uri);
  },
);

it('quotes no pepper key in its message', () => {
  const message = messageOf({
    ...good,
    PIN_PEPPER: '{"current":"k2","k1":"super-secret-super-secret-super-secret"}',
  });
  expect(message).toContain('PIN_PEPPER "current" must name one of the keys');
  expect(message).not.toContain('super-secret');
});

it('asks for the secret only if neither it nor the pepper itself is set', () => {
  const { PIN_PEPPER_SECRET_ID: _, ...without } = good;
  expect(messageOf({ ...without, PIN_PEPPER: '{' })).not.toContain('PIN_PEPPER_SECRET_ID');
  expect(messageOf(without)).toContain('PIN_PEPPER_SECRET_ID or PIN_PEPPER must be set');
});

describe('at the bounds of a format', () => {
  it.each([
    ['TOKEN_AUDIENCE', 'app,', 'must be a list separated by commas, without empty entries'],
    ['TOKEN_AUDIENCE', ',', 'must be a list separated by commas, without empty entries'],
    ['BASE_PATHS', 'user/2021-2,', 'must be a list separated by commas, without empty entries'],
    ['BASE_PATHS', 'user/2021-2/', 'must be base paths without outer slashes'],
    ['BASE_PATHS', 'user/a b', 'must be a list separated by commas, without empty entries'],
    ['BASE_PATHS', 'user/a$b', 'must be base paths without outer slashes'],
    ['TOKEN_MAX_AGE', 'x600', 'must be a whole number of seconds'],
    ['TOKEN_BACKDATING', '601', 'must be a whole number of seconds, 0 to 600'],
    ['TOKEN_BACKDATING', '-1', 'must be a whole number of seconds, 0 to 600'],
    ['TOKEN_BACKDATING', '5m', 'must be a whole number of seconds, 0 to 600'],
    ['TOKEN_BACKDATING', 'x60', 'must be a whole number of seconds, 0 to 600'],
    ['TOKEN_BACKDATING', '0300', 'must be a whole number of seconds, 0 to 600'],
    ['TOKEN_AUDIENCE_CLAIM', 'sub', 'must be one of aud, client_id, azp'],
    ['TOKEN_AUDIENCE_CLAIM', 'AUD', 'must be one of aud, client_id, azp'],
    ['TOKEN_AUDIENCE_CLAIM', 'aud,azp', 'must be one of aud, client_id, azp'],
    ['TOKEN_MAX_AGE', '0', 'must be a whole number of seconds'],
    ['TOKEN_MAX_AGE', '1234567890', 'must be a whole number of seconds'],
    ['PASSWORD_MIN_LENGTH', '7', 'must be a number of characters from 8 to 64'],
    ['PASSWORD_MIN_LENGTH', '65', 'must be a number of characters from 8 to 64'],
    ['TOKEN_JWKS_URI', 'ftp://localhost/jwks', 'must be an https URL'],
    [
      'TOKEN_JWKS_URI',
      'jwks',
      'must be an https URL (or http on this machine) of a JSON Web Key Set, without credentials or fragment',
    ],
  ])('refuses %s=%s', (name, value, message) => {
    expect(messageOf({ ...good, [name]: value })).toContain(`${name} ${message}`);
  });

  it.each([
    ['BASE_PATHS', 'a', { paths: ['/a/user/password/reset'] }],
    ['BASE_PATHS', 'a/b.c/d-e', { paths: ['/a/b.c/d-e/user/password/reset'] }],
    ['TOKEN_SCOPE', 'a  b', { tokenIssuer: { requiredScopes: ['a', 'b'] } }],
    ['TOKEN_MAX_AGE', '999999999', { tokenIssuer: { maxAge: 999_999_999 } }],
    ['TOKEN_BACKDATING', '0', { tokenIssuer: { backdating: 0 } }],
    ['TOKEN_BACKDATING', '600', { tokenIssuer: { backdating: 600 } }],
    ['TOKEN_AUDIENCE_CLAIM', 'aud', { tokenIssuer: { audienceClaim: 'aud' } }],
    ['TOKEN_AUDIENCE_CLAIM', 'client_id', { tokenIssuer: { audienceClaim: 'client_id' } }],
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
    ['TOKEN_JWKS_URI', 'https://keys.test/jwks', { tokenIssuer: { jwks: 'https://keys.test/jwks' } }],
  ])('accepts %s=%s', (name, value, expected) => {
    expect(loadConfig({ ...good, [name]: value })).toMatchObject(expected);
  });
});

describe('what looks right and is not', () => {
  const notTwice = 'must be a list without duplicates';
  it.each([
    ['TOKEN_SCOPE', 'reset,openid', 'must be scopes separated by spaces'],
    ['TOKEN_SCOPE', 'reset, openid', 'must be scopes separated by spaces'],
    ['TOKEN_SCOPE', 'reset\topenid', 'must be scopes separated by spaces'],
    ['TOKEN_SCOPE', 'reset\nopenid', 'must be scopes separated by spaces'],
    ['TOKEN_SCOPE', '"reset"', 'must be scopes separated by spaces'],
    ['TOKEN_SCOPE', 'a\\b', 'must be scopes separated by spaces'],
    ['TOKEN_SCOPE', 'zurücksetzen', 'must be scopes separated by spaces'],
    ['TOKEN_SCOPE', 'reset\x7f', 'must be scopes separated by spaces'],
    ['TOKEN_SCOPE', 'reset openid reset', notTwice],
    ['BASE_PATHS', 'user/2021-2,user/2021-2', notTwice],
    ['BASE_PATHS', '..', 'must be base paths without outer slashes, "." or ".."'],
    ['BASE_PATHS', '.', 'must be base paths'],
    ['BASE_PATHS', 'user/../admin', 'must be base paths'],
    ['BASE_PATHS', 'user/./2021-2', 'must be base paths'],
    ['BASE_PATHS', 'user/..', 'must be base paths'],
    ['BASE_PATHS', 'user/2021-2/user/password/reset', 'must not end with'],
    ['TOKEN_AUDIENCE', 'ios,android, ios', notTwice],
    ['TOKEN_AUDIENCE', 'ios android', 'must be a list separated by commas, without empty entries'],
    ['TOKEN_AUDIENCE', 'ios\tandroid', 'must be a list separated by commas, without empty entries'],
    ['CORS_ORIGINS', 'https://app.test,https://app.test', notTwice],
    ['CORS_ORIGINS', '*', 'must be exact https origins'],
    ['CORS_ORIGINS', 'null', 'must be exact https origins'],
    ['CORS_ORIGINS', 'https://*.app.test', 'must be exact https origins'],
    ['CORS_ORIGINS', 'https://app.test/', 'must be exact https origins'],
    ['CORS_ORIGINS', 'https://app.test/page', 'must be exact https origins'],
    ['CORS_ORIGINS', 'https://app.test:443', 'must be exact https origins'],
    ['CORS_ORIGINS', 'https://App.test', 'must be exact https origins'],
    ['CORS_ORIGINS', 'http://app.test', 'must be exact https origins'],
    ['CORS_ORIGINS', 'app.test', 'must be exact https origins'],
    ['CORS_ORIGINS', 'https://a.test,https://b.test/', 'must be exact https origins'],
    [
      'CORS_ORIGINS',
      'https://a.test https://b.test',
      'must be a list separated by commas, without empty entries',
    ],
    ['AWS_ENDPOINT_URL_DYNAMODB', 'localhost:8000', 'must be an http or https URL'],
    ['AWS_ENDPOINT_URL_DYNAMODB', 'file:///tmp', 'must be an http or https URL'],
    ['AWS_ENDPOINT_URL_DYNAMODB', 'http://me:secret@127.0.0.1:8000', 'must be an http or https URL'],
    ['AWS_ENDPOINT_URL_DYNAMODB', 'http://127.0.0.1:8000#x', 'must be an http or https URL'],
    ['TOKEN_ISSUER', 'https://a.test, https://b.test', 'must be a single issuer'],
    ['TOKEN_ISSUER', 'https://a.test,https://b.test', 'must be a single issuer'],
    ['TOKEN_ISSUER', 'https://issuer test', 'must be a single issuer'],
    ['TOKEN_ISSUER', 'https://issuer.test/?tenant=1', 'must be a single issuer'],
    ['TOKEN_ISSUER', 'https://issuer.test/#', 'must be a single issuer'],
    ['TOKEN_ISSUER', 'https://me@issuer.test', 'must be a single issuer'],
    ['TOKEN_ISSUER', 'https://issuer.test:port', 'must be a single issuer'],
    ['TOKEN_JWKS_URI', 'https://me:secret@issuer.test/jwks', 'must be an https URL'],
    ['TOKEN_JWKS_URI', 'https://me@issuer.test/jwks', 'must be an https URL'],
    ['TOKEN_JWKS_URI', 'https://issuer.test/jwks#keys', 'must be an https URL'],
    ['TOKEN_JWKS_URI', 'https://issuer.test/jw\nks', 'must be an https URL'],
    ['REQUIRED_LINKED_IDENTITY', 'bank,corp', 'must be the name of a single linked identity'],
    ['REQUIRED_LINKED_IDENTITY', 'bank\tcorp', 'must be the name of a single linked identity'],
    ['TABLE_NAME', 'us', 'must be the name or the ARN of a DynamoDB table'],
    ['TABLE_NAME', 'my users', 'must be the name or the ARN of a DynamoDB table'],
    ['TABLE_NAME', 'x'.repeat(256), 'must be the name or the ARN of a DynamoDB table'],
    ['TABLE_NAME', 'arn:aws:s3:::users', 'must be the name or the ARN of a DynamoDB table'],
    ['TABLE_NAME', `x${tableArn}`, 'must be the name or the ARN of a DynamoDB table'],
    ['TABLE_NAME', `${tableArn}/index/x`, 'must be the name or the ARN of a DynamoDB table'],
    ['PIN_PEPPER_SECRET_ID', '{"current":"k1","k1":"super-secret"}', 'must be the name or the ARN'],
  ])('refuses %s=%j and says how to correct it', (name, value, message) => {
    const text = messageOf({ ...good, [name]: value });
    expect(text).toContain(`ConfigError: Bad configuration: ${name} ${message}`);
    // The message is complete, and names the variable once.
    expect(text).toMatch(/[A-Za-z0-9")]\.$/);
    expect(text.match(new RegExp(name, 'g'))).toHaveLength(1);
    expect(text).not.toContain('secret@');
    expect(text).not.toContain('super-secret');
  });

  it.each([
    [
      'TOKEN_SCOPE',
      'https://api.test/reset user:reset!',
      { tokenIssuer: { requiredScopes: ['https://api.test/reset', 'user:reset!'] } },
    ],
    [
      'BASE_PATHS',
      'a/..b,.well-known,c...',
      { paths: ['/a/..b', '/.well-known', '/c...'].map((path) => `${path}/user/password/reset`) },
    ],
    [
      'CORS_ORIGINS',
      'http://localhost:5173,http://[::1]',
      { corsOrigins: ['http://localhost:5173', 'http://[::1]'] },
    ],
    ['AWS_ENDPOINT_URL_DYNAMODB', 'https://dynamodb.test', { tableEndpoint: 'https://dynamodb.test' }],
    ['REQUIRED_LINKED_IDENTITY', 'My Bank', { requiredLinkedIdentity: 'My Bank' }],
    ['TABLE_NAME', 'a.B-c_1', { tableName: 'a.B-c_1' }],
    ['TABLE_NAME', tableArn, { tableName: tableArn }],
    ['TABLE_NAME', usGovArn, { tableName: usGovArn }],
    ['PIN_PEPPER_SECRET_ID', secretArn, { peppers: secretArn }],
    ['PIN_PEPPER_SECRET_ID', 'team/pepper+1=a.b@c', { peppers: 'team/pepper+1=a.b@c' }],
  ])('accepts %s=%s', (name, value, expected) => {
    expect(loadConfig({ ...good, [name]: value })).toMatchObject(expected);
  });

  it.each(['accounts.issuer.test', 'urn:issuer:1'])(
    'accepts the issuer %s, which is not a URL, if TOKEN_JWKS_URI is set',
    (issuer) => {
      const keys = { TOKEN_JWKS_URI: 'https://keys.test/jwks' };
      expect(loadConfig({ ...good, ...keys, TOKEN_ISSUER: issuer }).tokenIssuer.issuer).toBe(issuer);
    },
  );
});

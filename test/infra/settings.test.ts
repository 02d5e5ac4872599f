import { describe, expect, test } from 'vitest';
import { readSettings, SettingsError } from '../../infra/settings.ts';

const certificateArn = 'arn:aws:acm:eu-central-1:123456789012:certificate/0aa1';
const required = { tokenIssuer: 'https://issuer.example.com', tokenAudience: 'mobile-app' };

function faultsOf(context: Record<string, unknown>, env: Record<string, string> = {}): string {
  try {
    readSettings(context, env);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  return '';
}

test('the stage is dev unless another one is asked for', () => {
  expect(readSettings(required, {}).stage).toBe('dev');
  expect(readSettings({ ...required, stage: 'prod' }, {})).toMatchObject({ stage: 'prod', keepsData: true });
});

test('the context goes before the environment, and empty values count as unset', () => {
  const env = {
    STAGE: 'prod',
    TOKEN_ISSUER: 'https://env.example.com',
    TOKEN_AUDIENCE: 'env',
    TOKEN_SCOPE: '',
  };
  const settings = readSettings({ tokenIssuer: 'https://context.example.com', tokenAudience: ' ' }, env);
  expect(settings.stage).toBe('prod');
  expect(settings.variables).toEqual({ TOKEN_ISSUER: 'https://context.example.com', TOKEN_AUDIENCE: 'env' });
});

test.each(['dev', 'prod'])('%s names everything that is missing in one message', (stage) => {
  const message = faultsOf({ stage });
  expect(message).toContain(`The stage "${stage}" cannot be built:`);
  expect(message).toContain('tokenIssuer is missing: pass -c tokenIssuer=… or set TOKEN_ISSUER');
  expect(message).toContain('tokenAudience is missing: pass -c tokenAudience=… or set TOKEN_AUDIENCE');
});

test('a laptop needs nothing said', () => {
  expect(readSettings({ stage: 'local' }, {})).toMatchObject({ isLocal: true, createsGatewayLogRole: false });
});

test('everything that is wrong is named at once', () => {
  const message = faultsOf({
    stage: 'qa',
    tokenIssuer: 'https://issuer.example.com',
    tokenScop: 'x',
    tokenMaxAge: 'soon',
    alarmMail: 'nobody',
    domainName: 'api.example.com',
  });
  for (const part of [
    'stage is "qa", but must be one of dev, prod, local',
    'tokenAudience is missing',
    'tokenScop is not a setting',
    'TOKEN_MAX_AGE must be a whole number',
    'alarmMail is "nobody"',
    'domainName and certificateArn go together',
  ]) {
    expect(message).toContain(part);
  }
});

describe.each([
  [
    'corsOrigins',
    ['https://app.example.com', 'https://a.example, https://b.example:8443'],
    ['*', 'http://app.example', 'app.example', 'http://localhost:5173'],
  ],
  ['alarmMail', ['a@b.example'], ['a@b', 'a b@c.example', 'a@b.example,c@d.example']],
  ['gatewayLogRole', ['create', 'existing'], ['no']],
  [
    'domainName',
    ['api.example.com', 'a-1.b.example'],
    ['https://api.example.com', 'api.example.com/v1', 'API.example.com', 'localhost', 'api.example.com.'],
  ],
  [
    'certificateArn',
    [certificateArn, certificateArn.replace('arn:aws:', 'arn:aws-us-gov:')],
    ['0aa1', certificateArn.replace(':acm:', ':iam:'), `${certificateArn}/x`],
  ],
  ['reservedConcurrency', ['1', '1000', 'none'], ['0', '-1', '1.5', 'some']],
])('%s', (name, good, bad) => {
  // Each of the two asks for the other.
  const both = name.match(/^(domainName|certificateArn)$/) ? { domainName: 'x.example', certificateArn } : {};
  test.each(good)('takes %s', (value) => {
    expect(faultsOf({ ...required, ...both, [name]: value })).toBe('');
  });
  test.each(bad)('refuses %s', (value) => {
    const faults = faultsOf({ ...required, [name]: value });
    expect(faults).toContain(`${name} is "${value}", but must be`);
    expect(faults).not.toContain('would not start');
  });
});

test.each(['domainName', 'certificateArn'])('%s alone is half a domain', (name) => {
  const value = name === 'domainName' ? 'api.example.com' : certificateArn;
  expect(faultsOf({ ...required, [name]: value })).toContain('domainName and certificateArn go together');
});

test.each([
  [{ tokenIssuer: 'http://issuer.example.com' }, 'TOKEN_ISSUER'],
  [{ tokenJwksUri: 'ftp://issuer.example.com/keys' }, 'TOKEN_JWKS_URI'],
  [{ basePaths: '/user/2021-2/' }, 'BASE_PATHS'],
  [{ tokenMaxAge: '0' }, 'TOKEN_MAX_AGE'],
  [{ passwordMinLength: '7' }, 'PASSWORD_MIN_LENGTH'],
  [{ corsOrigins: 'https://*.example' }, 'CORS_ORIGINS'],
  [{ corsOrigins: 'https://app.example/' }, 'CORS_ORIGINS'],
  [{ corsOrigins: 'https://app.example,https://app.example' }, 'CORS_ORIGINS'],
  [{ basePaths: 'user/2021-2,user/2021-2' }, 'BASE_PATHS'],
  [{ tokenScope: 'reset,openid' }, 'TOKEN_SCOPE'],
  [{ tokenAudience: 'ios android' }, 'TOKEN_AUDIENCE'],
  [{ requiredLinkedIdentity: 'bank,corp' }, 'REQUIRED_LINKED_IDENTITY'],
])('what the function would refuse to start with is refused before: %j', (bad, variable) => {
  expect(faultsOf({ ...required, ...bad })).toMatch(
    new RegExp(`the function would not start\\..*${variable}`),
  );
});

test("the toolkit's own keys in the context are none of ours", () => {
  expect(faultsOf({ ...required, '@aws-cdk/core:x': true, 'aws:cdk:bundling-stacks': ['**'] })).toBe('');
});

test('a reservation can be changed or left out', () => {
  const of = (reservedConcurrency?: string) =>
    readSettings({ ...required, stage: 'prod', ...(reservedConcurrency && { reservedConcurrency }) }, {})
      .reservedConcurrency;
  expect([of(), of('7'), of('none')]).toEqual([50, 7, undefined]);
});

// The settings of a stage: where they come from, and the messages for those that are missing or invalid.
import { describe, expect, test } from 'vitest';
import { readSettings, SettingsError } from '../../infra/settings.ts';

const certificateArn = 'arn:aws:acm:eu-central-1:123456789012:certificate/0aa1';
const required = { tokenIssuer: 'https://issuer.example.com', tokenAudience: 'mobile-app' };

function messageOf(context: Record<string, unknown>, env: Record<string, string> = {}): string {
  try {
    readSettings(context, env);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  return '';
}

test('the default stage is dev', () => {
  expect(readSettings(required, {}).stage).toBe('dev');
  expect(readSettings({ ...required, stage: 'prod' }, {})).toMatchObject({ stage: 'prod', keepsData: true });
});

test('the context takes precedence over the environment, and empty values count as unset', () => {
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

test.each(['dev', 'prod'])('the stage %s names all missing settings in one message', (stage) => {
  const message = messageOf({ stage });
  expect(message).toContain(`The stage "${stage}" cannot be built:`);
  expect(message).toContain('tokenIssuer is missing: pass -c tokenIssuer=… or set TOKEN_ISSUER');
  expect(message).toContain('tokenAudience is missing: pass -c tokenAudience=… or set TOKEN_AUDIENCE');
});

test('the stage local requires no setting', () => {
  expect(readSettings({ stage: 'local' }, {})).toMatchObject({ isLocal: true, createsGatewayLogRole: false });
});

test('all invalid settings are named in one message', () => {
  const message = messageOf({
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
])('the setting %s', (name, good, bad) => {
  // Each of the two requires the other.
  const both = name.match(/^(domainName|certificateArn)$/) ? { domainName: 'x.example', certificateArn } : {};
  test.each(good)('may be %s', (value) => {
    expect(messageOf({ ...required, ...both, [name]: value })).toBe('');
  });
  test.each(bad)('must not be %s', (value) => {
    const message = messageOf({ ...required, [name]: value });
    expect(message).toContain(`${name} is "${value}", but must be`);
    expect(message).not.toContain('would not start');
  });
});

test.each(['domainName', 'certificateArn'])('%s is refused without its counterpart', (name) => {
  const value = name === 'domainName' ? 'api.example.com' : certificateArn;
  expect(messageOf({ ...required, [name]: value })).toContain('domainName and certificateArn go together');
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
])('a setting with which the function would not start is refused: %j', (bad, variable) => {
  expect(messageOf({ ...required, ...bad })).toMatch(
    new RegExp(`the function would not start\\..*${variable}`),
  );
});

test("the CDK toolkit's own context keys are not read as settings", () => {
  expect(messageOf({ ...required, '@aws-cdk/core:x': true, 'aws:cdk:bundling-stacks': ['**'] })).toBe('');
});

test('the reserved concurrency can be changed or left out', () => {
  const of = (reservedConcurrency?: string) =>
    readSettings({ ...required, stage: 'prod', ...(reservedConcurrency && { reservedConcurrency }) }, {})
      .reservedConcurrency;
  expect([of(), of('7'), of('none')]).toEqual([50, 7, undefined]);
});

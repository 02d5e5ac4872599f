// The settings of a stage: where they come from, and the messages for those that are missing or invalid.
import { describe, expect, test } from 'vitest';
import { readSettings, SettingsError, settingSpecs } from '../../infra/settings/settings.ts';
import { coldExecution, stages, throttleFor } from '../../infra/settings/stages.ts';

const certificateArn = 'arn:aws:acm:eu-central-1:123456789012:certificate/0aa1';
const required = { tokenIssuer: 'https://issuer.example.com', tokenAudience: 'mobile-app' };
const requiredByProd = { ...required, alarmMail: 'oncall@example.com' };

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
  expect(readSettings({ ...requiredByProd, stage: 'prod' }, {})).toMatchObject({
    stage: 'prod',
    keepsData: true,
  });
});

test('the context takes precedence over the environment', () => {
  const env = {
    STAGE: 'prod',
    TOKEN_ISSUER: 'https://env.example.com',
    TOKEN_AUDIENCE: 'env',
    ALARM_MAIL: 'env@example.com',
  };
  const settings = readSettings({ tokenIssuer: 'https://context.example.com' }, env);
  expect(settings.stage).toBe('prod');
  expect(settings.variables).toEqual({ TOKEN_ISSUER: 'https://context.example.com', TOKEN_AUDIENCE: 'env' });
});

describe('an empty value, as from an unset variable of a script, is refused:', () => {
  const optional = settingSpecs.filter(([name]) => !/^(tokenIssuer|tokenAudience)$/.test(name));

  test('of stage and scope: otherwise dev would be built, and no scope checked', () => {
    expect(messageOf({ ...required, stage: '', tokenScope: '' })).toBe(
      'The stage "dev" cannot be built:\n' +
        '  - stage is empty: give -c stage=… a value, or leave it out\n' +
        '  - tokenScope is empty: give -c tokenScope=… a value, or leave it out',
    );
  });

  test.each(optional)('-c %s=', (name, { variable }) => {
    const told = `\n  - ${name} is empty: give -c ${name}=… a value, or leave it out`;
    for (const value of ['', ' ', null]) expect(messageOf({ ...required, [name]: value })).toContain(told);
    // No variable takes its place: the context has precedence.
    expect(messageOf({ ...required, [name]: '' }, { [variable]: 'dev' })).toContain(told);
  });

  test.each(optional)('the variable of %s', (_name, { variable }) => {
    expect(messageOf(required, { [variable]: ' ' })).toContain(
      `\n  - ${variable} is empty: set it to a value, or unset it`,
    );
  });

  test('of a required setting, as missing', () => {
    expect(messageOf({ ...required, tokenAudience: '' }, { TOKEN_ISSUER: '' })).toMatch(
      /^.*\n {2}- tokenAudience is missing: .*$/,
    );
  });

  test('but not of a variable if the context has a value', () => {
    expect(messageOf({ ...required, tokenScope: 'reset' }, { TOKEN_SCOPE: '' })).toBe('');
  });

  test('under a misspelt name too', () => {
    expect(messageOf(required, { TOKEN_SCOP: '' })).toContain('Did you mean TOKEN_SCOPE?');
    expect(messageOf({ ...required, tokenScop: '' })).toContain('tokenScop is not a setting');
  });
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
    'stage must be one of dev, prod, local',
    'tokenAudience is missing',
    'tokenScop is not a setting',
    'TOKEN_MAX_AGE must be a whole number',
    'alarmMail must be one mail address',
    'domainName and certificateArn go together',
  ]) {
    expect(message).toContain(part);
  }
});

describe.each([
  [
    'corsOrigins',
    ['https://app.example.com', 'https://a.example, https://b.example:8443'],
    [
      '*',
      'http://app.example',
      'app.example',
      'http://localhost:5173',
      'https://*.example',
      'https://app.example/',
    ],
  ],
  ['alarmMail', ['a@b.example', 'none'], ['a@b', 'a b@c.example', 'a@b.example,c@d.example']],
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
  ['rollout', ['canary', 'at-once'], ['atonce', 'all', 'none']],
  // The function accepts http on a laptop.
  [
    'tokenIssuer',
    ['https://issuer.example.com/a'],
    ['http://issuer.example.com', 'http://127.0.0.1:3001', 'corp'],
  ],
  [
    'tokenJwksUri',
    ['https://issuer.example.com/keys'],
    ['http://127.0.0.1:3001/jwks', 'ftp://issuer.example.com/keys', 'https://a:b@issuer.example.com/keys'],
  ],
])('the setting %s', (name, good, bad) => {
  // Each of the two requires the other.
  const both = name.match(/^(domainName|certificateArn)$/) ? { domainName: 'x.example', certificateArn } : {};
  test.each(good)('may be %s', (value) => {
    expect(messageOf({ ...required, ...both, [name]: value })).toBe('');
  });
  test.each(bad)('must not be %s', (value) => {
    const message = messageOf({ ...required, [name]: value });
    expect(message).toContain(`${name} must be`);
    expect(message).not.toContain('would not start');
  });
});

test.each(['domainName', 'certificateArn'])('%s is refused without its counterpart', (name) => {
  const value = name === 'domainName' ? 'api.example.com' : certificateArn;
  expect(messageOf({ ...required, [name]: value })).toContain('domainName and certificateArn go together');
});

test.each([
  [{ tokenIssuer: 'https://issuer.example.com?x' }, 'TOKEN_ISSUER'],
  [{ basePaths: '/user/2021-2/' }, 'BASE_PATHS'],
  [{ tokenMaxAge: '0' }, 'TOKEN_MAX_AGE'],
  [{ tokenAudienceClaim: 'sub' }, 'TOKEN_AUDIENCE_CLAIM'],
  [{ tokenBackdating: '601' }, 'TOKEN_BACKDATING'],
  [{ passwordMinLength: '7' }, 'PASSWORD_MIN_LENGTH'],
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
  const flags = { '@aws-cdk/core:x': true, 'aws-cdk:x': true, 'aws:cdk:bundling-stacks': ['**'] };
  const lookUps = { 'availability-zones:account=1:region=eu-central-1': [] };
  expect(messageOf({ ...required, ...flags, ...lookUps })).toBe('');
});

test.each(['tokenScope:', ':tokenScope', 'token:scope', 'TOKEN_SCOPE:', 'tokenScop:'])(
  'a colon does not make %s a key of the CDK',
  (key) => {
    expect(messageOf({ ...required, [key]: 'reset' })).toContain(`\n  - ${key} is not a setting`);
  },
);

const besideStage = settingSpecs.map(([name]) => name).filter((name) => name !== 'stage');

test.each(besideStage)('a bad value of %s is not repeated: it may hold a password', (name) => {
  const message = messageOf({ ...required, [name]: 'https://u:SECRET9753@x.example/,, #' });
  expect(message).toContain('cannot be built');
  expect(message).not.toContain('SECRET9753');
});

test('a URL that was given without a key is not repeated', () => {
  for (const key of ['https://u:SECRET9753@x.example/', 'tokenJwksUri:https://u:SECRET9753@x.example/?a']) {
    const message = messageOf({ ...required, [key]: undefined });
    expect(message).toContain(':/… is not a setting');
    expect(message).not.toContain('SECRET9753');
  }
});

describe('settings that npm run deploy has compared', () => {
  const compare = (compared: object, context: object, env = {}) =>
    messageOf({ ...required, ...context }, { COMPARED_SETTINGS: JSON.stringify(compared), ...env });
  const stage = 'dev';

  test('are accepted, wherever they come from', () => {
    expect(
      compare(
        { ...required, stage, tokenScope: 'a', tokenMaxAge: '9' },
        { tokenMaxAge: 9 },
        { TOKEN_SCOPE: 'a' },
      ),
    ).toBe('');
  });

  test.each([
    ['another one', { tokenScope: 'a', passwordMinLength: '8' }, 'passwordMinLength'],
    ['another value', { tokenScope: 'b', rollout: 'at-once' }, 'tokenScope, rollout'],
    ['another stage', { stage: 'local', tokenScope: 'a' }, 'stage'],
    ['one less', {}, 'tokenScope'],
  ])('are refused with %s', (_what, context, names) => {
    expect(compare({ ...required, stage, tokenScope: 'a' }, context)).toBe(
      `The stage "${'stage' in context ? context.stage : stage}" cannot be built:\n  - npm run deploy has compared another ` +
        `value of ${names}, or none: look at the context in CDK_CONTEXT, ~/.cdk.json and cdk.context.json, or pass it as -c`,
    );
  });
});

test('the issuer may be any name or URL if the URL of the keys is set; that may be http only on a laptop', () => {
  const tokenJwksUri = 'https://issuer.example.com/keys';
  for (const tokenIssuer of ['corp', 'urn:acme:idp', 'http://adfs.example.com/adfs/services/trust']) {
    expect(messageOf({ ...required, tokenIssuer, tokenJwksUri })).toBe('');
    expect(messageOf({ ...required, tokenIssuer })).toContain('tokenIssuer must be the issuer');
  }
  const local = {
    stage: 'local',
    tokenIssuer: 'http://127.0.0.1:3001',
    tokenJwksUri: 'http://127.0.0.1:3001/jwks',
  };
  expect(messageOf(local)).toBe('');
});

test('prod requires a mail address for alarms, or none', () => {
  expect(messageOf({ ...required, stage: 'prod' })).toContain(
    'alarmMail is missing: pass -c alarmMail=… or set ALARM_MAIL (one mail address, or none if',
  );
  expect(readSettings({ ...required, stage: 'prod', alarmMail: 'none' }, {}).alarmMail).toBeUndefined();
  expect(readSettings({ ...required, stage: 'dev' }, {}).alarmMail).toBeUndefined();
});

test.each(
  settingSpecs.flatMap(([name]) =>
    [
      'x',
      'http://127.0.0.1:1/x',
      'https://a:b@c.example',
      'a,,b',
      'a\nb',
      '-1',
      '"',
      'https://x.example#y',
    ].map((value) => [name, value] as const),
  ),
)('no message about %s = %j advises what is not a setting', (name, value) => {
  const message = messageOf({ ...requiredByProd, stage: 'prod', [name]: value });
  const known = settingSpecs.map(([, { variable }]) => variable);
  // "x is not a setting" names none; the value itself may be anything.
  const named = [...message.replaceAll(value, '').matchAll(/\b[A-Z]{2,}(?:_[A-Z]+)+\b/g)].map(
    ([word]) => word,
  );
  expect(named.filter((word) => !known.includes(word))).toEqual([]);
  expect(message).not.toMatch(/\bor http\b/);
});

describe('a misspelt variable of the environment is refused, with the right name:', () => {
  test.each([
    ['TOKEN_SCOP', 'TOKEN_SCOPE'],
    ['TOKEN_SCOPES', 'TOKEN_SCOPE'],
    ['TOKNE_SCOPE', 'TOKEN_SCOPE'],
    ['TOKEN_SCOEP', 'TOKEN_SCOPE'],
    ['TOKENSCOPE', 'TOKEN_SCOPE'],
    ['token_scope', 'TOKEN_SCOPE'],
    ['tokenScope', 'TOKEN_SCOPE'],
    ['TOKEN_MAXAGE', 'TOKEN_MAX_AGE'],
    ['TOKEN_MAX_AGE_SECONDS', 'TOKEN_MAX_AGE'],
    ['TOKEN_MAX_LIFETIME', 'TOKEN_MAX_AGE'],
    ['MAX_TOKEN_AGE', 'TOKEN_MAX_AGE'],
    ['TOKEN_AUDIENCE_CLAIMS', 'TOKEN_AUDIENCE_CLAIM'],
    ['MIN_PASSWORD_LENGTH', 'PASSWORD_MIN_LENGTH'],
    ['PASWORD_MIN_LENGHT', 'PASSWORD_MIN_LENGTH'],
    ['REQUIRED_LINKED_IDENTITIES', 'REQUIRED_LINKED_IDENTITY'],
    ['ALARM_EMAIL', 'ALARM_MAIL'],
    ['CORS_ORIGIN', 'CORS_ORIGINS'],
    ['BASE_PATH', 'BASE_PATHS'],
    ['Stage', 'STAGE'],
  ])('%s', (name, meant) => {
    expect(messageOf(required, { [name]: 'x' })).toBe(
      'The stage "dev" cannot be built:\n' +
        `  - ${name} is not a variable that is read. Did you mean ${meant}? If not, unset it`,
    );
  });

  test('but no variable of another program', () => {
    const innocent = [
      ...[
        'TOKEN',
        'GITHUB_TOKEN',
        'CI_JOB_TOKEN',
        'NPM_TOKEN',
        'TOKEN_URL',
        'TOKEN_FILE',
        'TOKEN_STORE',
        'TOKEN_ID',
      ],
      ...[
        'STATE',
        'STAGE_NAME',
        'CI_JOB_STAGE',
        'STORAGE',
        'PASSWORD',
        'PASSWORD_STORE_DIR',
        'MAIL',
        'MAILTO',
      ],
      ...[
        'PIN_PEPPER',
        'TOKEN_JWKS',
        'TABLE_NAME',
        'PORT',
        'SEED_FILE',
        'ISSUER_PORT',
        'POWERTOOLS_SERVICE_NAME',
      ],
      ...[
        'DOMAIN',
        'HOSTNAME',
        'HOST_DOMAIN_NAME',
        'CI_SERVER_DOMAIN_NAME',
        'BASE_URL',
        'GITHUB_BASE_REF',
        'PATH',
      ],
      ...[
        'EVENT_NAME',
        'GITHUB_EVENT_NAME',
        'CERTIFICATE',
        'SSL_CERT_FILE',
        'OTHER_APP_TOKEN_SCOPE',
        'npm_config_x',
      ],
      ...[
        'AWS_REGION',
        'AWS_ENDPOINT_URL',
        'CDK_DEFAULT_ACCOUNT',
        'CDK_CONTEXT_JSON',
        'CORS',
        'ROLL',
        'CONCURRENCY',
      ],
    ];
    const env = Object.fromEntries(innocent.map((name) => [name, 'x']));
    expect(messageOf(required, env)).toBe('');
  });
});

test('a certificate of the target account must be in the target region', () => {
  const domain = { ...required, domainName: 'api.example.com', certificateArn };
  const at = (region: string, account: string) => ({
    CDK_DEFAULT_REGION: region,
    CDK_DEFAULT_ACCOUNT: account,
  });
  expect(messageOf(domain, at('us-east-1', '123456789012'))).toContain(
    'certificateArn is in eu-central-1, but the stack goes to us-east-1',
  );
  expect(messageOf(domain, at('eu-central-1', '123456789012'))).toBe('');
  // A machine that only synthesizes has no credentials, or those of another account.
  expect(messageOf(domain, { CDK_DEFAULT_REGION: 'us-east-1' })).toBe('');
  expect(messageOf(domain, at('us-east-1', '999999999999'))).toBe('');
  expect(messageOf(required, at('us-east-1', '123456789012'))).toBe('');
  expect(messageOf(required, { CDK_DEFAULT_REGION: 'us-east-1' })).toBe('');
});

test('the reserved concurrency can be changed, and the throttle with it, or left out', () => {
  const of = (reservedConcurrency?: string) => {
    const setting = reservedConcurrency && { reservedConcurrency };
    const settings = readSettings({ ...requiredByProd, stage: 'prod', ...setting }, {});
    return [settings.reservedConcurrency, settings.throttle.rate, settings.throttle.burst];
  };
  expect([of(), of('20'), of('none')]).toEqual([
    [100, 100, 50],
    [20, 20, 10],
    [undefined, 100, 50],
  ]);
});

test('a new version gets all traffic at once only with rollout=at-once', () => {
  const of = (rollout: object) =>
    readSettings({ ...requiredByProd, stage: 'prod', ...rollout }, {}).hasCanary;
  expect([of({}), of({ rollout: 'canary' }), of({ rollout: 'at-once' })]).toEqual([true, true, false]);
});

test.each([2, 3, 7, 10, 50, 100, 999, 9_999])(
  'the throttle for %i executions needs at most these',
  (executions) => {
    const { rate, burst } = throttleFor(executions);
    expect(burst + rate * coldExecution).toBeLessThanOrEqual(executions);
    // And leaves hardly one of them unused.
    expect(burst + rate * coldExecution).toBeGreaterThan(executions - 2);
  },
);

test.each(Object.entries(stages))('the throttle of the stage %s fits its executions', (_stage, profile) => {
  const { throttle, reservedConcurrency = 10 } = profile;
  expect(throttle.burst + throttle.rate * coldExecution).toBeLessThanOrEqual(reservedConcurrency);
});

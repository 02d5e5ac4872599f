// Every check of an access token at its boundary, with a clock that the test sets, and the reason that is logged. The shapes
// of real issuers' tokens are in issuer-shapes.test.ts, the form of a token and its signature in jws.test.ts.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type AccessTokenPolicy,
  createVerifyAccessToken,
} from '../../../../lambda/reset/adapters/access-token.ts';
import { parseKeySet, selectKey } from '../../../../lambda/reset/adapters/signing-keys.ts';
import { forgeToken, rsa } from '../../../support/forge-token.ts';
import { audience, createTokenSigner, issuer } from '../../../support/token-signer.ts';

const signer = await createTokenSigner();
const { keys } = parseKeySet(signer.jwks);
const sign = rsa('RSA-SHA256', signer.privateKey('RS256'));
const goodHeader = { alg: 'RS256', kid: 'RS256', typ: 'at+jwt' };
const now = 2_000_000_000;
const goodPayload = { iss: issuer, aud: audience, sub: 'alice', iat: now - 100, exp: now + 100, jti: 'id' };
const goodPolicy: AccessTokenPolicy = {
  issuer,
  audience: [audience],
  audienceClaim: null,
  requiredScopes: null,
  maxAge: null,
  backdating: 0,
};

function verify(token: string, policy: Partial<AccessTokenPolicy> = {}, at = now) {
  const find = async (kid: string | undefined) => selectKey(keys, kid);
  return createVerifyAccessToken({ ...goodPolicy, ...policy }, { find }, () => at * 1_000)(token);
}

/** The result for a token with these claims and this header: its content, or the code and reason of the refusal. */
async function outcome(
  claims: object,
  policy: Partial<AccessTokenPolicy> = {},
  header: object = {},
): Promise<unknown> {
  const token = forgeToken({ ...goodHeader, ...header }, { ...goodPayload, ...claims }, sign);
  return verify(token, policy).catch(({ code, reason, data }) =>
    [code, reason, ...(Object.keys(data).length > 0 ? [data] : [])].filter((part) => part !== undefined),
  );
}

const accepted = {
  userId: 'alice',
  tokenId: expect.stringMatching(/^[\w-]{43}$/),
  issuedAt: now - 100,
};

it('a good token yields its user, its id and its time of issue', async () => {
  expect(await outcome({})).toEqual(accepted);
});

const others = [null, true, '', 'x', 1, [], {}] as const;
const noTexts = [undefined, null, true, 1, [], ['alice'], {}] as const;
const noTimes = [null, true, '', 'x', String(now), [], [now], {}, -1, -1e300, 1e300, now * 1_000] as const;

describe('a header is refused with the reason for the log:', () => {
  it.each<[string, string, readonly unknown[]]>([
    ['kid malformed', 'kid', ['', 0, 1, { kid: 'RS256' }, ['RS256']]],
    [
      'no signing key for that kid',
      'kid',
      [
        ...[
          'nobody',
          'rs256',
          'RS256\0',
          '__proto__',
          'constructor',
          '../../dev/null',
          'https://attacker.test/key',
        ],
        ...["RS256' OR '1'='1", 'k'.repeat(4_000), undefined, null],
      ],
    ],
    [
      'alg is not that of the key',
      'alg',
      [
        ...[undefined, null, 256, ['RS256'], '', 'none', 'None', 'NONE', 'nOnE', 'rs256', 'RS256 '],
        ...['HS256', 'RS384', 'RS512', 'PS256', 'ES256', 'EdDSA', 'Ed25519'],
      ],
    ],
    ['crit or b64: unsupported header extension', 'crit', [['x-ours'], ['kid'], ['b64'], [], 'exp']],
    ['crit or b64: unsupported header extension', 'b64', [true, false]],
    [
      'typ in the header is not that of an access token',
      'typ',
      [1, '', ['at+jwt'], 'JWS', 'dpop+jwt', 'logout+jwt', 'secevent+jwt', 'id+jwt', 'x-at+jwt'],
    ],
  ])('%s, by %s', async (reason, member, values) => {
    for (const value of values) {
      const result = await outcome({}, {}, { [member]: value });
      expect([member, value, result]).toEqual([member, value, ['token-invalid', reason]]);
    }
  });

  it('wrong signature', async () => {
    const [head, body] = forgeToken(goodHeader, goodPayload, sign).split('.');
    const other = forgeToken(goodHeader, { ...goodPayload, sub: 'bob' }, sign).split('.')[2];
    await expect(verify(`${head}.${body}.${other}`)).rejects.toMatchObject({
      code: 'token-invalid',
      reason: 'wrong signature',
    });
  });
});

it('a token without kid is good under the only key of the issuer', async () => {
  const only = keys.filter(({ kid }) => kid === 'RS256');
  const find = async (kid: string | undefined) => selectKey(only, kid);
  const token = forgeToken({ ...goodHeader, kid: undefined }, goodPayload, sign);
  expect(await createVerifyAccessToken(goodPolicy, { find }, () => now * 1_000)(token)).toEqual(accepted);
});

it.each(['jwk', 'jku', 'x5u', 'x5c', 'x5t', 'x5t#S256', 'iss'])(
  'what a header says of other keys is ignored: %s',
  async (member) => {
    expect(await outcome({}, {}, { [member]: 'https://attacker.test/keys' })).toEqual(accepted);
  },
);

describe('a claim is refused with the reason for the log:', () => {
  it.each<[string, string, readonly unknown[]]>([
    [
      'iss is another issuer',
      'iss',
      [
        ...[undefined, ...others, `${issuer}/`, issuer.toUpperCase(), `${issuer} `, [issuer]],
        ...[['https://attacker.test', issuer], `${issuer}.attacker.test`, { toString: issuer }],
      ],
    ],
    [
      'aud missing or malformed',
      'aud',
      [undefined, null, true, 1, {}, [1], [audience, 1], [[audience]], { 0: audience }],
    ],
    [
      'aud is another audience',
      'aud',
      ['', 'x', [], ['x', ''], `${audience}/`, audience.toUpperCase(), `${audience} other`],
    ],
    [
      'sub missing or malformed',
      'sub',
      [
        ...[
          ...noTexts,
          '',
          'alice\0',
          '\u0000',
          'a\nb',
          'a\u007f',
          'a\u0085b',
          'a\u200bb',
          '\u202ealice',
          '\ud800',
        ],
        ...['al\ufffdce', 's'.repeat(256), '\u{1f600}'.repeat(256)],
      ],
    ],
    ['iat missing, malformed or in the future', 'iat', [undefined, ...noTimes, now + 6]],
    [
      'exp missing, malformed or before iat',
      'exp',
      [undefined, ...noTimes, now - 100, now - 101, 253_402_300_800],
    ],
    ['nbf malformed or in the future', 'nbf', [...noTimes.slice(1), now + 6]],
    ...['token_use', 'typ'].map((claim): [string, string, readonly unknown[]] => [
      `${claim} is not that of an access token`,
      claim,
      [
        ...[true, '', 'x', 1, {}, [''], [1], ['access', 1], ['access', 'DPoP'], [['access']]],
        'ID',
        'id',
        'Refresh',
        'Offline',
        'Logout',
        'DPoP',
        'registration-access',
        'access2',
        ['access', 'refresh'],
      ],
    ]),
    ...['type', 'token_type', 'tokenType', 'use'].map((claim): [string, string, readonly unknown[]] => [
      `${claim} is not that of an access token`,
      claim,
      [
        ...[
          'refresh',
          'REFRESH',
          'refresh_token',
          'RefreshToken',
          'oauth2-refresh',
          'offline',
          'offline_token',
        ],
        ...[
          'id',
          'ID',
          'id_token',
          'idToken',
          'IDToken',
          'id+jwt',
          'ID Token',
          'id.token',
          ' id ',
          'urn:ietf:params:oauth:token-type:id_token',
        ],
        ...['logout', 'logout+jwt', 'LogoutToken', 'urn:ietf:params:oauth:token-type:refresh_token'],
        ...[['refresh'], ['access', 'id_token'], [1, 'Offline']],
      ],
    ]),
    [
      'events: a security event or logout token',
      'events',
      [{ 'http://schemas.openid.net/event/backchannel-logout': {} }, {}, []],
    ],
    ['cnf: a token bound to a key', 'cnf', [{ jkt: 'thumbprint' }, { 'x5t#S256': 'thumbprint' }, {}]],
  ])('%s, by %s', async (reason, claim, values) => {
    for (const value of values) {
      const result = await outcome({ [claim]: value });
      expect([claim, value, result]).toEqual([claim, value, ['token-invalid', reason]]);
    }
  });

  it.each(['1e999', '-1e999', '1e400'])('a time beyond the range of numbers: %s', async (exp) => {
    const payload = JSON.stringify({ ...goodPayload, exp: 0 }).replace('"exp":0', `"exp":${exp}`);
    await expect(verify(forgeToken(goodHeader, payload, sign))).rejects.toMatchObject({
      reason: 'exp missing, malformed or before iat',
    });
  });

  it.each(['nonce', 'at_hash', 'c_hash', 's_hash'])(
    '%s: an ID token, without any mark of an access token',
    async (claim) => {
      for (const value of ['n', '', 0]) {
        for (const neutral of [{}, { type: 'user' }, { typ: 'JWT' }, { scope: null, scp: {}, client_id: 1 }])
          expect(await outcome({ [claim]: value, ...neutral }, {}, { typ: 'JWT' })).toEqual([
            'token-invalid',
            `${claim}: an ID token`,
          ]);
      }
    },
  );

  it('events, cnf or type, although other claims say that it is an access token', async () => {
    const claims = { token_use: 'access', scope: 'reset', client_id: 'app', nonce: 'n' };
    expect(await outcome({ ...claims, events: {} })).toEqual([
      'token-invalid',
      'events: a security event or logout token',
    ]);
    expect(await outcome({ ...claims, cnf: {} })).toEqual(['token-invalid', 'cnf: a token bound to a key']);
    expect(await outcome({ ...claims, type: 'id' })).toEqual([
      'token-invalid',
      'type is not that of an access token',
    ]);
  });
});

describe('a claim that is not used refuses no token:', () => {
  it.each([
    'jti',
    'scope',
    'scp',
    'auth_time',
    'azp',
    'client_id',
    'name',
    'groups',
    'amr',
    'type',
    'use',
    'permissions',
  ])('%s', async (claim) => {
    for (const value of [...others, ...noTimes, now + 3_600, ['x'], '\ud800', 'j'.repeat(3_000)])
      expect([claim, value, await outcome({ [claim]: value })]).toEqual([claim, value, accepted]);
  });
});

it.each(['identity', 'paid', 'user', 'sig', 'validtoken', 'ID card', 'jwt_bearer2'])(
  'a claim that tells the kind of something other than the token may be %s',
  async (value) => {
    for (const claim of ['type', 'token_type', 'tokenType', 'use'])
      expect(await outcome({ [claim]: value })).toEqual(accepted);
  },
);

describe('an access token may have', () => {
  it('null for a member that it does not have', async () => {
    const names = [
      ...['nbf', 'auth_time', 'events', 'cnf', 'nonce', 'at_hash', 'c_hash', 's_hash', 'scope', 'scp'],
      ...['token_use', 'typ', 'type', 'token_type', 'tokenType', 'use', 'client_id', '__proto__'],
    ];
    const claims = Object.fromEntries(names.map((name) => [name, null]));
    const header = { typ: null, crit: null, b64: null };
    expect(await outcome(claims, { maxAge: 200 }, header)).toEqual(accepted);
  });

  it('a list of kinds, as long as all of them are those of an access token', async () => {
    for (const kinds of [['access'], ['JWT', 'Bearer'], []])
      expect(await outcome({ token_use: kinds, typ: kinds, type: kinds })).toEqual(accepted);
    expect(await outcome({ nonce: 'n', use: ['user', 'access'] }, {}, { typ: 'JWT' })).toEqual(accepted);
  });

  it.each([undefined, 'JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt'])(
    'typ %s in its header',
    async (typ) => {
      expect(await outcome({}, {}, { typ })).toEqual(accepted);
    },
  );

  it.each<object>([
    { typ: 'Bearer' },
    { typ: 'at+jwt' },
    { token_use: 'ACCESS' },
    { type: 'access' },
    { token_type: 'Bearer' },
    { token_type: 'urn:ietf:params:oauth:token-type:access_token' },
    { tokenType: 'access-token' },
    { use: 'access_token' },
    { token_use: 'access', typ: 'Bearer' },
    { type: 'user', token_use: 'access' },
    { scope: 'openid' },
    { scope: '' },
    { scope: ['openid'] },
    { scp: 'openid' },
    { scp: [] },
    { client_id: 'app' },
  ])('the marks of an ID token beside %j in its claims', async (claims) => {
    const marks = { nonce: 'n', at_hash: 'h', c_hash: 'h', s_hash: 'h' };
    expect(await outcome({ ...claims, ...marks }, {}, { typ: undefined })).toEqual(accepted);
  });

  it('the marks of an ID token if its header says that it is an access token', async () => {
    expect(await outcome({ nonce: 'n' }, {}, { typ: 'at+jwt' })).toEqual(accepted);
    expect(await outcome({ nonce: 'n' }, {}, { typ: 'application/at+jwt' })).toEqual(accepted);
  });

  it.each(['s'.repeat(255), '\u{1f600}'.repeat(255), 'zo\u00eb', ':issuedAt OR attribute_exists(userId)'])(
    'any user of 1 to 255 characters: %s',
    async (sub) => {
      expect(await outcome({ sub })).toEqual({ ...accepted, userId: sub });
    },
  );
});

describe('the times of a token:', () => {
  it.each<[string, object]>([
    ['issued five seconds in the future', { iat: now + 5 }],
    ['valid from five seconds in the future', { nbf: now + 5 }],
    ['that expires at the last second of the year 9999', { exp: 253_402_300_799 }],
    ['issued at second zero', { iat: 0 }],
    ['that expires a millisecond from now', { exp: now + 0.001 }],
  ])('a token %s is accepted', async (_name, claims) => {
    expect(await outcome(claims)).toMatchObject({ userId: 'alice' });
  });

  it.each([now, now - 1])('a token that expired at %d is refused as expired', async (exp) => {
    expect(await outcome({ exp })).toEqual(['token-expired']);
  });

  it.each([
    [now - 100.5, now - 100.5],
    [now - 100.123_4, now - 100.124],
    [1.999_9, 1.999],
    [5e-324, 0],
  ])('an iat of %d is rounded down to the millisecond: %d', async (iat, issuedAt) => {
    expect(await outcome({ iat })).toMatchObject({ issuedAt });
  });
});

describe('the maximum age of the login', () => {
  it.each<[object, boolean]>([
    [{ iat: now - 60 }, true],
    [{ iat: now - 61 }, false],
    [{ iat: now - 61, auth_time: now - 60 }, true],
    [{ iat: now - 10, auth_time: now - 61 }, false],
    [{ iat: now - 10, auth_time: 0 }, false],
  ])('of 60 seconds is met by %j: %s', async (claims, isRecent) => {
    const expected = isRecent
      ? { ...accepted, issuedAt: expect.any(Number) }
      : ['authentication-too-old', { maxAge: 60 }];
    expect(await outcome(claims, { maxAge: 60 })).toEqual(expected);
  });

  it.each([...noTimes.slice(1), now + 6])(
    'is refused if auth_time is no time in the past: %j',
    async (authTime) => {
      expect(await outcome({ auth_time: authTime }, { maxAge: 60 })).toEqual([
        'token-invalid',
        'auth_time malformed or in the future',
      ]);
    },
  );

  it('may be five seconds in the future', async () => {
    expect(await outcome({ auth_time: now + 5 }, { maxAge: 60 })).toEqual(accepted);
  });

  it('is not checked if none is configured', async () => {
    expect(await outcome({ auth_time: 0 })).toEqual(accepted);
  });
});

describe('an issuer that sets iat back by 300 seconds', () => {
  const backdating = 300;

  it('issued a token 300 seconds after its iat', async () => {
    expect(await outcome({ iat: now - 300 }, { backdating })).toEqual({ ...accepted, issuedAt: now });
    expect(await outcome({ iat: now - 295 }, { backdating })).toEqual({ ...accepted, issuedAt: now + 5 });
    expect(await outcome({ iat: now - 294 }, { backdating })).toEqual([
      'token-invalid',
      'iat missing, malformed or in the future',
    ]);
  });

  it('issues no token that expires before it is issued', async () => {
    const iat = now - 400;
    expect(await outcome({ iat, exp: now - 100 }, { backdating })).toEqual([
      'token-invalid',
      'exp missing, malformed or before iat',
    ]);
    expect(await outcome({ iat, exp: now - 99 }, { backdating })).toEqual(['token-expired']);
  });

  it('has the maximum age of the login counted from the true time', async () => {
    const policy = { backdating, maxAge: 60 };
    expect(await outcome({ iat: now - 360 }, policy)).toEqual({ ...accepted, issuedAt: now - 60 });
    expect(await outcome({ iat: now - 361 }, policy)).toEqual(['authentication-too-old', { maxAge: 60 }]);
    expect(await outcome({ iat: now - 300, auth_time: now - 61 }, policy)).toEqual([
      'authentication-too-old',
      { maxAge: 60 },
    ]);
  });
});

describe('the required scopes', () => {
  const requiredScopes = ['reset', 'openid'];
  it.each<[unknown, boolean]>([
    ['reset openid', true],
    ['openid profile reset', true],
    ['reset', false],
    ['openid', false],
    ['resets openid', false],
    ['resetopenid', false],
    ['reset\topenid', false],
    ['', false],
    [undefined, false],
  ])('are met by the scope claim %j: %s', async (scope, isEnough) => {
    const expected = isEnough ? accepted : ['insufficient-scope', { scope: 'reset openid' }];
    expect(await outcome({ scope }, { requiredScopes })).toEqual(expected);
  });

  it.each<[object, boolean]>([
    [{ scp: 'reset openid' }, true],
    [{ scp: ['reset', 'openid'] }, true],
    [{ scope: ['reset', 'openid', 'x'] }, true],
    [{ scope: 'reset', scp: ['openid'] }, true],
    [{ scope: ['reset'], scp: 'x openid' }, true],
    [{ scope: null, scp: ['reset', 'openid', 1, null, {}] }, true],
    [{ scope: { reset: true }, scp: 'openid' }, false],
    [{ scp: ['reset'] }, false],
    [{ scope: [['reset', 'openid']] }, false],
    [{ scopes: ['reset', 'openid'], permissions: ['reset', 'openid'] }, false],
  ])('are met by %j: %s', async (claims, isEnough) => {
    const expected = isEnough ? accepted : ['insufficient-scope', { scope: 'reset openid' }];
    expect(await outcome(claims, { requiredScopes })).toEqual(expected);
  });

  it('are met by a token without a scope claim only if there are none', async () => {
    expect(await outcome({}, { requiredScopes: null })).toEqual(accepted);
    expect(await outcome({}, { requiredScopes: ['Stryker', 'was', 'here!'] })).toEqual([
      'insufficient-scope',
      { scope: 'Stryker was here!' },
    ]);
    // A scope that is missing or not a text grants nothing.
    const requirement = ['Stryker was here'];
    for (const claims of [{}, { scope: 1, scp: [null] }])
      expect(await outcome(claims, { requiredScopes: requirement })).toMatchObject([
        'insufficient-scope',
        {},
      ]);
  });
});

describe('the id of a token', () => {
  it.each<[string, unknown]>([
    ['with a jti', 'x'],
    ['with half a surrogate pair in its jti', 'x\ud800'],
    ['without a jti', undefined],
  ])('is the SHA-256 of its signed part: %s', async (_name, jti) => {
    const token = forgeToken(goodHeader, { ...goodPayload, jti }, sign);
    const signed = token.split('.').slice(0, 2).join('.');
    const { tokenId } = await verify(token);
    expect(tokenId).toBe(createHash('sha256').update(signed).digest('base64url'));
  });
});

describe('the audience', () => {
  it('is one of several accepted ones, and may be among others', async () => {
    const policy = { audience: ['other', audience] };
    expect(await outcome({}, policy)).toEqual(accepted);
    expect(await outcome({ aud: ['x', 'other'] }, policy)).toEqual(accepted);
  });

  it.each(['client_id', 'azp'] as const)(
    'is read from %s if that is set, and from nothing else',
    async (audienceClaim) => {
      const policy = { audienceClaim };
      expect(await outcome({ [audienceClaim]: audience, aud: { not: 'used' } }, policy)).toEqual(accepted);
      expect(await outcome({ [audienceClaim]: 'other' }, policy)).toEqual([
        'token-invalid',
        `${audienceClaim} is another audience`,
      ]);
      for (const value of [...noTexts, [audience]])
        expect(await outcome({ [audienceClaim]: value }, policy)).toEqual([
          'token-invalid',
          `${audienceClaim} missing or malformed`,
        ]);
    },
  );
});

describe('the issuer', () => {
  const cognito = { sub: 'alice', aud: undefined, client_id: audience, token_use: 'access' };

  it.each([
    'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC123',
    'https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_x',
    'https://issuer-cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_Zz9',
  ])('%s is a Cognito user pool: token_use and client id are checked', async (pool) => {
    const result = (claims: object, policy = {}) =>
      outcome({ ...cognito, iss: pool, ...claims }, { issuer: pool, ...policy });
    expect(await result({})).toEqual(accepted);
    expect(await result({ client_id: 'other' })).toEqual(['token-invalid', 'client_id is another audience']);
    expect(await result({ client_id: undefined })).toEqual([
      'token-invalid',
      'client_id missing or malformed',
    ]);
    for (const use of ['id', 'refresh', 'ACCESS', undefined, null, ['access']])
      expect(await result({ token_use: use, aud: audience })).toEqual([
        'token-invalid',
        'token_use is not that of an access token',
      ]);
  });

  it('that is a Cognito user pool binds tokens to an API by aud, which then decides alone', async () => {
    const pool = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC123';
    const result = (claims: object, policy = {}) =>
      outcome({ ...cognito, iss: pool, ...claims }, { issuer: pool, ...policy });
    expect(await result({ aud: audience, client_id: 'other' })).toEqual(accepted);
    expect(await result({ aud: 'other' })).toEqual(['token-invalid', 'aud is another audience']);
    expect(await result({ aud: null })).toEqual(accepted);
    expect(await result({ aud: {} })).toEqual(['token-invalid', 'aud missing or malformed']);
    expect(await result({}, { audienceClaim: 'aud' })).toEqual(['token-invalid', 'aud missing or malformed']);
  });

  it.each([
    'x-https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC123',
    'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC123/',
    'https://cognito-idp.eu-central-1.amazonaws.com.attacker.test/eu-central-1_AbC123',
    'https://cognito-idp.eu-central-1.attacker.test/eu-central-1_AbC123',
    'https://cognito-idp.amazonaws.com/eu-central-1_AbC123',
    'http://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC123',
  ])('%s is not a Cognito user pool: the audience is checked', async (other) => {
    expect(await outcome({ ...cognito, iss: other }, { issuer: other })).toEqual([
      'token-invalid',
      'aud missing or malformed',
    ]);
    expect(await outcome({ iss: other }, { issuer: other })).toEqual(accepted);
  });
});

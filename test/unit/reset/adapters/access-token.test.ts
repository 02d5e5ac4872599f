// Every check of an access token at its boundary, with a clock that the test sets, and the reason that is logged.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type AccessTokenPolicy,
  createAccessTokenVerifier,
} from '../../../../lambda/reset/adapters/access-token.ts';
import { parseKeySet } from '../../../../lambda/reset/adapters/signing-keys.ts';
import { encodePart, forgeToken, rsa } from '../../../support/forge-token.ts';
import { audience, createTokenSigner, issuer } from '../../../support/token-signer.ts';

const signer = await createTokenSigner();
const { keys } = parseKeySet(signer.jwks);
const sign = rsa('RSA-SHA256', signer.privateKey('RS256'));
const goodHeader = { alg: 'RS256', kid: 'RS256', typ: 'at+jwt' };
const now = 2_000_000_000;
const goodPayload = { iss: issuer, aud: audience, sub: 'alice', iat: now - 100, exp: now + 100, jti: 'id' };
const goodPolicy: AccessTokenPolicy = { issuer, audience: [audience], requiredScopes: null, maxAge: null };

function verify(token: string, policy: Partial<AccessTokenPolicy> = {}, at = now) {
  const find = async (kid: string) => keys.get(kid);
  return createAccessTokenVerifier({ ...goodPolicy, ...policy }, { find }, () => at * 1_000)(token);
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

describe('a refusal carries the reason for the log:', () => {
  it.each<[string, object, object?]>([
    ['no kid', {}, { kid: undefined }],
    ['no kid', {}, { kid: '' }],
    ['no signing key with that kid', {}, { kid: 'other' }],
    ['unsupported header extension', {}, { crit: ['x'] }],
    ['unsupported header extension', {}, { b64: true }],
    ['typ is not that of an access token', {}, { typ: 'dpop+jwt' }],
    ['claim token_use or typ is not that of an access token', { token_use: 'id' }],
    ['typ is not that of an access token', {}, { typ: 1 }],
    ['typ is not that of an access token', {}, { typ: ['at+jwt'] }],
    ['claim token_use or typ is not that of an access token', { token_use: 1 }],
    ['claim token_use or typ is not that of an access token', { token_use: null, typ: 'Bearer' }],
    ['claim token_use or typ is not that of an access token', { token_use: 'access', typ: 'ID' }],
    ['an ID token', { nonce: 'n' }],
    ['an ID token', { at_hash: 'h' }],
    ['an ID token', { c_hash: 'h' }],
    ['a security event or logout token', { events: {} }],
    ['a security event or logout token', { events: null, token_use: 'access' }],
    ['sub missing or malformed', { sub: undefined }],
    ['sub missing or malformed', { sub: 's'.repeat(256) }],
    ['sub missing or malformed', { sub: 'al\ufffdce' }],
    ['iat missing, malformed or in the future', { iat: undefined }],
    ['iat missing, malformed or in the future', { iat: now + 6, exp: now + 9 }],
    ['exp missing, malformed or before iat', { exp: undefined }],
    ['exp missing, malformed or before iat', { exp: now - 100 }],
    ['exp missing, malformed or before iat', { exp: 253_402_300_800 }],
    ['nbf malformed or in the future', { nbf: -1 }],
    ['nbf malformed or in the future', { nbf: now + 6 }],
    ['auth_time malformed or in the future', { auth_time: 'x' }],
    ['auth_time malformed or in the future', { auth_time: String(now) }],
    ['auth_time malformed or in the future', { auth_time: true }],
    ['auth_time malformed or in the future', { auth_time: now + 6 }],
    ['another issuer', { iss: 'other' }],
    ['another audience', { aud: 'other' }],
  ])('%s', async (reason, claims, header = {}) => {
    expect(await outcome(claims, {}, header)).toEqual(['token-invalid', reason]);
  });

  it('not canonical base64url', async () => {
    const token = forgeToken(goodHeader, goodPayload, sign);
    await expect(verify(`${token}=`)).rejects.toMatchObject({ reason: 'not canonical base64url' });
    await expect(verify(`${token}=`)).rejects.toHaveProperty('cause.message', 'not canonical base64url');
  });

  it.each<[string, string | Buffer, string | Buffer]>([
    [
      'payload',
      JSON.stringify(goodHeader),
      Buffer.from(JSON.stringify({ ...goodPayload, x: '\xe9' }), 'latin1'),
    ],
    [
      'header',
      Buffer.from(JSON.stringify({ ...goodHeader, x: '\xe9' }), 'latin1'),
      JSON.stringify(goodPayload),
    ],
  ])('not UTF-8, in the %s', async (_name, header, payload) => {
    await expect(verify(forgeToken(header, payload, sign))).rejects.toMatchObject({
      code: 'token-invalid',
      reason: 'not UTF-8',
    });
  });

  it('none for a token whose non-ASCII characters are UTF-8', async () => {
    expect(await outcome({ sub: 'zoë' }, {}, { x: 'é' })).toEqual({ ...accepted, userId: 'zoë' });
  });

  it('token too long, above 8192 characters', async () => {
    const ofLength = (length: number) => {
      // The last part is padded with base64 of zeros, which allows every length.
      const token = forgeToken(goodHeader, { ...goodPayload, pad: '' }, sign);
      return token + 'A'.repeat(length - token.length);
    };
    await expect(verify(ofLength(8_193))).rejects.toMatchObject({ reason: 'token too long' });
    await expect(verify(ofLength(8_192))).rejects.not.toMatchObject({ reason: 'token too long' });
  });

  it('wrong signature, and algorithm does not match the key', async () => {
    const [head, , signature] = forgeToken(goodHeader, goodPayload, sign).split('.');
    const other = encodePart({ ...goodPayload, sub: 'bob' });
    await expect(verify(`${head}.${other}.${signature}`)).rejects.toMatchObject({
      reason: 'wrong signature',
    });
    const token = forgeToken({ ...goodHeader, alg: 'RS512' }, goodPayload, sign);
    await expect(verify(token)).rejects.toMatchObject({ reason: 'algorithm does not match the key' });
  });

  it('malformed, where the token has too few parts', async () => {
    await expect(verify('AAAA')).rejects.toMatchObject({ code: 'token-invalid', reason: 'malformed' });
  });
});

describe('an access token may have', () => {
  it.each([undefined, 'JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt'])(
    'typ %s in its header',
    async (typ) => {
      expect(await outcome({}, {}, { typ })).toEqual(accepted);
    },
  );

  it.each<object>([
    { token_use: 'access' },
    { token_use: 'ACCESS', nonce: 'n' },
    { typ: 'Bearer', at_hash: 'h' },
    { typ: 'access', c_hash: 'h' },
    { token_use: 'access', typ: 'Bearer' },
  ])('%j in its claims', async (claims) => {
    expect(await outcome(claims)).toEqual(accepted);
  });
});

describe('the times of a token:', () => {
  it.each<[string, object]>([
    ['issued five seconds in the future', { iat: now + 5 }],
    ['valid from five seconds in the future', { nbf: now + 5 }],
    ['with a login five seconds in the future', { auth_time: now + 5 }],
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

  it('is not checked where none is configured', async () => {
    expect(await outcome({ auth_time: 0 })).toEqual(accepted);
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

  it('are met by a token without a scope claim only if there are none', async () => {
    expect(await outcome({}, { requiredScopes: null })).toEqual(accepted);
    expect(await outcome({}, { requiredScopes: ['Stryker', 'was', 'here!'] })).toEqual([
      'insufficient-scope',
      { scope: 'Stryker was here!' },
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

describe('the issuer', () => {
  const cognito = { sub: 'alice', aud: undefined, client_id: audience, token_use: 'access' };

  it.each([
    'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC123',
    'https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_x',
    'https://issuer-cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_Zz9',
  ])('%s is a Cognito user pool: the client id is checked', async (pool) => {
    expect(await outcome({ ...cognito, iss: pool }, { issuer: pool })).toEqual(accepted);
    expect(await outcome({ ...cognito, iss: pool, client_id: 'other' }, { issuer: pool })).toEqual([
      'token-invalid',
      'another client id',
    ]);
    expect(
      await outcome({ ...cognito, iss: pool, client_id: undefined, aud: audience }, { issuer: pool }),
    ).toEqual(['token-invalid', 'another client id']);
    expect(await outcome({ ...cognito, iss: pool, token_use: 'id' }, { issuer: pool })).toEqual([
      'token-invalid',
      'token_use is not that of an access token',
    ]);
    expect(await outcome({ ...cognito, iss: pool, token_use: undefined }, { issuer: pool })).toEqual([
      'token-invalid',
      'token_use is not that of an access token',
    ]);
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
      'another audience',
    ]);
    expect(await outcome({ iss: other }, { issuer: other })).toEqual(accepted);
  });
});

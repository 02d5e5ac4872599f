// Tokens from attackers and broken issuers: each is refused without a call to the table, by the code in the contract.
import { createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../../infra/local/listen.ts';
import { ecdsa, encodePart, forgeToken, hmac, rsa, rsaWithExponentOne } from '../support/forge-token.ts';
import { resetPath } from '../support/http-client.ts';
import { startService, type TestService } from '../support/service.ts';
import { createTokenSigner, goodClaims, issuer, type TokenSigner } from '../support/token-signer.ts';

let signer: TokenSigner;
let service: TestService;
/** A server that an attacker would like the function to call. */
let attackerServer: Server & { calls: number; url: string };

const weakPair = generateKeyPairSync('rsa', { modulusLength: 1024 });
const plainPair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const attacker = generateKeyPairSync('rsa', { modulusLength: 2048 });
const attackerEc = generateKeyPairSync('ec', { namedCurve: 'P-256' });

beforeAll(async () => {
  signer = await createTokenSigner();
  const extraKeys = [
    { ...jwk(weakPair.publicKey), kid: 'weak', alg: 'RS256' },
    { ...jwk(plainPair.publicKey), kid: 'no-alg' },
    { ...jwk(plainPair.publicKey), kid: 'for-encryption', use: 'enc' },
    { ...jwk(plainPair.publicKey), kid: 'for-wrapping', key_ops: ['wrapKey'] },
    { ...jwk(plainPair.publicKey), kid: 'labelled-ec', alg: 'ES256' },
    { ...jwk(plainPair.publicKey), kid: 'labelled-pss', alg: 'PS256' },
    { ...jwk(plainPair.publicKey), kid: 'labelled-hmac', alg: 'HS256' },
    { ...jwk(plainPair.publicKey), kid: 'exponent-one', e: 'AQ' },
    { ...jwk(plainPair.publicKey), kid: 'exponent-one-padded', e: 'AAAAAQ' },
    { ...jwk(plainPair.privateKey), kid: 'private' },
    {
      kty: 'oct',
      k: Buffer.from('a shared secret that somebody published').toString('base64url'),
      kid: 'oct',
    },
  ];
  service = await startService({ TOKEN_JWKS: JSON.stringify({ keys: [...signer.jwks.keys, ...extraKeys] }) });
  await service.put({ userId: 'alice', password: 'old', pin: '5621', paymentMethods: { visa: {} } });
  attackerServer = Object.assign(
    createServer((_request, response) => response.end(String(++attackerServer.calls))),
    {
      calls: 0,
      url: '',
    },
  );
  attackerServer.url = await listen(attackerServer, 0, 'PORT');
});
afterAll(async () => {
  attackerServer.close();
  await service.close();
});

/** Sends a token and expects a refusal without a call to the table. */
async function expectRefused(token: string, code = 'token-invalid'): Promise<void> {
  const before = await service.item('alice');
  service.proxy.calls.length = 0;
  const answer = await service.reset(token);
  expect([answer.status, answer.code]).toEqual([code === 'insufficient-scope' ? 403 : 401, code]);
  expect(service.proxy.calls).toEqual([]);
  expect(await service.item('alice')).toEqual(before);
}

/** Expects that a token of an unknown user is accepted: the answer is user-not-found. */
async function expectAccepted(token: string): Promise<void> {
  const answer = await service.reset(token);
  expect([answer.status, answer.code]).toEqual([404, 'user-not-found']);
}

const payload = () => ({ ...goodClaims(), sub: 'alice' });
const header = { alg: 'RS256', kid: 'RS256', typ: 'at+jwt' };
const rightRsa = () => rsa('RSA-SHA256', signer.privateKey('RS256'));
const publicPem = () => publicKeyOf('RS256').export({ type: 'spki', format: 'pem' });
const unsigned = () => Buffer.alloc(0);

function publicKeyOf(kid: string): KeyObject {
  return createPublicKey({
    key: signer.jwks.keys.find((key) => key.kid === kid) as JsonWebKey,
    format: 'jwk',
  });
}

function jwk(key: KeyObject): JsonWebKey {
  return key.export({ format: 'jwk' });
}

describe("the token's algorithm", () => {
  it('is accepted if correctly signed by the helpers that sign the refused tokens below', async () => {
    await expectAccepted(forgeToken(header, { ...goodClaims(), sub: 'nobody' }, rightRsa()));
  });

  it.each(['ES256', 'EdDSA'] as const)('is accepted with a key for it: %s', async (alg) => {
    await expectAccepted(await signer.sign({ sub: 'nobody' }, { alg }));
  });

  it.each(['none', 'None', 'NONE', 'nOnE', ''])('is refused if it means no signature: "%s"', async (alg) => {
    await expectRefused(forgeToken({ ...header, alg }, payload(), unsigned));
    await expectRefused(`${forgeToken({ ...header, alg }, payload(), unsigned)}AA`);
    await expectRefused(forgeToken({ ...header, alg }, payload(), rightRsa()));
  });

  it.each<[string, unknown]>([
    ['missing', undefined],
    ['null', null],
    ['a number', 256],
    ['an array', ['RS256']],
    ['lower-case', 'rs256'],
    ['with a space', 'RS256 '],
  ])('is refused if it is %s', async (_name, alg) => {
    await expectRefused(forgeToken({ ...header, alg }, payload(), rightRsa()));
  });

  it.each<[string, () => string | Buffer]>([
    ['PEM', publicPem],
    ['PEM without its last line break', () => publicPem().toString().trimEnd()],
    ['PKCS #1 PEM', () => publicKeyOf('RS256').export({ type: 'pkcs1', format: 'pem' })],
    ['DER', () => publicKeyOf('RS256').export({ type: 'spki', format: 'der' })],
    ['JWK', () => JSON.stringify(signer.jwks.keys[0])],
    ['modulus in base64url', () => String(signer.jwks.keys[0]?.n)],
    ['modulus', () => Buffer.from(String(signer.jwks.keys[0]?.n), 'base64url')],
    ['empty string', () => ''],
  ])('is refused if it is HMAC with the public key as secret: %s', async (_name, secret) => {
    for (const bits of ['256', '384', '512']) {
      await expectRefused(
        forgeToken({ ...header, alg: `HS${bits}` }, payload(), hmac(`sha${bits}`, secret())),
      );
    }
  });

  it('is refused if it is HMAC with a shared secret from the key set', async () => {
    const sign = hmac('sha256', 'a shared secret that somebody published');
    await expectRefused(forgeToken({ alg: 'HS256', kid: 'oct' }, payload(), sign));
  });

  it.each(['RS384', 'RS512'])('is refused with a key for RS256, named or implied: %s', async (alg) => {
    const digest = `RSA-SHA${alg.slice(2)}`;
    await expectRefused(forgeToken({ ...header, alg }, payload(), rsa(digest, signer.privateKey('RS256'))));
    await expectRefused(
      forgeToken({ ...header, alg, kid: 'no-alg' }, payload(), rsa(digest, plainPair.privateKey)),
    );
  });

  it('may be RS256 with an RSA key without "alg"', async () => {
    const sign = rsa('RSA-SHA256', plainPair.privateKey);
    await expectAccepted(forgeToken({ ...header, kid: 'no-alg' }, { ...goodClaims(), sub: 'nobody' }, sign));
  });

  it('is refused if it is of RSA with an EC key, or of EC with an RSA key', async () => {
    await expectRefused(
      forgeToken({ ...header, kid: 'ES256' }, payload(), ecdsa(signer.privateKey('ES256'))),
    );
    await expectRefused(forgeToken({ ...header, kid: 'ES256' }, payload(), rightRsa()));
    await expectRefused(forgeToken({ ...header, alg: 'ES256' }, payload(), rightRsa()));
    await expectRefused(
      forgeToken({ ...header, alg: 'ES256' }, payload(), ecdsa(signer.privateKey('ES256'))),
    );
  });

  it('ES256 is refused with a signature of zeros', async () => {
    await expectRefused(
      forgeToken({ ...header, alg: 'ES256', kid: 'ES256' }, payload(), () => Buffer.alloc(64)),
    );
  });

  it.each(['exponent-one', 'exponent-one-padded'])(
    'is refused under the key "%s" of the set, for which anybody can sign',
    async (kid) => {
      await expectRefused(forgeToken({ ...header, kid }, payload(), rsaWithExponentOne(256)));
    },
  );

  it.each([
    'weak',
    'for-encryption',
    'for-wrapping',
    'labelled-ec',
    'labelled-pss',
    'labelled-hmac',
    'private',
  ])('is refused under the unusable key "%s" of the set, even with a correct signature', async (kid) => {
    const key = kid === 'weak' ? weakPair.privateKey : plainPair.privateKey;
    await expectRefused(forgeToken({ ...header, kid }, payload(), rsa('RSA-SHA256', key)));
  });
});

describe("the token's key", () => {
  it.each<[string, unknown]>([
    ['missing', undefined],
    ['empty', ''],
    ['null', null],
    ['unknown', 'nobody'],
    ['a number', 1],
    ['zero', 0],
    ['an object', { kid: 'RS256' }],
    ['an array', ['RS256']],
    ['path-like', '../../../../dev/null'],
    ['absolute', '/etc/passwd'],
    ['a URL', 'https://attacker.test/key'],
    ['SQL', "RS256' OR '1'='1"],
    ['the inherited name __proto__', '__proto__'],
    ['the inherited name constructor', 'constructor'],
    ['with a NUL', 'RS256\0'],
    ['in another case', 'rs256'],
    ['long', 'k'.repeat(4_000)],
  ])('is refused by a kid that is %s', async (_name, kid) => {
    await expectRefused(forgeToken({ ...header, kid }, payload(), rightRsa()));
    await expectRefused(forgeToken({ ...header, kid }, payload(), rsa('RSA-SHA256', attacker.privateKey)));
  });

  it('is refused if the signature is by another key than that of the kid', async () => {
    await expectRefused(forgeToken(header, payload(), rsa('RSA-SHA256', attacker.privateKey)));
  });

  it.each<[string, () => Record<string, unknown>]>([
    ['jwk', () => ({ jwk: { ...jwk(attacker.publicKey), alg: 'RS256', kid: 'RS256' } })],
    ['jwk without kid', () => ({ jwk: jwk(attacker.publicKey), kid: undefined })],
    ['jku', () => ({ jku: `${attackerServer.url}/jwks.json` })],
    ['x5u', () => ({ x5u: `${attackerServer.url}/chain.pem` })],
    ['x5c', () => ({ x5c: [attacker.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] })],
    ['x5t', () => ({ x5t: 'AAAA', 'x5t#S256': 'AAAA' })],
    ['iss in the header', () => ({ iss: attackerServer.url, kid: `${attackerServer.url}/key` })],
  ])('is never one from the token itself, and no URL in it is called: %s', async (_name, extra) => {
    await expectRefused(
      forgeToken({ ...header, ...extra() }, payload(), rsa('RSA-SHA256', attacker.privateKey)),
    );
    await expectRefused(
      forgeToken(
        { ...header, kid: 'unknown', ...extra() },
        payload(),
        rsa('RSA-SHA256', attacker.privateKey),
      ),
    );
    expect(attackerServer.calls).toBe(0);
  });

  it('is never an EC key from the token itself', async () => {
    const extra = { alg: 'ES256', kid: 'mine', jwk: jwk(attackerEc.publicKey) };
    await expectRefused(forgeToken({ ...header, ...extra }, payload(), ecdsa(attackerEc.privateKey)));
  });
});

describe("the token's header", () => {
  it.each<[string, Record<string, unknown>]>([
    ['crit with an unknown name', { crit: ['x-ours'], 'x-ours': 1 }],
    ['crit with a name that is present', { crit: ['kid'] }],
    ['an empty crit', { crit: [] }],
    ['crit null', { crit: null }],
    ['crit as a string', { crit: 'exp' }],
    ['b64 false', { b64: false }],
    ['b64 false and critical', { b64: false, crit: ['b64'] }],
    ['b64 true', { b64: true }],
    ['typ of a DPoP proof', { typ: 'dpop+jwt' }],
    ['typ of a logout token', { typ: 'logout+jwt' }],
    ['typ of a security event', { typ: 'secevent+jwt' }],
    ['typ null', { typ: null }],
    ['typ as an array', { typ: ['at+jwt'] }],
    ['typ as a number', { typ: 1 }],
    ['an empty typ', { typ: '' }],
  ])('is refused with %s', async (_name, extra) => {
    await expectRefused(forgeToken({ ...header, ...extra }, payload(), rightRsa()));
  });

  it.each(['JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', undefined])(
    'may have typ %s (RFC 9068 section 4, RFC 7515 section 4.1.9)',
    async (typ) => {
      await expectAccepted(forgeToken({ ...header, typ }, { ...goodClaims(), sub: 'nobody' }, rightRsa()));
    },
  );
});

describe('the structure of a token:', () => {
  const good = () => forgeToken(header, payload(), rightRsa());

  it.each<[string, () => string]>([
    ['padded parts', () => good().split('.').map(pad).join('.')],
    ['a padded signature', () => `${good()}==`],
    [
      'the base64 alphabet in place of base64url',
      () => good().replaceAll('-', '+').replaceAll('_', '/').replace(/$/, '+/'),
    ],
    [
      'unused bits set in its last character',
      () => forgeToken(header, payload(), () => Buffer.alloc(256)).replace(/A$/, 'B'),
    ],
    ['one part', () => 'abc'],
    ['two parts', () => good().split('.').slice(0, 2).join('.')],
    ['four parts', () => `${good()}.AA`],
    ['five parts, as encrypted tokens have', () => `${good()}.AA.AA`],
    ['an empty header', () => good().replace(/^[^.]+/, '')],
    ['an empty payload', () => good().replace(/\.[^.]+\./, '..')],
    ['an empty signature', () => good().replace(/[^.]+$/, '')],
    ['only dots', () => '..'],
    ['more than 8 KB', () => forgeToken(header, { ...payload(), pad: 'x'.repeat(6_200) }, rightRsa())],
    ['a header that is an array', () => forgeToken([header], payload(), rightRsa())],
    ['a header that is null', () => forgeToken('null', payload(), rightRsa())],
    ['a header that is not JSON', () => forgeToken('{"alg":"RS256"', payload(), rightRsa())],
    ['a payload that is an array', () => forgeToken(header, [payload()], rightRsa())],
    ['a payload that is a string', () => forgeToken(header, '"alice"', rightRsa())],
    ['a payload that is null', () => forgeToken(header, 'null', rightRsa())],
    ['a payload that is not JSON', () => forgeToken(header, 'sub=alice', rightRsa())],
    ['a payload of no bytes', () => forgeToken(header, '', rightRsa())],
    [
      'a header nested 1,500 levels deep',
      () => forgeToken(`${'['.repeat(1_500)}${']'.repeat(1_500)}`, payload(), rightRsa()),
    ],
    ['a changed payload', () => good().replace(/\.[^.]+\./, `.${encodePart({ ...payload(), sub: 'bob' })}.`)],
    [
      'a signature of another token',
      () => good().replace(/[^.]+$/, forgeToken(header, goodClaims(), rightRsa()).split('.')[2] ?? ''),
    ],
    ['a truncated signature', () => good().slice(0, -4)],
    [
      'bytes that are not UTF-8 in its payload',
      () => forgeToken(header, latin1({ ...payload(), sub: 'al\u00eece' }), rightRsa()),
    ],
    [
      'bytes that are not UTF-8 in an unused claim',
      () => forgeToken(header, latin1({ ...payload(), name: '\u00e9' }), rightRsa()),
    ],
    [
      'bytes that are not UTF-8 in its header',
      () => forgeToken(latin1({ ...header, x: '\u00e9' }), payload(), rightRsa()),
    ],
    ['half a surrogate pair as bytes', () => forgeToken(header, surrogate(payload()), rightRsa())],
    ['an overlong encoding', () => forgeToken(header, overlong(payload()), rightRsa())],
    ['UTF-16', () => forgeToken(header, Buffer.from(JSON.stringify(payload()), 'utf16le'), rightRsa())],
    [
      'a byte order mark in its payload',
      () => forgeToken(header, `\ufeff${JSON.stringify(payload())}`, rightRsa()),
    ],
  ])('a token with %s is refused', async (_name, make) => {
    await expectRefused(make());
  });

  it('a token with non-ASCII characters in UTF-8 is accepted', async () => {
    const claims = { ...goodClaims(), sub: 'nobody', name: '\u00e9\ud83e\udda6' };
    await expectAccepted(forgeToken({ ...header, x: '\u00e9' }, claims, rightRsa()));
  });

  it('a token with a payload nested 1,000 levels deep is accepted', async () => {
    const nested = `${'['.repeat(1_000)}${']'.repeat(1_000)}`;
    const claims = JSON.stringify({ ...goodClaims(), sub: 'nobody' }).replace(/}$/, `,"x":${nested}}`);
    await expectAccepted(forgeToken(header, claims, rightRsa()));
  });

  it('a payload with a duplicate member is read by its last one, as by later readers', async () => {
    const claims = JSON.stringify({ ...goodClaims(), sub: 'alice' }).replace(/}$/, ',"sub":"nobody"}');
    await expectAccepted(forgeToken(header, claims, rightRsa()));
  });

  it('a second encoding of a good token is refused', async () => {
    // The last character of a signature of 256 bytes has four unused bits.
    const token = good();
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(token.at(-1) ?? '');
    const reencoded = token.slice(0, -1) + alphabet[last + 1];
    expect(Buffer.from(reencoded, 'base64url')).toEqual(Buffer.from(token, 'base64url'));
    await expectRefused(reencoded);
  });
});

function latin1(content: object): Buffer {
  return Buffer.from(JSON.stringify(content), 'latin1');
}

/** Half a surrogate pair in three bytes, as in CESU-8. */
function surrogate(content: object): Buffer {
  const [before = '', after = ''] = JSON.stringify({ ...content, sub: 'al|ce' }).split('|');
  return Buffer.concat([Buffer.from(before), Buffer.from([0xed, 0xa0, 0xbd]), Buffer.from(after)]);
}

/** An ASCII letter in two bytes. */
function overlong(content: object): Buffer {
  const [before = '', after = ''] = JSON.stringify({ ...content, sub: 'al|ce' }).split('|');
  return Buffer.concat([Buffer.from(before), Buffer.from([0xc1, 0xa9]), Buffer.from(after)]);
}

function pad(part: string): string {
  return part + '='.repeat((4 - (part.length % 4)) % 4);
}

describe('the claims of a token:', () => {
  const now = Math.floor(Date.now() / 1000);
  const wrongTypes = [null, true, '', 'x', [], ['x'], {}] as const;
  const noTimes = [null, true, '', 'x', String(now), [], [now], {}, -1, -1e300, 1e300, now * 1000] as const;

  it.each<[string, readonly unknown[]]>([
    [
      'iss',
      [
        undefined,
        ...wrongTypes,
        1,
        `${issuer}/`,
        issuer.toUpperCase(),
        `${issuer} `,
        [issuer],
        'https://issuer.test.attacker.test',
      ],
    ],
    [
      'aud',
      [
        undefined,
        ...wrongTypes,
        1,
        'password-reset-test/',
        'PASSWORD-RESET-TEST',
        ['other', ''],
        [1],
        [null],
        { 0: 'password-reset-test' },
      ],
    ],
    [
      'sub',
      [
        undefined,
        null,
        true,
        '',
        1,
        [],
        ['alice'],
        {},
        'alice\0',
        '\u0000',
        'a\nb',
        'a\u007f',
        'a\u0085b',
        'a\u200bb',
        '\u202ealice',
        '\ud800',
        'al\ufffdce',
        's'.repeat(256),
        '😀'.repeat(256),
      ],
    ],
    ['iat', [undefined, ...noTimes, now + 3_600]],
    ['exp', [undefined, ...noTimes]],
    ['nbf', [...noTimes, now + 3_600]],
    ['auth_time', [...noTimes, now + 3_600]],
    ['jti', [null, 1, true, [], {}]],
    ['token_use', ['id', 'ID', 'refresh', '', 1, null, {}]],
    ['typ', ['ID', 'Refresh', 'Offline', 'Logout']],
    ['nonce', ['n', '']],
    ['at_hash', ['h']],
    ['c_hash', ['h']],
    ['events', [{ 'http://schemas.openid.net/event/backchannel-logout': {} }, {}, null]],
  ])('a malformed or wrong %s is refused as token-invalid', async (claim, values) => {
    for (const value of values) {
      const claims = { ...payload(), [claim]: value };
      const token = forgeToken(header, claims, rightRsa());
      await expectRefused(token).catch((cause) => {
        throw new Error(`${claim}: ${JSON.stringify(value)}`, { cause });
      });
    }
  });

  it('an exp beyond the range of numbers is refused', async () => {
    const claims = JSON.stringify({ ...payload(), exp: 0 });
    for (const exp of ['1e999', '-1e999', '1e400']) {
      await expectRefused(forgeToken(header, claims.replace('"exp":0', `"exp":${exp}`), rightRsa()));
    }
  });

  it.each<[string, Record<string, unknown>]>([
    ['long ago', { iat: 1, exp: 2 }],
    ['a second ago', { iat: now - 60, exp: now - 1 }],
    ['at second zero', { iat: 0, exp: 1e-9 }],
  ])('a token that expired %s is refused as token-expired', async (_name, claims) => {
    await expectRefused(await signer.sign({ sub: 'alice', ...claims }), 'token-expired');
  });

  it.each<[string, Record<string, unknown>]>([
    ['an exp before its iat', { iat: now - 10, exp: now - 20 }],
    ['an exp equal to its iat', { iat: now, exp: now }],
  ])('a token with %s is refused as token-invalid', async (_name, claims) => {
    await expectRefused(await signer.sign({ sub: 'alice', ...claims }));
  });

  it.each<[string, Record<string, unknown>]>([
    ['a sub of 255 characters', { sub: 's'.repeat(255) }],
    ['a sub of 255 characters outside the BMP', { sub: '😀'.repeat(255) }],
    ['a sub that looks like an expression', { sub: ':issuedAt OR attribute_exists(userId)' }],
    ['several audiences', { aud: ['other', 'password-reset-test'] }],
    ['an iat with a fraction', { iat: now - 0.123456 }],
    ['an iat of zero', { iat: 0 }],
    ['the smallest iat above zero', { iat: 5e-324 }],
    ['an nbf in the past', { nbf: now - 10 }],
    ['times a few seconds in the future', { iat: now + 2, nbf: now + 2, auth_time: now + 2 }],
    ['no jti', { jti: undefined }],
    ['an empty jti', { jti: '' }],
    ['half a surrogate pair as jti', { jti: '\ud800' }],
    ['a long jti', { jti: 'j'.repeat(3_000) }],
    ["Keycloak's typ claim", { typ: 'Bearer' }],
    ['a token_use of access and a nonce', { token_use: 'access', nonce: 'n' }],
    ['unknown claims', { admin: true, __proto__: { admin: true }, pin: '5621' }],
  ])('a token with %s is accepted', async (_name, claims) => {
    await expectAccepted(forgeToken(header, { ...goodClaims(), sub: 'nobody', ...claims }, rightRsa()));
  });
});

describe('a replay is recognized by its token, with', () => {
  it.each<[string, unknown]>([
    ['a jti', 'one'],
    ['no jti', undefined],
    ['an empty jti', ''],
    ['a jti with half a surrogate pair', '\ud800'],
    ['a long jti', 'j'.repeat(3_000)],
  ])('%s', async (_name, jti) => {
    await service.put({ userId: 'again' });
    const claims = goodClaims();
    // Both are issued before the reset: a token of the next second would be good again.
    const [token, other] = [jti, 'other'].map((name) =>
      forgeToken(header, { ...claims, sub: 'again', jti: name }, rightRsa()),
    );
    expect((await service.reset(token)).code).toBe('204');
    const after = await service.item('again');
    expect((await service.reset(token)).code).toBe('204');
    expect(await service.item('again')).toEqual(after);
    expect((await service.reset(other)).code).toBe('token-revoked');
  });
});

describe('the Authorization header', () => {
  let good: string;
  beforeAll(async () => {
    good = await signer.sign({ sub: 'nobody' });
  });

  it.each<[string, (token: string) => string | string[], string]>([
    ['a lower-case scheme', (token) => `bearer ${token}`, 'user-not-found'],
    ['an upper-case scheme', (token) => `BEARER ${token}`, 'user-not-found'],
    ['several spaces', (token) => `Bearer   ${token}`, 'user-not-found'],
    ['outer spaces', (token) => `  Bearer ${token}  `, 'user-not-found'],
    ['a tab', (token) => `Bearer\t${token}`, 'token-invalid'],
    ['two headers', (token) => [`Bearer ${token}`, `Bearer ${token}`], 'token-invalid'],
    ['Basic in another header', (token) => ['Basic YWxpY2U6cHc=', `Bearer ${token}`], 'token-invalid'],
    ['two tokens joined by a comma', (token) => `Bearer ${token}, Bearer ${token}`, 'token-invalid'],
    [
      'Basic and a token joined by a comma',
      (token) => `Basic YWxpY2U6cHc=, Bearer ${token}`,
      'token-missing',
    ],
    ['text after the token', (token) => `Bearer ${token} x`, 'token-invalid'],
    ['a quoted token', (token) => `Bearer "${token}"`, 'token-invalid'],
    ['the token in a parameter', (token) => `Bearer token=${token}`, 'token-invalid'],
    ['Basic', () => 'Basic YWxpY2U6cHc=', 'token-missing'],
    ['DPoP', (token) => `DPoP ${token}`, 'token-missing'],
    ['no scheme', (token) => token, 'token-missing'],
    ['no space after the scheme', (token) => `Bearer${token}`, 'token-missing'],
    ['the scheme alone', () => 'Bearer', 'token-missing'],
    ['the scheme and spaces', () => 'Bearer   ', 'token-missing'],
    ['no value', () => '', 'token-missing'],
    ['a comma alone', () => ',', 'token-missing'],
    ['non-ASCII letters', () => 'Bearer \u00e9\u00e9\u00e9', 'token-invalid'],
    ['12 KB', () => `Bearer ${'a'.repeat(12_000)}`, 'token-invalid'],
  ])('with %s is answered by its code', async (_name, value, code) => {
    const answer = await service.send({ path: resetPath, headers: { Authorization: value(good) } });
    expect(answer.code).toBe(code);
  });

  it('is the only source of a token, not the query, a cookie or another header', async () => {
    const headers = {
      'X-Authorization': `Bearer ${good}`,
      Cookie: `access_token=${good}`,
      'Proxy-Authorization': `Bearer ${good}`,
    };
    const answer = await service.send({ path: `${resetPath}?access_token=${good}&token=${good}`, headers });
    expect([answer.status, answer.code]).toEqual([401, 'token-missing']);
  });
});

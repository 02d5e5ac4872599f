// Tokens from attackers and broken issuers, over HTTP: each is refused without a call to the table. The table of all of them
// is in test/unit/reset/adapters: access-token.test.ts, jws.test.ts, signing-keys.test.ts.
import { generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listen } from '../../infra/local/listen.ts';
import { forgeToken, hmac, rsa, rsaWithExponentOne } from '../support/forge-token.ts';
import { resetPath } from '../support/http-client.ts';
import { startService, type TestService } from '../support/service.ts';
import { createTokenSigner, goodClaims, type TokenSigner } from '../support/token-signer.ts';

let signer: TokenSigner;
let service: TestService;
/** A server that an attacker would like the function to call. */
let attackerServer: Server & { calls: number; url: string };

const plainPair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const attacker = generateKeyPairSync('rsa', { modulusLength: 2048 });
const sharedSecret = 'a shared secret that somebody published';

beforeAll(async () => {
  signer = await createTokenSigner();
  const extraKeys = [
    { ...jwk(plainPair.publicKey), kid: 'for-encryption', use: 'enc' },
    { ...jwk(plainPair.publicKey), kid: 'labelled-ec', alg: 'ES256' },
    { ...jwk(plainPair.publicKey), kid: 'exponent-one', e: 'AQ' },
    { ...jwk(plainPair.privateKey), kid: 'private' },
    { kty: 'oct', k: Buffer.from(sharedSecret).toString('base64url'), kid: 'oct' },
  ];
  service = await startService({ TOKEN_JWKS: JSON.stringify({ keys: [...signer.jwks.keys, ...extraKeys] }) });
  await service.put({ userId: 'alice', password: 'old', pin: '5621', paymentMethods: { visa: {} } });
  attackerServer = Object.assign(
    createServer((_request, response) => response.end(String(++attackerServer.calls))),
    { calls: 0, url: '' },
  );
  attackerServer.url = await listen(attackerServer, 0, 'PORT');
});
afterAll(async () => {
  attackerServer.close();
  await service.close();
});

/** Sends a token and expects a refusal without a call to the table. */
async function expectRefused(token: string): Promise<void> {
  const before = await service.item('alice');
  service.proxy.calls.length = 0;
  const answer = await service.reset(token);
  expect([answer.status, answer.code]).toEqual([401, 'token-invalid']);
  expect(service.proxy.calls).toEqual([]);
  expect(await service.item('alice')).toEqual(before);
}

const payload = () => ({ ...goodClaims(), sub: 'alice' });
const header = { alg: 'RS256', kid: 'RS256', typ: 'at+jwt' };
const rightRsa = () => rsa('RSA-SHA256', signer.privateKey('RS256'));
const byAttacker = rsa('RSA-SHA256', attacker.privateKey);

function jwk(key: KeyObject): JsonWebKey {
  return key.export({ format: 'jwk' });
}

it('a token that the helpers of this test sign is accepted if nothing is wrong with it', async () => {
  const answer = await service.reset(forgeToken(header, { ...goodClaims(), sub: 'nobody' }, rightRsa()));
  expect([answer.status, answer.code]).toEqual([404, 'user-not-found']);
});

it.each<[string, () => string]>([
  ['no signature', () => forgeToken({ ...header, alg: 'none' }, payload(), () => Buffer.alloc(0))],
  ['a signature by another key', () => forgeToken(header, payload(), byAttacker)],
  [
    'HMAC with the public key as secret',
    () =>
      forgeToken({ ...header, alg: 'HS256' }, payload(), hmac('sha256', JSON.stringify(signer.jwks.keys[0]))),
  ],
  [
    'HMAC with a shared secret from the key set',
    () => forgeToken({ alg: 'HS256', kid: 'oct' }, payload(), hmac('sha256', sharedSecret)),
  ],
  [
    'a signature that anybody can make for a key of the set',
    () => forgeToken({ ...header, kid: 'exponent-one' }, payload(), rsaWithExponentOne(256)),
  ],
  ...['for-encryption', 'labelled-ec', 'private'].map((kid): [string, () => string] => [
    `a signature by the unusable key "${kid}" of the set`,
    () => forgeToken({ ...header, kid }, payload(), rsa('RSA-SHA256', plainPair.privateKey)),
  ]),
  [
    'no kid if there are several keys',
    () => forgeToken({ ...header, kid: undefined }, payload(), rightRsa()),
  ],
  ['the claims of a refresh token', () => forgeToken(header, { ...payload(), type: 'refresh' }, rightRsa())],
  ['bytes that are not UTF-8', () => forgeToken(header, latin1({ ...payload(), x: '\u00e9' }), rightRsa())],
])('a token with %s is refused', async (_name, make) => {
  await expectRefused(make());
});

function latin1(content: object): Buffer {
  return Buffer.from(JSON.stringify(content), 'latin1');
}

it.each<[string, () => Record<string, unknown>]>([
  ['jwk', () => ({ jwk: { ...jwk(attacker.publicKey), alg: 'RS256', kid: 'RS256' } })],
  ['jku', () => ({ jku: `${attackerServer.url}/jwks.json` })],
  ['x5u', () => ({ x5u: `${attackerServer.url}/chain.pem` })],
  ['x5c', () => ({ x5c: [attacker.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] })],
  ['iss in the header', () => ({ iss: attackerServer.url, kid: `${attackerServer.url}/key` })],
])('the key is never one from the token itself, and no URL in it is called: %s', async (_name, extra) => {
  await expectRefused(forgeToken({ ...header, ...extra() }, payload(), byAttacker));
  await expectRefused(forgeToken({ ...header, kid: 'unknown', ...extra() }, payload(), byAttacker));
  expect(attackerServer.calls).toBe(0);
});

it('a token may be as long as API Gateway takes, and not longer', async () => {
  const ofLength = (length: number) => {
    const fill = (pad: string) =>
      forgeToken(header, { ...goodClaims(), sub: 'nobody', groups: pad }, rightRsa());
    const token = fill('x'.repeat(((length - fill('').length) * 3) / 4));
    expect(Math.abs(token.length - length)).toBeLessThan(4);
    return token;
  };
  expect((await service.reset(ofLength(10_236))).code).toBe('user-not-found');
  await expectRefused(ofLength(10_250));
});

it.each<[string, unknown]>([
  ['a jti', 'one'],
  ['no jti', undefined],
  ['a jti that is not a text', 17],
])('a repetition is recognized by its token, with %s', async (_name, jti) => {
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

it('the Authorization header is the only source of a token, not the query, a cookie or another header', async () => {
  const good = await signer.sign({ sub: 'nobody' });
  const headers = {
    'X-Authorization': `Bearer ${good}`,
    Cookie: `access_token=${good}`,
    'Proxy-Authorization': `Bearer ${good}`,
  };
  const answer = await service.send({ path: `${resetPath}?access_token=${good}&token=${good}`, headers });
  expect([answer.status, answer.code]).toEqual([401, 'token-missing']);
});

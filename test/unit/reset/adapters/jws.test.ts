// The form of a token, and its signature under every algorithm, made by another library and by attackers.
import { constants, generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto';
import { base64url, CompactSign } from 'jose';
import { describe, expect, it } from 'vitest';
import { decodeJws, isSignedBy } from '../../../../lambda/reset/adapters/jws.ts';
import { encodePart, forgeToken, hmac } from '../../../support/forge-token.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const ed25519 = generateKeyPairSync('ed25519');
const pairs: Readonly<Record<string, { publicKey: KeyObject; privateKey: KeyObject }>> = {
  ...Object.fromEntries(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map((alg) => [alg, rsa])),
  ES256: ec('P-256'),
  ES384: ec('P-384'),
  ES512: ec('P-521'),
  EdDSA: ed25519,
  Ed25519: ed25519,
};
const algorithms = Object.keys(pairs);
const pairOf = (alg: string) => pairs[alg] as (typeof pairs)[string];
const keyOf = (alg: string) => ({ alg, keyObject: pairOf(alg).publicKey });

const payload = { sub: 'alice' };
const sign = (alg: string) =>
  new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg, kid: 'k' })
    .sign(pairOf(alg).privateKey);

describe('a signature', () => {
  it.each(algorithms)('of %s is verified', async (alg) => {
    const jws = decodeJws(await sign(alg));
    expect(jws).toMatchObject({ header: { alg, kid: 'k' }, payload });
    expect(isSignedBy(jws, keyOf(alg))).toBe(true);
  });

  it.each(algorithms)('of %s is refused under every other algorithm', async (alg) => {
    const jws = decodeJws(await sign(alg));
    // These two are names of the same algorithm (RFC 9864).
    const isSame = (other: string) => other === alg || (/^Ed/.test(alg) && /^Ed/.test(other));
    const accepted = algorithms.filter((other) => isSignedBy(jws, keyOf(other)));
    expect(accepted).toEqual(algorithms.filter(isSame));
  });

  it.each(algorithms)('of %s is refused if header, payload or signature is another', async (alg) => {
    const [header = '', body = '', signature = ''] = (await sign(alg)).split('.');
    const others = [
      [encodePart({ alg, kid: 'other' }), body, signature],
      [header, encodePart({ sub: 'bob' }), signature],
      [header, body, base64url.encode(Buffer.from(signature, 'base64url').map((byte) => byte ^ 1))],
    ];
    for (const parts of others) expect(isSignedBy(decodeJws(parts.join('.')), keyOf(alg))).toBe(false);
  });

  it.each(algorithms)('of %s is refused, and not an error, if it is of any other length', async (alg) => {
    const [header, body, signature = ''] = (await sign(alg)).split('.');
    const bytes = Buffer.from(signature, 'base64url');
    for (const length of [0, 1, 2, 63, 64, 65, 96, 132, 255, 256, 257, 600]) {
      if (length === bytes.length) continue;
      for (const other of [Buffer.alloc(length), Buffer.concat([bytes, bytes, bytes]).subarray(0, length)]) {
        const token = [header, body, other.toString('base64url')].join('.');
        expect(isSignedBy(decodeJws(token), keyOf(alg))).toBe(false);
      }
    }
  });

  it.each(algorithms)('of zeros, ones or HMAC with the public key is not valid for %s', (alg) => {
    const { publicKey } = pairOf(alg);
    const size = { ES256: 64, ES384: 96, ES512: 132, EdDSA: 64, Ed25519: 64 }[alg] ?? 256;
    const pem = publicKey.export({ type: 'spki', format: 'pem' });
    const forgeries = [() => Buffer.alloc(size), () => Buffer.alloc(size, 0xff), hmac('sha256', pem)];
    for (const forge of forgeries) {
      for (const name of [alg, 'none', 'HS256'])
        expect(isSignedBy(decodeJws(forgeToken({ alg: name }, payload, forge)), keyOf(alg))).toBe(false);
    }
  });

  it('of PS256 has a salt as long as its digest', () => {
    const { privateKey } = rsa;
    const withSalt = (saltLength: number) =>
      forgeToken({ alg: 'PS256' }, payload, (input) =>
        signBytes('sha256', Buffer.from(input), {
          key: privateKey,
          padding: constants.RSA_PKCS1_PSS_PADDING,
          saltLength,
        }),
      );
    expect(isSignedBy(decodeJws(withSalt(32)), keyOf('PS256'))).toBe(true);
    expect(isSignedBy(decodeJws(withSalt(20)), keyOf('PS256'))).toBe(false);
  });
});

describe('a token', () => {
  const token = forgeToken({ alg: 'RS256' }, payload, () => Buffer.from('signature'));
  const utf16 = Buffer.from(JSON.stringify(payload), 'utf16le');
  const latin1 = Buffer.from('{"x":"\xe9"}', 'latin1');
  const part = (bytes: string | Buffer) => encodePart(bytes);

  it('is decoded into its parts', () => {
    expect(decodeJws(token)).toEqual({
      header: { alg: 'RS256' },
      payload,
      signingInput: token.slice(0, token.lastIndexOf('.')),
      signature: Buffer.from('signature'),
    });
  });

  it('has no member that is null, and only its own', () => {
    const text = '{"a":null,"__proto__":{"cnf":1},"b":{"c":null},"d":1,"d":null,"e":null,"e":0}';
    const { header, payload } = decodeJws(`${part(text)}.${part(text)}.AA`);
    for (const content of [header, payload]) {
      expect(JSON.stringify(content)).toBe('{"__proto__":{"cnf":1},"b":{"c":null},"e":0}');
      expect(content.cnf).toBeUndefined();
    }
  });

  it.each<[string, string, string]>([
    ['token is not of three parts', 'nothing', ''],
    ['token is not of three parts', 'two parts', `${part('{}')}.${part('{}')}`],
    ['token is not of three parts', 'four parts', `${token}.AA`],
    ['token is not of three parts', 'five parts, as encrypted tokens have', `${token}.AA.AA`],
    ['token is not canonical base64url', 'padding', `${token}=`],
    ['token is not canonical base64url', 'the alphabet of base64', token.replace(/.$/, '+')],
    ['token is not canonical base64url', 'unused bits', `${part('{}')}.${part('{}')}.AB`],
    ['token is not canonical base64url', 'a space', `${token} `],
    ['header is not UTF-8', 'Latin-1 in its header', `${part(latin1)}.${part('{}')}.AA`],
    ['payload is not UTF-8', 'Latin-1 in its payload', `${part('{}')}.${part(latin1)}.AA`],
    [
      'payload is not UTF-8',
      'half a surrogate pair',
      `${part('{}')}.${part(Buffer.from('eda0bd', 'hex'))}.AA`,
    ],
    ['payload is not UTF-8', 'an overlong encoding', `${part('{}')}.${part(Buffer.from('c1a9', 'hex'))}.AA`],
    ['header is not a JSON object', 'an empty header', `.${part('{}')}.AA`],
    ['payload is not a JSON object', 'an empty payload', `${part('{}')}..AA`],
    ['payload is not a JSON object', 'UTF-16', `${part('{}')}.${part(utf16)}.AA`],
    ['payload is not a JSON object', 'a byte order mark', `${part('{}')}.${part('\ufeff{}')}.AA`],
    ...['null', '[]', '"text"', '1', 'true', '{', 'sub=alice', '{"a":1}{}'].flatMap((text) => [
      ['header is not a JSON object', `the header ${text}`, `${part(text)}.${part('{}')}.AA`] as [
        string,
        string,
        string,
      ],
      ['payload is not a JSON object', `the payload ${text}`, `${part('{}')}.${part(text)}.AA`] as [
        string,
        string,
        string,
      ],
    ]),
  ])('is refused, "%s": %s', (reason, _what, text) => {
    expect(() => decodeJws(text)).toThrow(expect.objectContaining({ code: 'token-invalid', reason }));
  });

  it('is as long as the headers of API Gateway may be: 10,240 characters', () => {
    const ofLength = (length: number) => token + 'A'.repeat(length - token.length);
    expect(() => decodeJws(ofLength(10_241))).toThrow(expect.objectContaining({ reason: 'token too long' }));
    const { signature } = decodeJws(ofLength(10_240));
    expect(signature.length).toBeGreaterThan(7_000);
  });

  it('may be nested deeply, have characters of any language, and members with the names of JavaScript', () => {
    const nested = `${'['.repeat(2_000)}${']'.repeat(2_000)}`;
    const text = `{"x":${nested},"name":"\u00e9\ud83e\udda6","__proto__":{"sub":"bob"},"constructor":1}`;
    const decoded = decodeJws(forgeToken('{}', text, () => Buffer.alloc(0)));
    expect(decoded.payload).toMatchObject({ name: '\u00e9\ud83e\udda6' });
    expect(decoded.payload.sub).toBeUndefined();
  });

  it('is read by the last of two members of the same name, as by later readers', () => {
    const decoded = decodeJws(
      forgeToken('{"alg":"none","alg":"RS256"}', '{"sub":"bob","sub":"alice"}', () => Buffer.alloc(0)),
    );
    expect([decoded.header.alg, decoded.payload.sub]).toEqual(['RS256', 'alice']);
  });
});

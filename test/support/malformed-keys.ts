// Unusable keys, for tests of the key set's parser and for tests over HTTP.
import { createECDH, generateKeyPairSync } from 'node:crypto';

/**
 * Names and values of keys that are malformed, weak, private or for another purpose, with the kid `bad` unless the kid
 * itself is the fault, and the reason that is logged. They include the kinds of Wycheproof's JWK vectors.
 *
 * @param rsa - a good public key, as a JWK (RFC 7517)
 */
export function malformedKeys(rsa: {
  readonly n?: unknown;
}): readonly (readonly [string, unknown, string])[] {
  const good = { ...rsa, alg: undefined, kid: 'bad' };
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const p256 = { ...publicKey.export({ format: 'jwk' }), kid: 'bad' };
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
  const paddedWeak = padded(modulusOf(weak), 128);
  const unsupported = 'kty or crv is not supported';
  const exponent = 'RSA exponent is even or less than 3';
  return [
    ['null', null, unsupported],
    ['a string', 'key', unsupported],
    ['a number', 1, unsupported],
    ['an array', [], unsupported],
    ['an empty object', {}, unsupported],
    ['a kid that is not a string', { ...good, kid: 1 }, 'kid is malformed'],
    ['a kid that is null', { ...good, kid: null }, 'kid is malformed'],
    ['an empty kid', { ...good, kid: '' }, 'kid is malformed'],

    ['no kty', { ...good, kty: undefined }, unsupported],
    ['an unknown kty', { ...good, kty: 'AKP' }, unsupported],
    ['an unknown curve', { kty: 'EC', crv: 'P-192', x: 'AA', y: 'AA', kid: 'bad' }, unsupported],
    ['a curve without a supported algorithm', { ...secp256k1(), kid: 'bad' }, unsupported],
    ['a curve for key agreement', { ...exported('x25519'), kid: 'bad' }, unsupported],
    ['Ed448', { ...exported('ed448'), kid: 'bad' }, unsupported],

    ['a point off the curve', { ...p256, y: p256.x }, 'malformed'],
    ['a point of zeros', { ...p256, x: 'AA', y: 'AA' }, 'malformed'],
    ['half a point', { ...p256, y: undefined }, 'malformed'],
    ['a point on another curve', { ...p256, crv: 'P-384' }, 'malformed'],
    ['no modulus', { ...good, n: undefined }, 'malformed'],
    ['a modulus that is not a string', { ...good, n: 1 }, 'malformed'],
    ['no exponent', { ...good, e: undefined }, 'malformed'],
    ['an Ed25519 point that is too short', { kty: 'OKP', crv: 'Ed25519', x: 'AQ', kid: 'bad' }, 'malformed'],

    ['exponent 0', { ...good, e: 'AA' }, exponent],
    ['exponent 1', { ...good, e: 'AQ' }, exponent],
    ['exponent 1 padded with zeros', { ...good, e: 'AAAAAQ' }, exponent],
    ['exponent 2', { ...good, e: 'Ag' }, exponent],
    ['an even exponent', { ...good, e: 'AQAA' }, exponent],
    ['an empty modulus', { ...good, n: '' }, 'RSA modulus of 0 bits'],
    ['a modulus of 1024 bits', { ...weak, kid: 'bad' }, 'RSA modulus of 1024 bits'],
    [
      'a modulus of 1024 bits padded to 2048',
      { ...weak, n: paddedWeak, kid: 'bad' },
      'RSA modulus of 1024 bits',
    ],
    ['an even modulus', { ...good, n: even(modulusOf(rsa)) }, 'RSA modulus is even'],
    ...pointsOfSmallOrder.map(
      (x) =>
        [
          `an Ed25519 point of small order, ${x.slice(0, 4)}`,
          { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(x, 'hex').toString('base64url'), kid: 'bad' },
          'Ed25519 point of small order',
        ] as const,
    ),

    ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].map(
      (name) => [`the private member ${name}`, { ...good, [name]: 'AQAB' }, 'private members'] as const,
    ),
    ['a private key', { ...privateKey.export({ format: 'jwk' }), kid: 'bad' }, 'private members'],
    ['a shared secret', { kty: 'oct', k: 'c2VjcmV0', kid: 'bad' }, 'private members'],
    ['a shared secret without the secret', { kty: 'oct', kid: 'bad' }, unsupported],

    ['for something else', { ...good, use: 'encrypt' }, 'use is not sig'],
    ['a use that is null', { ...good, use: null }, 'use is not sig'],
    ['key_ops that are no list', { ...good, key_ops: 'verify' }, 'key_ops does not include verify'],
    ['for other operations', { ...good, key_ops: ['sign'] }, 'key_ops does not include verify'],
    ['for no operation', { ...good, key_ops: [] }, 'key_ops does not include verify'],
    ['operations that are a number', { ...good, key_ops: 1 }, 'key_ops does not include verify'],

    ['an algorithm of another key type', { ...good, alg: 'ES256' }, 'alg does not fit the key'],
    ['Ed25519 with an RSA key', { ...good, alg: 'Ed25519' }, 'alg does not fit the key'],
    ['an algorithm of another curve', { ...p256, alg: 'ES384' }, 'alg does not fit the key'],
    ['an RSA algorithm with an EC key', { ...p256, alg: 'RS384' }, 'alg does not fit the key'],
    ...unsupportedAlgorithms.map(
      (alg) => [`the algorithm ${alg}`, { ...good, alg }, `${alg} is not supported`] as const,
    ),
    ['an unknown algorithm', { ...good, alg: 'secret' }, 'alg is not supported'],
    ['an inherited property name as algorithm', { ...good, alg: 'constructor' }, 'alg is not supported'],
    ['an algorithm that is null', { ...good, alg: null }, 'alg is not supported'],
    ['an algorithm that is an array', { ...good, alg: ['RS256'] }, 'alg is not supported'],
    ['a malformed certificate', { ...good, alg: 'none', x5c: ['!'] }, 'alg is not supported'],
  ];
}

const unsupportedAlgorithms = [
  ...['ES256K', 'Ed448', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'],
  ...['HS256', 'HS384', 'HS512'],
];

/** Little-endian with the sign in the highest bit (RFC 8032 section 5.1.2); the last three are not canonical. */
const pointsOfSmallOrder = [
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  `${'00'.repeat(32)}`,
  `${'00'.repeat(31)}80`,
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  `01${'00'.repeat(30)}80`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}ff`,
];

/** The modulus of an RSA key. */
export function modulusOf(rsa: { readonly n?: unknown }): Buffer {
  return Buffer.from(String(rsa.n), 'base64url');
}

/** A number with leading zeros. A JWK must not have them (RFC 7518 section 6.3.1.1), but some do. */
export function padded(number: Buffer, zeros: number): string {
  return Buffer.concat([Buffer.alloc(zeros), number]).toString('base64url');
}

function even(number: Buffer): string {
  return Buffer.concat([number.subarray(0, -1), Buffer.of((number.at(-1) ?? 0) & 0xfe)]).toString(
    'base64url',
  );
}

function exported(type: 'x25519' | 'ed25519' | 'ed448') {
  return generateKeyPairSync(type as 'ed25519').publicKey.export({ format: 'jwk' });
}

/** A key on a curve that Node supports and the verifier does not. */
function secp256k1() {
  const ecdh = createECDH('secp256k1');
  const point = ecdh.generateKeys();
  const coordinate = (from: number) => point.subarray(from, from + 32).toString('base64url');
  return { kty: 'EC', crv: 'secp256k1', x: coordinate(1), y: coordinate(33) };
}

// Keys that are malformed; held against the parser of key sets, and over HTTP against what trusts the keys.

/**
 * Names and values of keys that no set can use, each called `bad` if it can be called at all.
 *
 * @param rsa - a public key that is good, as a JWK (RFC 7517)
 */
export function malformedKeys(rsa: object): readonly (readonly [string, unknown])[] {
  return [
    ['null', null],
    ['a text', 'key'],
    ['a number', 1],
    ['a list', []],
    ['an empty object', {}],
    ['no kty', { ...rsa, kid: 'bad', kty: undefined }],
    ['an unknown kty', { ...rsa, kid: 'bad', kty: 'AKP' }],
    ['an unknown curve', { kty: 'EC', crv: 'P-192', x: 'AA', y: 'AA', kid: 'bad' }],
    ['a point off the curve', { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'bad' }],
    ['no modulus', { ...rsa, kid: 'bad', n: undefined }],
    ['a modulus that is no text', { ...rsa, kid: 'bad', n: 1 }],
    ['a kid that is no text', { ...rsa, kid: 1 }],
    ['no kid', { ...rsa, kid: undefined }],
    ['an empty kid', { ...rsa, kid: '' }],
    ['key_ops that are no list', { ...rsa, kid: 'bad', key_ops: 'verify' }],
    ['a certificate that is none', { ...rsa, kid: 'bad', alg: 'none', x5c: ['!'] }],
  ];
}

// Tokens that no library would make: any bytes in any part, signed or not.
import { createHash, createHmac, createSign, type KeyLike } from 'node:crypto';

/** Makes the third part from the first two, `header.payload`. */
export type Sign = (signingInput: string) => Buffer;

/**
 * A JWS in compact form (RFC 7515 section 7.1).
 *
 * @param header - an object becomes JSON, strings and bytes are used unchanged
 * @param payload - as for the header
 */
export function forgeToken(header: unknown, payload: unknown, sign: Sign): string {
  const signingInput = `${encodePart(header)}.${encodePart(payload)}`;
  return `${signingInput}.${sign(signingInput).toString('base64url')}`;
}

/** One part in base64url: the JSON of an object, or a string or bytes unchanged. */
export function encodePart(content: unknown): string {
  if (Buffer.isBuffer(content)) return content.toString('base64url');
  return Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)).toString('base64url');
}

/** RSASSA-PKCS1-v1_5 with any digest, such as `RSA-SHA512`. */
export function rsa(digest: string, privateKey: KeyLike): Sign {
  return (input) => createSign(digest).update(input).sign(privateKey);
}

/**
 * RS256 for an RSA key with exponent 1, without a private key: with that exponent, the encoded digest is its own
 * signature (EMSA-PKCS1-v1_5, RFC 8017 section 9.2).
 *
 * @param modulusBytes - length of the key's modulus in bytes
 */
export function rsaWithExponentOne(modulusBytes: number): Sign {
  const digestInfoOfSha256 = Buffer.from('3031300d060960864801650304020105000420', 'hex');
  return (input) => {
    const digest = Buffer.concat([digestInfoOfSha256, createHash('sha256').update(input).digest()]);
    const padding = Buffer.alloc(modulusBytes - 3 - digest.length, 0xff);
    return Buffer.concat([Buffer.of(0, 1), padding, Buffer.of(0), digest]);
  };
}

/** HMAC with any secret that an attacker may know. */
export function hmac(digest: string, secret: string | Buffer): Sign {
  return (input) => createHmac(digest, secret).update(input).digest();
}

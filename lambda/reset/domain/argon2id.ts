// Argon2id (RFC 9106) as PINs and passwords are hashed with it, and the PHC string that holds the result.
import { argon2, randomBytes } from 'node:crypto';

/** What a hash costs to make: memory in KiB, passes over it, lanes. */
export interface Cost {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** OWASP's parameters for Argon2id (Password Storage Cheat Sheet): 19 MiB, two passes, one lane. */
export const defaultCost: Cost = { memory: 19_456, passes: 2, parallelism: 1 };
/** Bytes. */
export const saltLength = 16;
/** Bytes. */
export const tagLength = 32;

/** A salt for one hash. */
export function createSalt(): Buffer {
  return randomBytes(saltLength);
}

/**
 * Derives a hash's tag.
 *
 * @param message - the secret, encoded as UTF-8
 * @param cost - with the length of the tag in bytes
 * @param salt - at least 8 bytes
 * @param keyed - Argon2's optional secret and associated data
 */
export function deriveTag(
  message: string,
  { memory, passes, parallelism, tagLength }: Cost & { readonly tagLength: number },
  salt: Buffer,
  keyed: { readonly secret?: Buffer; readonly associatedData?: Buffer } = {},
): Promise<Buffer> {
  const input = {
    message: Buffer.from(message),
    nonce: salt,
    memory,
    passes,
    parallelism,
    tagLength,
    ...keyed,
  };
  return new Promise((resolve, reject) => {
    argon2('argon2id', input, (error, tag) => (error ? reject(error) : resolve(tag)));
  });
}

/**
 * Writes a hash in the PHC string format (https://github.com/P-H-C/phc-string-format).
 *
 * @param cost - with the name of the key that was used, where there was one
 */
export function toPhcString(
  { memory, passes, parallelism, keyId }: Cost & { readonly keyId?: string },
  salt: Buffer,
  tag: Buffer,
): string {
  const key = keyId === undefined ? '' : `,keyid=${keyId}`;
  const b64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}${key}$${b64(salt)}$${b64(tag)}`;
}

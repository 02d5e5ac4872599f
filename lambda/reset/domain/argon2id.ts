// Argon2id (RFC 9106), which hashes PINs and passwords, and the PHC string that stores a hash.
import { argon2, randomBytes } from 'node:crypto';

/** Cost parameters of Argon2id: memory in KiB, number of passes, number of lanes. */
export interface Cost {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** What OWASP recommends for Argon2id (Password Storage Cheat Sheet): 19 MiB, two passes, one lane. */
export const defaultCost: Cost = { memory: 19_456, passes: 2, parallelism: 1 };
/** Bytes. */
export const saltLength = 16;
/** Bytes. */
export const tagLength = 32;

/** Creates a random salt; each hash needs a new one. */
export function createSalt(): Buffer {
  return randomBytes(saltLength);
}

/**
 * Computes the tag of a hash.
 *
 * @param message - the PIN or password; its UTF-8 bytes are hashed
 * @param cost - cost parameters and the length of the tag in bytes
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
 * Formats a hash as a PHC string (https://github.com/P-H-C/phc-string-format).
 *
 * @param cost - cost parameters, and the name of the pepper key if one was used
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

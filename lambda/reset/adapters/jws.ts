// Signed tokens: JWS in compact form (RFC 7515), and the algorithms with which they may be signed.
import { isUtf8 } from 'node:buffer';
import { constants, type KeyObject, verify } from 'node:crypto';
import { ServiceError } from '../domain/errors.ts';

/** A JSON object of a token: its header or its claims, without those that are null. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A decoded token. Its signature is not verified yet. */
export interface Jws {
  readonly header: JsonObject;
  readonly payload: JsonObject;
  /** Header and payload in base64url: what is signed. */
  readonly signingInput: string;
  readonly signature: Buffer;
}

/** A public key and the only algorithm with which it may be used. */
export interface VerificationKey {
  /** Name of the algorithm in JOSE, such as `RS256`. */
  readonly alg: string;
  readonly keyObject: KeyObject;
}

/** Characters: API Gateway's limit for all headers of a request, in bytes. */
const maxTokenLength = 10_240;

/**
 * Refuses a token.
 *
 * @param reason - for the log: what is wrong, with the name of the claim, and never a value from the token
 * @throws ServiceError `token-invalid`
 */
export function refuseToken(reason: string): never {
  throw new ServiceError('token-invalid', { reason });
}

/**
 * Decodes a token. Of several ways to write the same token, only the canonical one is accepted.
 *
 * @throws ServiceError `token-invalid` if it is longer than 10,240 characters or is not a JWS in compact form with a JSON
 *   object as its payload
 */
export function decodeJws(token: string): Jws {
  if (token.length > maxTokenLength) refuseToken('token too long');
  const parts = token.split('.');
  if (parts.length !== 3) refuseToken('token is not of three parts');
  const [header, payload, signature] = parts.map(decodePart) as [Buffer, Buffer, Buffer];
  return {
    header: parseObject(header, 'header'),
    payload: parseObject(payload, 'payload'),
    signingInput: token.slice(0, token.lastIndexOf('.')),
    signature,
  };
}

function decodePart(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  // Node decodes base64url leniently: without this check, one signed token could be written in several ways.
  if (bytes.toString('base64url') !== part) refuseToken('token is not canonical base64url');
  return bytes;
}

function parseObject(bytes: Buffer, name: string): JsonObject {
  // Node replaces invalid bytes with U+FFFD, which could make two users equal (RFC 8725 section 3.7).
  if (!isUtf8(bytes)) refuseToken(`${name} is not UTF-8`);
  try {
    const value: unknown = JSON.parse(bytes.toString());
    if (Object(value) === value && !Array.isArray(value)) return withoutNulls(value as object);
  } catch {
    // The parser's error is not passed on, because it quotes the text.
  }
  return refuseToken(`${name} is not a JSON object`);
}

/** Some issuers write null for a member that is absent. */
function withoutNulls(members: object): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, content]) => content !== null));
}

/**
 * Verifies a signature with the key's algorithm, not the token's. Blocks for less than a millisecond. It is not done in
 * Node's thread pool, where DNS lookups can hang.
 */
export function isSignedBy({ signingInput, signature }: Jws, { alg, keyObject }: VerificationKey): boolean {
  // Names such as PS256 contain the digest. Ed25519 defines its own.
  const digest = alg.startsWith('Ed') ? null : `sha${alg.slice(2)}`;
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  return verify(
    digest,
    Buffer.from(signingInput),
    { key: keyObject, dsaEncoding: 'ieee-p1363', ...(alg.startsWith('PS') && pss) },
    signature,
  );
}

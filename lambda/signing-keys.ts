// The issuer's signing keys: which of a JWKS are usable, and how long they are trusted.
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { Jwk } from 'aws-jwt-verify/jwk';
import { type CachedFetchOptions, createCachedFetch } from './cached-fetch.ts';
import { CodedError } from './describe-fault.ts';
import { download } from './download.ts';

/** A public key with the one algorithm that it may verify. */
export interface SigningKey {
  readonly jwk: Jwk & { readonly alg: string };
  readonly keyObject: KeyObject;
}

export type KeySet = ReadonlyMap<string, SigningKey>;

/** Where keys are looked up by their `kid`. */
export interface SigningKeys {
  /**
   * @returns the key, or `undefined` where the issuer has none of that name
   * @throws SigningKeysUnavailableError where no keys could be had at all
   */
  find(kid: string): Promise<SigningKey | undefined>;
}

const minRsaBits = 2048;

/**
 * Takes the usable keys out of a JWKS (RFC 7517). One that is malformed, weak or for another use is left out and does
 * not cost the others.
 *
 * @param jwks - parsed JSON
 * @returns `kid` -> key; empty where none is usable, which is how an issuer withdraws its last key
 * @throws CodedError `NO_KEY_SET` where the value is no JWKS
 */
export function parseKeySet(jwks: unknown): KeySet {
  const keys = (jwks as { keys?: unknown } | null | undefined)?.keys;
  if (!Array.isArray(keys)) {
    throw new CodedError('NO_KEY_SET', 'must be a JSON Web Key Set, an object with an array "keys"');
  }
  const usable = new Map<string, SigningKey>();
  for (const jwk of keys) {
    const key = toSigningKey(jwk);
    if (key !== undefined && !usable.has(key.jwk.kid as string)) usable.set(key.jwk.kid as string, key);
  }
  return usable;
}

function toSigningKey(value: unknown): SigningKey | undefined {
  // Of anything but null members can be asked for; what is no object has none that fits.
  const jwk = (value ?? {}) as Jwk;
  const isForSigning =
    (jwk.use === undefined || jwk.use === 'sig') &&
    (jwk.key_ops === undefined || (Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify')));
  const alg = algorithmOf(jwk);
  if (!isForSigning || alg === undefined || typeof jwk.kid !== 'string' || jwk.kid === '') return undefined;
  let keyObject: KeyObject;
  try {
    keyObject = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  } catch {
    return undefined;
  }
  if (jwk.kty === 'RSA' && (keyObject.asymmetricKeyDetails?.modulusLength ?? 0) < minRsaBits)
    return undefined;
  return { jwk: { ...jwk, alg }, keyObject };
}

/**
 * The one algorithm that a key may verify: what its `alg` says where that fits the key, else what the key's type
 * implies. Without this a token could choose among the algorithms of a key that names none (RFC 8725 section 3.1).
 */
function algorithmOf(jwk: Jwk): string | undefined {
  const fitting = algorithmsOfKeyType[jwk.kty === 'RSA' ? 'RSA' : `${jwk.kty} ${jwk.crv}`] ?? [];
  return jwk.alg === undefined ? fitting[0] : fitting.find((alg) => alg === jwk.alg);
}

/** What the verifier library supports; where a type has several, the first is implied. */
const algorithmsOfKeyType: Readonly<Record<string, readonly string[]>> = {
  RSA: ['RS256', 'RS384', 'RS512'],
  'EC P-256': ['ES256'],
  'EC P-384': ['ES384'],
  'EC P-521': ['ES512'],
  'OKP Ed25519': ['EdDSA'],
};

/** No usable answer came from where the keys are; named so that the log tells which neighbour failed. */
export class SigningKeysUnavailableError extends Error {
  override readonly name = 'SigningKeysUnavailableError';
}

/**
 * Keys that are fetched from the issuer, for the first time when `preload` is called, and kept as `createCachedFetch`
 * says. A name that is none of theirs is a reason to fetch them again.
 *
 * @param fetchJwks - returns parsed JSON
 * @param options - the clock, and who is told of a failure that the last good keys make up for
 */
export function createSigningKeys(
  fetchJwks: (signal: AbortSignal) => Promise<unknown>,
  options: Pick<CachedFetchOptions<KeySet>, 'now' | 'onFailedRefresh'>,
): SigningKeys & { preload(): Promise<void> } {
  const keys = createCachedFetch({
    fetch: async (signal) => parseKeySet(await fetchJwks(signal)),
    unavailable: (cause) => new SigningKeysUnavailableError('The issuer gave no keys', { cause }),
    ...options,
  });
  return {
    preload: keys.preload,
    find: async (kid) => (await keys.get((known) => known.has(kid))).get(kid),
  };
}

/** Of an answer; more than a thousand keys fit. */
const maxJwksBytes = 1024 * 1024;

/**
 * Fetches a JWKS over https, or over http from the machine's own loopback address.
 *
 * @param uri - absolute URL
 * @param signal - gives up when it is aborted
 * @throws CodedError `NO_JSON`, or what `download` throws
 */
export async function fetchJwksFrom(uri: string, signal?: AbortSignal): Promise<unknown> {
  const bytes = await download(uri, { maxBytes: maxJwksBytes, signal });
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new CodedError('NO_JSON', 'The answer is no JSON in UTF-8', { cause });
  }
}

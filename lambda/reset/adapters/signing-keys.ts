// The issuer's signing keys: which keys of a JWKS are usable, and how they are fetched and cached.
import { type AsymmetricKeyDetails, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { CodedError, describeFault } from '../../shared/describe-fault.ts';
import type { Reporting } from '../../shared/telemetry.ts';
import { type CachedFetchOptions, createCachedFetch } from './cached-fetch.ts';
import { defaultJwksUri, discoverJwksUri } from './discovery.ts';
import { downloadJson } from './download.ts';
import type { JsonObject, VerificationKey } from './jws.ts';

/** A usable key of the issuer. */
export interface SigningKey extends VerificationKey {
  readonly kid: string | undefined;
}

/** Looks keys up by their `kid`. */
export interface SigningKeys {
  /**
   * @param kid - `undefined`: the token has none, which suffices if the issuer has exactly one usable key
   * @returns the key, or `undefined` if the issuer has no such usable key
   * @throws SigningKeysUnavailableError if no keys could be loaded, or if the key may be a new one and the newest keys could
   *   not be fetched
   */
  find(kid: string | undefined): Promise<SigningKey | undefined>;
}

/** A key that is not used, for the log. */
export interface LeftOutKey {
  /**
   * The first 64 characters, with `?` in place of non-printable and non-ASCII ones; `undefined` if there is no `kid`.
   */
  readonly kid: string | undefined;
  /** Never quotes the key, such as `PS256 is not supported`. */
  readonly reason: string;
}

export interface ParsedKeySet {
  /** May be empty: this is how an issuer withdraws its last key. */
  readonly keys: readonly SigningKey[];
  readonly leftOut: readonly LeftOutKey[];
}

/** Checking a key takes a fifth of a millisecond, and a set of a megabyte can contain thousands. */
const maxKeys = 1_000;

/** Why a key is left out. The message is logged, so it never quotes the key. */
class KeyFault extends Error {}

/**
 * Extracts the usable keys of a JWKS (RFC 7517). Keys that are malformed, weak, private or for another use are left
 * out, and the others stay usable. Keys for encryption are no fault, and are not mentioned. If several usable keys have the
 * same `kid`, the first one is used. Only the first 1,000 keys are looked at.
 *
 * @param jwks - parsed JSON
 * @throws CodedError `NO_KEY_SET` if the value is not a JWKS
 */
export function parseKeySet(jwks: unknown): ParsedKeySet {
  const members = (jwks as { keys?: unknown } | null | undefined)?.keys;
  if (!Array.isArray(members)) {
    throw new CodedError('NO_KEY_SET', {
      message: 'must be a JSON Web Key Set, an object with an array "keys"',
    });
  }
  const keys: SigningKey[] = [];
  const leftOut: LeftOutKey[] = [];
  const beyond = members.length - maxKeys;
  if (beyond > 0) leftOut.push({ kid: undefined, reason: `${beyond} keys beyond the first ${maxKeys}` });
  for (const member of members.slice(0, maxKeys)) {
    // Only null and undefined throw when a member is read. Any other value that is not an object has no `kty`.
    const jwk: JsonObject = member ?? {};
    const reason = jwk.use === 'enc' ? undefined : addKey(keys, jwk);
    if (reason !== undefined) leftOut.push({ kid: sanitizeKid(jwk.kid), reason });
  }
  return { keys, leftOut };
}

/** Adds a key if it is usable. Returns why it is not. */
function addKey(keys: SigningKey[], jwk: JsonObject): string | undefined {
  try {
    const key = toSigningKey(jwk);
    if (key.kid !== undefined && selectKey(keys, key.kid)) throw new KeyFault('duplicate kid');
    keys.push(key);
    return undefined;
  } catch (fault) {
    if (!(fault instanceof KeyFault)) throw fault;
    return fault.message;
  }
}

/** The issuer chooses the `kid`: it can have any length and any characters. */
function sanitizeKid(kid: unknown): string | undefined {
  return typeof kid === 'string' ? kid.slice(0, 64).replace(/[^\x21-\x7e]/g, '?') : undefined;
}

/** Selects the key of a token: by `kid`, or the only one for a token without `kid`. */
export function selectKey(keys: readonly SigningKey[], kid: string | undefined): SigningKey | undefined {
  if (kid === undefined) return keys.length === 1 ? keys[0] : undefined;
  return keys.find((key) => key.kid === kid);
}

function toSigningKey(jwk: JsonObject): SigningKey {
  const { kid } = jwk;
  if (kid !== undefined && (typeof kid !== 'string' || kid === '')) throw new KeyFault('kid is malformed');
  // Anybody who reads the set could sign with such a key; `k` is a shared secret (RFC 7518 sections 6.2.2, 6.3.2, 6.4).
  if (privateMembers.some((name) => jwk[name] !== undefined)) throw new KeyFault('private members');
  if (jwk.use !== undefined && jwk.use !== 'sig') throw new KeyFault('use is not sig');
  if (jwk.key_ops !== undefined && !(Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify')))
    throw new KeyFault('key_ops does not include verify');
  const alg = determineAlgorithm(jwk);
  const keyObject = importKey(jwk);
  rejectWeakKey(keyObject);
  return { kid: kid as string | undefined, alg, keyObject };
}

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;

/**
 * Determines the only algorithm with which a key may be used: its `alg`, or the default of its type if it has none.
 * Otherwise a token could choose among the algorithms of a key without `alg` (RFC 8725 section 3.1).
 */
function determineAlgorithm(jwk: JsonObject): string {
  const fitting = algorithmsOfKeyType[jwk.kty === 'RSA' ? 'RSA' : `${jwk.kty} ${jwk.crv}`];
  if (fitting === undefined) throw new KeyFault('kty or crv is not supported');
  const alg = jwk.alg === undefined ? fitting[0] : fitting.find((name) => name === jwk.alg);
  if (alg !== undefined) return alg;
  const isSupported = Object.values(algorithmsOfKeyType).some((names) =>
    names.some((name) => name === jwk.alg),
  );
  if (isSupported) throw new KeyFault('alg does not fit the key');
  throw new KeyFault(`${unsupportedAlgorithms.find((name) => name === jwk.alg) ?? 'alg'} is not supported`);
}

/**
 * The supported algorithms by type of key (RFC 7518 section 3.1, RFC 8037, RFC 9864). The first of each list is the
 * default of the type.
 */
const algorithmsOfKeyType: Readonly<Record<string, readonly string[]>> = {
  RSA: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  'EC P-256': ['ES256'],
  'EC P-384': ['ES384'],
  'EC P-521': ['ES512'],
  'OKP Ed25519': ['EdDSA', 'Ed25519'],
};

/**
 * Unsupported algorithms whose names may be logged (IANA's registry "JSON Web Signature and Encryption Algorithms").
 */
const unsupportedAlgorithms = [
  ...['ES256K', 'Ed448', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'],
  ...['HS256', 'HS384', 'HS512'],
];

function importKey(jwk: JsonObject): KeyObject {
  try {
    return createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  } catch {
    throw new KeyFault('malformed');
  }
}

const minRsaBits = 2048;

type RsaDetails = Required<Pick<AsymmetricKeyDetails, 'modulusLength' | 'publicExponent'>>;

/**
 * Refuses keys for which somebody other than the issuer can sign, if that is quick to detect (RFC 8725 section 3.4).
 * Checks the imported key, because leading zeros in the JWK would make a number look longer than it is.
 */
function rejectWeakKey(key: KeyObject): void {
  const { kty, n, x } = key.export({ format: 'jwk' });
  if (kty === 'RSA') {
    const { modulusLength, publicExponent } = key.asymmetricKeyDetails as RsaDetails;
    if (modulusLength < minRsaBits) throw new KeyFault(`RSA modulus of ${modulusLength} bits`);
    if (toNumber(n as string) % 2n === 0n) throw new KeyFault('RSA modulus is even');
    // With exponent 1, every message is its own signature.
    if (publicExponent < 3n || publicExponent % 2n === 0n)
      throw new KeyFault('RSA exponent is even or less than 3');
  }
  if (kty === 'OKP' && isOfSmallOrder(x as string)) throw new KeyFault('Ed25519 point of small order');
}

function toNumber(base64url: string): bigint {
  return BigInt(`0x${Buffer.from(base64url, 'base64url').toString('hex')}`);
}

/** The prime of Ed25519's field (RFC 8032 section 5.1). */
const fieldPrime = 2n ** 255n - 19n;
const yOfOrder8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
const ysOfSmallOrder = [0n, 1n, fieldPrime - 1n, yOfOrder8, fieldPrime - yOfOrder8];

/**
 * Whether a point of Ed25519 has an order of 8 or less. Under such a key, some signatures are valid for many or all
 * messages, and not every version of OpenSSL refuses it.
 *
 * @param x - the JWK's `x`: the y coordinate in little-endian, with the sign of x in the highest bit (RFC 8032 section
 *   5.1.2)
 */
function isOfSmallOrder(x: string): boolean {
  const bytes = Buffer.from(x, 'base64url').reverse();
  const y = toNumber(bytes.toString('base64url')) % 2n ** 255n;
  return ysOfSmallOrder.includes(y % fieldPrime);
}

/** No JWKS could be fetched. The log shows the name of this class, which says which service failed. */
export class SigningKeysUnavailableError extends Error {
  override readonly name = 'SigningKeysUnavailableError';
}

export interface SigningKeysOptions
  extends Pick<CachedFetchOptions<readonly SigningKey[]>, 'now' | 'onFailedRefresh'> {
  /** Called with each key set that was fetched. */
  readonly onKeySet: (parsed: ParsedKeySet) => void;
}

/**
 * Creates a lookup of the issuer's keys, cached by `createCachedFetch`. An unknown `kid` causes a fetch, because the
 * issuer may have a new key. If that fetch fails, the token may still be good. So the answer is 501, and the client repeats
 * the request; 401 would make it throw away a valid session.
 *
 * @param fetchJwks - returns the parsed JSON of the JWKS
 * @param options - the clock, and listeners for fetched key sets and failed refreshes
 */
export function createSigningKeys(
  fetchJwks: (signal: AbortSignal) => Promise<unknown>,
  options: SigningKeysOptions,
): SigningKeys & { preload(): Promise<void> } {
  /** The error of the last fetch, if it failed. */
  let failure: Error | undefined;
  const keys = createCachedFetch({
    async fetch(signal) {
      const parsed = parseKeySet(await fetchJwks(signal));
      options.onKeySet(parsed);
      failure = undefined;
      return parsed.keys;
    },
    unavailable(cause) {
      failure = new SigningKeysUnavailableError('The signing keys could not be fetched', { cause });
      return failure;
    },
    ...options,
  });
  return {
    preload: keys.preload,
    async find(kid) {
      const key = selectKey(await keys.get((known) => selectKey(known, kid) !== undefined), kid);
      if (key === undefined && failure !== undefined) throw failure;
      return key;
    },
  };
}

/** Where the keys of an issuer come from. */
export interface KeySource {
  /** The tokens' `iss`. */
  readonly issuer: string;
  /** The keys that are set inline, or the absolute URL from which to fetch them; `null`: the issuer says where they are. */
  readonly jwks: ParsedKeySet | string | null;
}

/**
 * Creates the lookup of the issuer's keys, and fetches them before the first request. If that fails, it is logged, and
 * the first request tries again.
 *
 * @param source - where the keys are
 * @param logger - logs failures and keys that are left out
 */
export async function openSigningKeys(
  { issuer, jwks }: KeySource,
  logger: Reporting['logger'],
): Promise<SigningKeys> {
  if (typeof jwks === 'object' && jwks !== null) {
    logLeftOutKeys(jwks, logger);
    return { find: async (kid) => selectKey(jwks.keys, kid) };
  }
  const given: string | null = jwks;
  // The place that the issuer named is kept for as long as its keys can be fetched there.
  let named: string | undefined;
  let asked: string | undefined;
  /** Asks the issuer. Once its document has named a place, the default place is not trusted, even if the document is gone. */
  async function discover(signal: AbortSignal): Promise<string> {
    const found = await discoverJwksUri(issuer, signal);
    const isOther = asked !== undefined && asked !== found;
    if (isOther && found === defaultJwksUri(issuer)) throw new CodedError('NO_DOCUMENT');
    return found;
  }
  async function fetchJwks(signal: AbortSignal): Promise<unknown> {
    const uri = given ?? named ?? (await discover(signal));
    asked = uri;
    named = undefined;
    return downloadJson(uri, signal);
  }
  const keys = createSigningKeys(fetchJwks, {
    now: Date.now,
    onKeySet(parsed) {
      named = asked;
      logLeftOutKeys(parsed, logger);
    },
    onFailedRefresh: (error) =>
      logger.warn('The signing keys could not be refreshed', { fault: describeFault(error) }),
  });
  try {
    await keys.preload();
  } catch (error) {
    logger.warn('The signing keys could not be fetched at the start', { fault: describeFault(error) });
  }
  return keys;
}

/** Maximum number of keys that a log line names. */
const maxNamedKeys = 20;

/** Without this log line, tokens signed with such a key would look like an attack. */
function logLeftOutKeys({ keys, leftOut }: ParsedKeySet, logger: Reporting['logger']): void {
  if (keys.length > 0 && leftOut.length === 0) return;
  logger.warn(keys.length > 0 ? 'Keys of the issuer are left out' : 'The issuer has no usable signing key', {
    leftOut: leftOut.slice(0, maxNamedKeys),
    leftOutCount: leftOut.length,
  });
}

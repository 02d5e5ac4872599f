// An issuer for tests, with real keys and signatures, and tokens with any claims and header.
import { KeyObject, randomUUID } from 'node:crypto';
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  SignJWT,
} from 'jose';

export const issuer = 'https://issuer.test';
export const audience = 'password-reset-test';

export interface TokenSigner {
  /** The public keys, as a JWKS. */
  readonly jwks: { readonly keys: readonly JWK[] };
  /**
   * Signs an access token that is good except for what is overridden.
   *
   * @param claims - replace the good ones; `undefined` removes a claim
   * @param header - as for claims; `alg` selects the key
   */
  sign(claims: Readonly<Record<string, unknown>>, header?: Partial<JWTHeaderParameters>): Promise<string>;
  /** The private key of an algorithm, to sign tokens that `sign` does not make. */
  privateKey(alg: 'RS256' | 'ES256' | 'EdDSA'): KeyObject;
}

/** The claims of a good token, except for `sub`. */
export function goodClaims(): Readonly<Record<string, unknown>> {
  const now = Math.floor(Date.now() / 1000);
  return { iss: issuer, aud: audience, iat: now, exp: now + 600, jti: randomUUID() };
}

/** Makes an issuer with a new key for each algorithm; its `kid` is the algorithm's name after the prefix. */
export async function createTokenSigner(kidPrefix = ''): Promise<TokenSigner> {
  const privateKeys = new Map<string, CryptoKey>();
  const keys: JWK[] = [];
  for (const alg of ['RS256', 'ES256', 'EdDSA']) {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    privateKeys.set(alg, privateKey);
    keys.push({ ...(await exportJWK(publicKey)), kid: kidPrefix + alg, alg, use: 'sig' });
  }
  return {
    jwks: { keys },
    sign(claims, header = {}) {
      const alg = header.alg ?? 'RS256';
      const key = privateKeys.get(alg);
      if (key === undefined) throw new Error(`no key for ${alg}`);
      return new SignJWT({ ...goodClaims(), ...claims })
        .setProtectedHeader({ typ: 'at+jwt', kid: kidPrefix + alg, ...header, alg })
        .sign(key, { crit: Object.fromEntries((header.crit ?? []).map((name) => [name, true])) });
    },
    privateKey: (alg) => KeyObject.from(privateKeys.get(alg) as CryptoKey),
  };
}

// An issuer for tests: real keys, real signatures, and tokens with any claims and header that a test asks for.
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
   * Signs an access token that is good in every respect but those that are overridden.
   *
   * @param claims - replace the good ones; `undefined` removes a claim
   * @param header - likewise; `alg` chooses the key
   */
  sign(claims: Readonly<Record<string, unknown>>, header?: Partial<JWTHeaderParameters>): Promise<string>;
  /** The private key of an algorithm, to sign with what `sign` would not make. */
  privateKey(alg: 'RS256' | 'ES256' | 'EdDSA'): KeyObject;
}

/** The claims of a token that is good in every respect but for its missing `sub`. */
export function goodClaims(): Readonly<Record<string, unknown>> {
  const now = Math.floor(Date.now() / 1000);
  return { iss: issuer, aud: audience, iat: now, exp: now + 600, jti: randomUUID() };
}

/** Makes an issuer with a fresh key per algorithm; `kid` is the algorithm's name unless prefixed. */
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

// Tokens and key sets in the shapes in which real issuers write them, with real keys and signatures.
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import shapes from './issuer-shapes.json' with { type: 'json' };

export interface IssuerShape {
  readonly name: string;
  /** Algorithm of the token's signature. */
  readonly alg: string;
  readonly issuer: string;
  readonly audience: string;
  /** The function's variables besides issuer and audience. */
  readonly settings: Readonly<Record<string, string>>;
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly keys: readonly Readonly<Record<string, unknown>>[];
  /** `204` or the code of the error. */
  readonly expected: string;
  /** Why `token-invalid`, as the log says it. */
  readonly reason?: string;
}

export const issuerShapes: readonly IssuerShape[] = shapes.cases;

/** What an issuer of a shape sends out: a token, and its key set. */
export interface IssuedToken {
  readonly token: string;
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
}

const pairs = new Map<string, ReturnType<typeof generateKeyPair>>();

/** One pair for each name, since RSA keys take a tenth of a second to generate. */
function keyPair(name: string, alg: string) {
  const pair = pairs.get(name) ?? generateKeyPair(alg, { extractable: true });
  pairs.set(name, pair);
  return pair;
}

/**
 * Signs the token of a shape.
 *
 * @param now - the time of issue in seconds
 */
export async function issueToken(shape: IssuerShape, now: number): Promise<IssuedToken> {
  const { alg } = shape;
  const signing = await keyPair(alg, alg);
  const publicKeys: Readonly<Record<string, CryptoKey>> = {
    signing: signing.publicKey,
    other: (await keyPair('other', 'RS256')).publicKey,
  };
  const keys = shape.keys.map(async ({ $key, ...members }) => ({
    ...(await exportJWK(publicKeys[String($key)] as CryptoKey)),
    ...members,
  }));
  const claims = withTimes({ iss: shape.issuer, ...shape.claims }, now) as Record<string, unknown>;
  const token = new SignJWT(claims).setProtectedHeader({ ...shape.header, alg });
  return { token: await token.sign(signing.privateKey), jwks: { keys: await Promise.all(keys) } };
}

/** Puts times in place of `$now`, `$now+10` and `$now-10`, and a text in place of `$nowtext`. */
function withTimes(value: unknown, now: number): unknown {
  if (typeof value === 'string' && value.startsWith('$now')) {
    return value === '$nowtext' ? String(now) : now + Number(value.slice('$now'.length));
  }
  if (Array.isArray(value)) return value.map((entry) => withTimes(entry, now));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, withTimes(entry, now)]));
}

// Signs tokens for the function in SAM's container, with a key pair that is kept in a file.
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { localAudience } from '../command-line/local-defaults.ts';
import { UsageError } from '../command-line/usage-error.ts';

/** The keys are set inline, so nothing is ever fetched from here. */
const issuer = 'https://issuer.invalid';
const algorithm = 'ES256';

export interface SamIdentity {
  /** The function's variables for the check of tokens. The keys are inline: a container cannot reach this machine. */
  readonly variables: {
    readonly TOKEN_ISSUER: string;
    readonly TOKEN_AUDIENCE: string;
    readonly TOKEN_JWKS: string;
  };
  /** Signs an access token that is valid for an hour. */
  readonly sign: (userId: string) => Promise<string>;
}

/**
 * Reads the key pair from a file, or creates both.
 *
 * @param path - file with a private JSON Web Key, readable by its owner only
 * @throws UsageError if the file is not JSON, such as after a write that was cut short
 */
export async function openSamIdentity(path: string): Promise<SamIdentity> {
  const privateJwk = (await readKey(path)) ?? (await createKey(path));
  const { d: _private, ...publicJwk } = privateJwk;
  const key = await importJWK(privateJwk, algorithm);
  return {
    variables: {
      TOKEN_ISSUER: issuer,
      TOKEN_AUDIENCE: localAudience,
      TOKEN_JWKS: JSON.stringify({ keys: [publicJwk] }),
    },
    sign: (userId) =>
      new SignJWT()
        .setProtectedHeader({ alg: algorithm, kid: String(privateJwk.kid) })
        .setIssuer(issuer)
        .setAudience(localAudience)
        .setSubject(userId)
        .setJti(crypto.randomUUID())
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(key),
  };
}

async function readKey(path: string): Promise<JWK | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (!(error instanceof SyntaxError)) throw error;
    // Not passed on: the parser's message quotes the key.
    throw new UsageError(`${path} is no JSON Web Key: remove it, and start npm run sam again.`);
  }
}

async function createKey(path: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid: crypto.randomUUID(), alg: algorithm, use: 'sig' };
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, JSON.stringify(jwk), { mode: 0o600 });
  await chmod(path, 0o600);
  return jwk;
}

// A local OpenID Connect issuer, which issues a token for any user without authentication.
import { randomUUID } from 'node:crypto';
import { type MutableToken, OAuth2Server } from 'oauth2-mock-server';
import { explainPort, host } from './listen.ts';
import { nextSecond } from './next-second.ts';

export interface TokenIssuer {
  /** The tokens' `iss`, and the issuer's base URL. */
  readonly url: string;
  /** Its keys as a JSON Web Key Set. */
  readonly jwks: string;
  stop(): Promise<void>;
}

/** Seconds since the login: as long as a token is valid, so that only a token of an old login is refused because of its age. */
export const localMaxAge = '3600';

/** `expired`: an hour ago. `old-login`: good, of a login a day ago. */
export type TokenKind = 'valid' | 'expired' | 'old-login';

/** Seconds since a token was issued, and since its user logged in. */
const ages: Readonly<Record<TokenKind, { readonly issued: number; readonly login: number }>> = {
  valid: { issued: 0, login: 0 },
  expired: { issued: 7_200, login: 7_200 },
  'old-login': { issued: 0, login: 86_400 },
};

export interface TokenOptions {
  readonly kind?: TokenKind;
  /** Ends the wait for the token. */
  readonly signal?: AbortSignal;
}

/**
 * Starts the issuer. `POST /token` with the password grant returns an access token
 * whose `sub` is the `username`; any password is accepted.
 *
 * @param port - 0 for any free port
 * @param audience - the tokens' `aud`
 */
export async function startTokenIssuer(port: number, audience: string): Promise<TokenIssuer> {
  const server = new OAuth2Server();
  await server.issuer.keys.generate('RS256');
  server.service.on(
    'beforeTokenSigning',
    ({ payload }: MutableToken, { body }: { body: { kind: TokenKind } }) => {
      const { issued, login } = ages[body.kind] ?? ages.valid;
      const { iat, exp } = payload;
      const claims = { iat: iat - issued, exp: exp - issued, auth_time: iat - login };
      Object.assign(payload, { aud: audience, jti: randomUUID(), ...claims });
    },
  );
  try {
    await server.start(port, host);
  } catch (error) {
    throw explainPort(error, port, 'ISSUER_PORT');
  }
  const url = `http://${host}:${server.address().port}`;
  server.issuer.url = url;
  return { url, jwks: JSON.stringify({ keys: server.issuer.keys.toJSON() }), stop: () => server.stop() };
}

/**
 * Fetches an access token from the local issuer in the next second: a reset revokes all tokens issued in the same second,
 * including one that is issued right after it.
 *
 * @param issuerUrl - without a trailing slash
 * @param userId - becomes the token's `sub`
 * @returns a signed JWT that is valid for an hour, unless another kind is asked for
 */
export async function fetchTokenOfNextSecond(
  issuerUrl: string,
  userId: string,
  { kind = 'valid', signal }: TokenOptions,
): Promise<string> {
  await nextSecond();
  const response = await fetch(`${issuerUrl}/token`, {
    method: 'POST',
    ...(signal && { signal }),
    body: new URLSearchParams({ grant_type: 'password', username: userId, password: 'not checked', kind }),
  });
  const { access_token: token } = (await response.json()) as { access_token?: unknown };
  if (typeof token !== 'string') throw new Error(`the answer has status ${response.status} and no token`);
  return token;
}

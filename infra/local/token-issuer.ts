// An OpenID Connect issuer on a laptop: whoever asks for a user's token gets one.
import { randomUUID } from 'node:crypto';
import { OAuth2Server } from 'oauth2-mock-server';
import { explainPort, host } from './listen.ts';
import { nextSecond } from './next-second.ts';

export interface TokenIssuer {
  /** The tokens' `iss`, and where the issuer answers. */
  readonly url: string;
  readonly jwksUri: string;
}

/**
 * Starts the issuer; it ends with the process. `POST /token` with the password grant answers an access token whose `sub` is the `username`; the
 * password is not looked at.
 *
 * @param port - 0 for any free one
 * @param audience - the tokens' `aud`
 */
export async function startTokenIssuer(port: number, audience: string): Promise<TokenIssuer> {
  const server = new OAuth2Server();
  await server.issuer.keys.generate('RS256');
  server.service.on('beforeTokenSigning', ({ payload }: { payload: Record<string, unknown> }) => {
    Object.assign(payload, { aud: audience, jti: randomUUID(), auth_time: payload.iat });
  });
  try {
    await server.start(port, host);
  } catch (error) {
    throw explainPort(error, port, 'ISSUER_PORT');
  }
  const url = `http://${host}:${server.address().port}`;
  server.issuer.url = url;
  return { url, jwksUri: `${url}/jwks` };
}

/**
 * Asks the local issuer for a user's access token.
 *
 * @param issuerUrl - without a trailing slash
 * @param userId - becomes the token's `sub`
 * @returns a signed JWT, good for an hour
 */
async function fetchToken(issuerUrl: string, userId: string): Promise<string> {
  const response = await fetch(`${issuerUrl}/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'password', username: userId, password: 'not looked at' }),
  });
  const { access_token: token } = (await response.json()) as { access_token?: unknown };
  if (typeof token !== 'string') throw new Error(`the issuer answered ${response.status} and no token`);
  return token;
}

/**
 * Like `fetchToken`, but waits for the next second: a reset revokes every token of the second it happens in, so that a
 * token asked for right after one would be revoked already.
 */
export async function fetchTokenOfNextSecond(issuerUrl: string, userId: string): Promise<string> {
  await nextSecond();
  return fetchToken(issuerUrl, userId);
}

// An issuer of access tokens that the deployed functions reach over https on this machine.
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { host } from '../../infra/local/listen.ts';
import type { Certificate } from '../support/certificate.ts';
import { createTokenSigner } from '../support/token-signer.ts';

export interface HttpsIssuer {
  /** The tokens' `iss`. */
  readonly url: string;
  /** Where the keys are, apart from the default location below the issuer. */
  readonly jwksUri: string;
  readonly audience: string;
  /** Whether connections are closed without an answer. */
  isDown: boolean;
  /**
   * Signs an access token of this issuer.
   *
   * @param claims - in addition to those of a good token, or in place of them
   */
  sign(claims: Readonly<Record<string, unknown>>): Promise<string>;
  stop(): void;
}

/** @param certificate - for `localhost`, trusted by the functions */
export async function startHttpsIssuer(certificate: Certificate): Promise<HttpsIssuer> {
  const signer = await createTokenSigner();
  const audience = 'mobile-app';
  const server = createServer(certificate, (request, response) => {
    if (issuer.isDown) return request.socket.destroy();
    const isKeySet = ['/.well-known/jwks.json', '/keys'].includes(request.url ?? '');
    return response
      .writeHead(isKeySet ? 200 : 404, { 'Content-Type': 'application/json' })
      .end(JSON.stringify(isKeySet ? signer.jwks : {}));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  const issuer: HttpsIssuer = {
    url,
    jwksUri: `${url}/keys`,
    audience,
    isDown: false,
    sign: (claims) => signer.sign({ iss: url, aud: audience, ...claims }),
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
  return issuer;
}

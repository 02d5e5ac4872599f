// Keys and tokens of the supported issuers: every algorithm, fetched keys, a Cognito user pool.
import { createServer, type Server } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../../infra/local/listen.ts';
import { startService, type TestService } from '../support/service.ts';
import { createTokenSigner, type TokenSigner } from '../support/token-signer.ts';

let signer: TokenSigner;
beforeAll(async () => {
  signer = await createTokenSigner('fetched-');
});

let service: TestService;
afterEach(() => service.close());

it.each(['RS256', 'ES256', 'EdDSA'])('a token signed with %s is accepted', async (alg) => {
  service = await startService();
  await service.put({ userId: 'alice' });
  expect((await service.reset(await service.token('alice', {}, { alg }))).code).toBe('204');
});

it.each([undefined, 'JWT', 'jwt', 'at+jwt', 'application/at+jwt'])(
  'a token of type %s is accepted',
  async (typ) => {
    service = await startService();
    await service.put({ userId: 'alice' });
    expect((await service.reset(await service.token('alice', {}, { typ }))).code).toBe('204');
  },
);

describe('the fetched signing keys', () => {
  let issuer: Server;
  let jwksUri: string;
  let fetches = 0;
  beforeAll(async () => {
    issuer = createServer((_request, response) => {
      fetches++;
      response.end(JSON.stringify(signer.jwks));
    });
    jwksUri = await listen(issuer, 0, 'PORT');
  });
  afterAll(() => issuer.close());

  it('are fetched once, at the start', async () => {
    fetches = 0;
    service = await startService({ TOKEN_JWKS: '', TOKEN_JWKS_URI: jwksUri });
    expect(fetches).toBe(1);
    await service.put({ userId: 'alice' }, { userId: 'bob' });
    for (const sub of ['alice', 'bob'])
      expect((await service.reset(await signer.sign({ sub }))).code).toBe('204');
    expect(fetches).toBe(1);
  });

  it('are found by TOKEN_ISSUER alone, where the issuer says', async () => {
    let url = '';
    const server = createServer((request, response) => {
      const answers: Record<string, unknown> = {
        '/tenant/.well-known/openid-configuration': { issuer: `${url}/tenant`, jwks_uri: `${url}/keys` },
        '/keys': signer.jwks,
      };
      const answer = answers[String(request.url)];
      response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer));
    });
    url = await listen(server, 0, 'PORT');
    service = await startService({ TOKEN_JWKS: '', TOKEN_ISSUER: `${url}/tenant` });
    await service.put({ userId: 'alice' });
    expect((await service.reset(await signer.sign({ sub: 'alice', iss: `${url}/tenant` }))).code).toBe('204');
    server.close();
  });

  it('may be unavailable at the start; then a request is answered 501, not 401', async () => {
    service = await startService({ TOKEN_JWKS: '', TOKEN_JWKS_URI: 'http://127.0.0.1:9/jwks' });
    expect(service.recorder.lines).toMatchObject([
      { level: 'warn', fault: { name: 'SigningKeysUnavailableError' } },
    ]);
    expect((await service.reset(await signer.sign({ sub: 'alice' }))).code).toBe('internal-error');
  });
});

describe('a Cognito user pool', () => {
  const TOKEN_ISSUER = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf123';
  const claims = { iss: TOKEN_ISSUER, aud: undefined, client_id: 'app-client', token_use: 'access' };

  async function codeFor(overrides: Record<string, unknown>): Promise<string> {
    service = await startService({ TOKEN_ISSUER, TOKEN_AUDIENCE: 'other-client,app-client' });
    await service.put({ userId: 'alice' });
    return (await service.reset(await service.token('alice', { ...claims, ...overrides }))).code;
  }

  it('issues access tokens that are accepted by client id, without an audience', async () => {
    expect(await codeFor({})).toBe('204');
  });

  it.each([
    ['an ID token', { token_use: 'id', aud: 'app-client' }, 'token_use is not that of an access token'],
    ['no token_use', { token_use: undefined }, 'token_use is not that of an access token'],
    ['another client', { client_id: 'stranger' }, 'client_id is another audience'],
    ['another pool', { iss: `${TOKEN_ISSUER}4` }, 'iss is another issuer'],
  ])('issues tokens that are refused with a logged reason: %s', async (_name, overrides, reason) => {
    expect(await codeFor(overrides)).toBe('token-invalid');
    expect(service.recorder.lines.at(-1)?.reason).toBe(reason);
  });
});

describe('an issuer that sets iat back by 300 seconds', () => {
  /** A token that was issued so many seconds from now. */
  const issuedIn = (seconds: number) => {
    const issuedAt = Math.floor(Date.now() / 1_000) + seconds;
    return service.token('alice', { iat: issuedAt - 300, nbf: issuedAt - 300, exp: issuedAt + 3_600 });
  };

  it('needs TOKEN_BACKDATING, so that the login after a reset works at once', async () => {
    for (const [TOKEN_BACKDATING, expected] of [
      ['0', 'token-revoked'],
      ['300', '204'],
    ] as const) {
      service = await startService({ TOKEN_BACKDATING });
      await service.put({ userId: 'alice' });
      expect((await service.reset(await issuedIn(-10))).code).toBe('204');
      const revoked = await service.reset(await issuedIn(-5));
      expect(revoked.code).toBe('token-revoked');
      // Two seconds from now: the clocks of issuer and service may differ by five.
      expect((await service.reset(await issuedIn(2))).code).toBe(expected);
      if (TOKEN_BACKDATING === '0') await service.close();
    }
  });

  it('has the age of the login counted from the true time', async () => {
    service = await startService({ TOKEN_BACKDATING: '300', TOKEN_MAX_AGE: '60' });
    await service.put({ userId: 'alice' });
    expect((await service.reset(await issuedIn(-65))).code).toBe('authentication-too-old');
    expect((await service.reset(await issuedIn(-30))).code).toBe('204');
  });
});

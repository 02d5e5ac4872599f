// Where an issuer's keys are looked for, and which discovery documents are believed.
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { listen } from '../../../../infra/local/listen.ts';
import {
  defaultJwksUri,
  discoverJwksUri,
  discoveryUrls,
  isCognitoPool,
} from '../../../../lambda/reset/adapters/discovery.ts';
import { createCertificate } from '../../../support/certificate.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

/** An issuer that answers each path with JSON, and any other with 404; a number is the status of an answer. */
async function startIssuer(answers: (url: string) => Readonly<Record<string, unknown>>) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = String(request.url);
    asked.push(path);
    const answer = answers(url)[path];
    response.writeHead(typeof answer === 'number' ? answer : answer === undefined ? 404 : 200);
    response.end(JSON.stringify(answer ?? {}));
  });
  const url = await listen(server, 0, 'PORT');
  open.push({
    close() {
      server.close();
      server.closeAllConnections();
    },
  });
  return { url, asked };
}

describe('the discovery document', () => {
  it.each([
    [
      'https://acme.eu.auth0.com/',
      'https://acme.eu.auth0.com/.well-known/openid-configuration',
      'https://acme.eu.auth0.com/.well-known/oauth-authorization-server',
    ],
    [
      'https://id.acme.test/realms/acme',
      'https://id.acme.test/realms/acme/.well-known/openid-configuration',
      'https://id.acme.test/.well-known/oauth-authorization-server/realms/acme',
    ],
    [
      'https://sso.acme.test:8443/application/o/app/',
      'https://sso.acme.test:8443/application/o/app/.well-known/openid-configuration',
      'https://sso.acme.test:8443/.well-known/oauth-authorization-server/application/o/app',
    ],
  ])('of %s is looked for where OpenID Connect and where RFC 8414 put it', (issuer, ...urls) => {
    expect(discoveryUrls(issuer)).toEqual(urls);
  });

  it('says where the keys are', async () => {
    const { url, asked } = await startIssuer((url) => ({
      '/tenant/.well-known/openid-configuration': { issuer: `${url}/tenant`, jwks_uri: `${url}/keys?v=1` },
    }));
    expect(await discoverJwksUri(`${url}/tenant`)).toBe(`${url}/keys?v=1`);
    expect(asked).toEqual(['/tenant/.well-known/openid-configuration']);
  });

  it('of an issuer with a slash at its end is believed with that slash only', async () => {
    const { url } = await startIssuer((url) => ({
      '/.well-known/openid-configuration': { issuer: `${url}/`, jwks_uri: `${url}/keys` },
    }));
    expect(await discoverJwksUri(`${url}/`)).toBe(`${url}/keys`);
    await expect(discoverJwksUri(url)).rejects.toMatchObject({
      code: 'OTHER_ISSUER',
      url: `${url}/.well-known/openid-configuration`,
    });
  });

  it('is looked for in the second place if the first one has none', async () => {
    const { url, asked } = await startIssuer((url) => ({
      '/.well-known/oauth-authorization-server/tenant': { issuer: `${url}/tenant`, jwks_uri: `${url}/keys` },
    }));
    expect(await discoverJwksUri(`${url}/tenant`)).toBe(`${url}/keys`);
    expect(asked).toHaveLength(2);
  });

  it('may be missing: then the keys are at /.well-known/jwks.json', async () => {
    const { url, asked } = await startIssuer(() => ({}));
    expect(await discoverJwksUri(`${url}/tenant/`)).toBe(`${url}/tenant/.well-known/jwks.json`);
    expect(asked).toHaveLength(2);
  });

  it.each([400, 401, 403, 410, 429, 500, 503])('is not missing if its place answers %i', async (status) => {
    const { url, asked } = await startIssuer(() => ({ '/.well-known/openid-configuration': status }));
    await expect(discoverJwksUri(url)).rejects.toMatchObject({
      code: 'HTTP_STATUS',
      httpStatus: status,
      url: `${url}/.well-known/openid-configuration`,
    });
    expect(asked).toHaveLength(1);
  });

  it.each<[string, (url: string) => unknown, string]>([
    ['of another issuer', (url) => ({ issuer: `${url}/other`, jwks_uri: `${url}/keys` }), 'OTHER_ISSUER'],
    ['without an issuer', (url) => ({ jwks_uri: `${url}/keys` }), 'OTHER_ISSUER'],
    ['with a list of issuers', (url) => ({ issuer: [url], jwks_uri: `${url}/keys` }), 'OTHER_ISSUER'],
    ['that is null', () => null, 'OTHER_ISSUER'],
    ['that is a list', () => [], 'OTHER_ISSUER'],
    ['without keys', (url) => ({ issuer: url }), 'NO_JWKS_URI'],
    ['with keys that are no URL', (url) => ({ issuer: url, jwks_uri: '/keys' }), 'NO_JWKS_URI'],
    ['with several places of keys', (url) => ({ issuer: url, jwks_uri: [`${url}/keys`] }), 'NO_JWKS_URI'],
    ['with keys over http', (url) => ({ issuer: url, jwks_uri: 'http://keys.test/' }), 'NO_JWKS_URI'],
    [
      'with credentials for the keys',
      (url) => ({ issuer: url, jwks_uri: 'https://user:secret@keys.test/' }),
      'NO_JWKS_URI',
    ],
    ['with a fragment', (url) => ({ issuer: url, jwks_uri: 'https://keys.test/#' }), 'NO_JWKS_URI'],
    ['with keys in a file', (url) => ({ issuer: url, jwks_uri: 'file:///etc/passwd' }), 'NO_JWKS_URI'],
  ])('%s is not believed', async (_what, makeDocument, code) => {
    const { url } = await startIssuer((url) => ({
      '/.well-known/openid-configuration': makeDocument(url) ?? 'null',
    }));
    await expect(discoverJwksUri(url)).rejects.toMatchObject({
      code,
      url: `${url}/.well-known/openid-configuration`,
    });
  });

  it('of an issuer elsewhere may name keys over https, but none on this machine', async () => {
    const certificate = createCertificate();
    const authorities = getCACertificates('default');
    setDefaultCACertificates([...authorities, certificate.cert]);
    onTestFinished(() => setDefaultCACertificates(authorities));
    const document = { issuer: '', jwks_uri: 'https://keys.test/certs' };
    const server = createTlsServer(certificate, (_request, response) =>
      response.end(JSON.stringify(document)),
    );
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    document.issuer = (await listen(server, 0, 'PORT')).replace('http://127.0.0.1', 'https://localhost');
    expect(await discoverJwksUri(document.issuer)).toBe('https://keys.test/certs');
    document.jwks_uri = 'http://127.0.0.1:9001/2018-06-01/runtime';
    await expect(discoverJwksUri(document.issuer)).rejects.toMatchObject({ code: 'NO_JWKS_URI' });
  });

  it('may name keys over https elsewhere', async () => {
    const { url } = await startIssuer((url) => ({
      '/.well-known/openid-configuration': { issuer: url, jwks_uri: 'https://keys.test/certs' },
    }));
    expect(await discoverJwksUri(url)).toBe('https://keys.test/certs');
  });

  it('is aborted by its signal', async () => {
    const server = createServer(() => {});
    const url = await listen(server, 0, 'PORT');
    open.push({ close: () => server.closeAllConnections() });
    await expect(discoverJwksUri(url, AbortSignal.timeout(100))).rejects.toThrow('aborted');
    server.close();
  });
});

it.each([
  ['https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC123', true],
  ['https://acme.eu.auth0.com/', false],
  ['https://acme.test/https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC123', false],
  ['https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC123.acme.test', false],
])('%s is a Cognito user pool: %s', (issuer, expected) => {
  expect(isCognitoPool(issuer)).toBe(expected);
  expect(defaultJwksUri(issuer)).toBe(`${issuer.replace(/\/$/, '')}/.well-known/jwks.json`);
});

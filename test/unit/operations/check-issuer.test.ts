// What `npm run issuer` says of issuers that answer as real ones do, of their tokens, and of everything that goes wrong.
import { execFileSync } from 'node:child_process';
import { createServer, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { OAuth2Server } from 'oauth2-mock-server';
import { afterEach, describe, expect, it } from 'vitest';
import { listen } from '../../../infra/local/listen.ts';
import { checkIssuer, describeChecks } from '../../../infra/operations/check-issuer.ts';
import { ServiceError } from '../../../lambda/reset/domain/errors.ts';
import { createCertificate } from '../../support/certificate.ts';
import { type IssuerShape, issuerShapes, issueToken } from '../../support/issuer-shapes.ts';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

interface Trial {
  readonly works: boolean;
  readonly report: string;
}

async function tryIssuer(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  signal = new AbortController().signal,
): Promise<Trial> {
  let report = '';
  const print = async (lines: string) => {
    report += `${lines}\n`;
    return true;
  };
  const works = await checkIssuer(args, env, { print }, signal);
  return { works, report };
}

/** A server that answers paths with JSON, or as a function does; any other path is 404. */
async function serve(
  answers: (url: string) => Readonly<Record<string, unknown | ((response: ServerResponse) => void)>>,
): Promise<string> {
  const server = createServer((request, response) => {
    const answer = answers(url)[String(request.url)];
    if (typeof answer === 'function') return answer(response);
    return response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer));
  });
  const url = await listen(server, 0, 'PORT');
  open.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return url;
}

/** Starts an issuer with the paths of a real one, and signs one of its tokens. */
async function imitate(
  shapeName: string,
  path: string,
  documentPath: string | null,
  keysPath: string,
  changes: Partial<Pick<IssuerShape, 'header' | 'claims'>> = {},
) {
  const { header, claims, ...rest } = issuerShapes.find(({ name }) => name === shapeName) as IssuerShape;
  const shape = {
    ...rest,
    header: { ...header, ...changes.header },
    claims: { ...claims, ...changes.claims },
  };
  let jwks: unknown;
  const url = await serve((url) => ({
    ...(documentPath !== null && { [documentPath]: { issuer: url + path, jwks_uri: url + keysPath } }),
    [keysPath]: jwks,
  }));
  const issued = await issueToken({ ...shape, issuer: url + path }, Math.floor(Date.now() / 1_000));
  ({ jwks } = issued);
  return { issuer: url + path, jwksUri: url + keysPath, token: issued.token, shape };
}

const config = '/.well-known/openid-configuration';

describe('an issuer like', () => {
  it.each<[string, string, string, string | null, string]>([
    ['Auth0', 'Auth0 (auth0 profile)', '/', config, '/keys.json'],
    [
      'Okta',
      'Okta custom AS, TOKEN_SCOPE (scp array)',
      '/oauth2/default',
      `/oauth2/default${config}`,
      '/oauth2/default/v1/keys',
    ],
    [
      'Entra ID',
      'Entra ID v2 with TOKEN_BACKDATING',
      '/tenant/v2.0',
      `/tenant/v2.0${config}`,
      '/tenant/discovery/v2.0/keys',
    ],
    [
      'Keycloak',
      'Keycloak 22 (typ Bearer, nonce, RSA-OAEP enc key in JWKS, aud account)',
      '/realms/acme',
      `/realms/acme${config}`,
      '/realms/acme/protocol/openid-connect/certs',
    ],
    [
      'a server of RFC 8414',
      'Ory Hydra JWT access token (scp list)',
      '/oauth',
      '/.well-known/oauth-authorization-server/oauth',
      '/oauth/jwks',
    ],
    ['Supabase', 'Supabase ES256', '/auth/v1', null, '/auth/v1/.well-known/jwks.json'],
  ])('%s is found by its URL alone, and its token is accepted', async (_name, shapeName, ...paths) => {
    const { issuer, jwksUri, token, shape } = await imitate(shapeName, ...paths);
    const { works, report } = await tryIssuer(['--issuer', issuer, '--audience', shape.audience], {
      ...shape.settings,
      TOKEN: token,
    });
    expect(report).toContain(`Asking ${issuer} where its keys are …`);
    expect(report).toContain(`Asking for the keys at ${jwksUri} …`);
    expect(report).toMatch(new RegExp(`usable +${shape.header.kid} \\(${shape.alg}\\)`));
    expect(report).toContain(`\n  TOKEN_ISSUER=${issuer}\n  TOKEN_AUDIENCE=${shape.audience}\n`);
    for (const [name, value] of Object.entries(shape.settings))
      expect(report).toMatch(new RegExp(`${name}='?${value}`));
    expect(report.match(/^ {2}passes/gm)).toHaveLength(12);
    expect(report).toContain('The answer: 204');
    expect(report).not.toContain('left out');
    for (const part of token.split('.')) expect(report).not.toContain(part);
    expect(works).toBe(true);
  });

  it('Keycloak has a key for encryption, which is no fault', async () => {
    const { issuer } = await imitate(
      'Keycloak 22 (typ Bearer, nonce, RSA-OAEP enc key in JWKS, aud account)',
      '/realms/acme',
      `/realms/acme${config}`,
      '/certs',
    );
    const { works, report } = await tryIssuer(['--issuer', issuer]);
    expect(report).toContain('  usable  sigKey (RS256)\n  1 for encryption\n');
    expect(report).toContain("TOKEN_AUDIENCE='<audience>'");
    expect(report).toContain('put it into the variable TOKEN');
    expect(works).toBe(true);
  });

  it('Keycloak without an audience mapper: the report says what to set', async () => {
    const name = 'Keycloak without audience mapper (no aud)';
    const { issuer, token } = await imitate(name, '/realms/acme', `/realms/acme${config}`, '/certs');
    const args = ['--issuer', issuer];
    const { works, report } = await tryIssuer(args, { TOKEN: token });
    expect(report).toContain(
      '  passes   issuer\n  REFUSED  audience: aud missing or malformed\n  not reached  kind',
    );
    expect(report).toContain('The answer: 401 token-invalid.');
    expect(report).toContain('set TOKEN_AUDIENCE_CLAIM=azp and TOKEN_AUDIENCE=app.');
    expect(works).toBe(false);
    const settings = { TOKEN: `Bearer ${token}`, TOKEN_AUDIENCE_CLAIM: 'azp' };
    expect((await tryIssuer(args, settings)).report).toContain(
      'TOKEN_AUDIENCE=app\n  TOKEN_AUDIENCE_CLAIM=azp\n',
    );
    expect((await tryIssuer(args, settings)).works).toBe(true);
  });

  it('oauth2-mock-server, with a token of it', async () => {
    const server = new OAuth2Server();
    await server.issuer.keys.generate('RS256');
    await server.start(0, '127.0.0.1');
    open.push(() => server.stop());
    const issuer = `http://127.0.0.1:${server.address().port}`;
    server.issuer.url = issuer;
    const token = await server.issuer.buildToken({
      scopesOrTransform: (_header, payload) => Object.assign(payload, { sub: 'alice', aud: 'mobile-app' }),
    });
    const { works, report } = await tryIssuer(['--issuer', issuer], { TOKEN: token });
    expect(report).toContain(`TOKEN_AUDIENCE=mobile-app\n  TOKEN_JWKS_URI=${issuer}/jwks`);
    expect(works).toBe(true);
  });

  it('one that writes commands of a shell gets them back in quotes', async () => {
    const command = '$(id)`id`;id&id';
    const url = await serve((issuer) => ({
      [config]: { issuer, jwks_uri: `${issuer}/keys?${command}'` },
      [`/keys?${command}%27`]: { keys: [] },
      [`/keys?${command}'`]: { keys: [] },
    }));
    const token = [{ alg: 'none' }, { iss: url, aud: command, azp: command }, ''].map((part) =>
      Buffer.from(part && JSON.stringify(part)).toString('base64url'),
    );
    const { report } = await tryIssuer(['--issuer', url], { TOKEN: token.join('.') });
    const lines = report.match(/^ {2}TOKEN_.*$/gm) ?? [];
    const printed = execFileSync('bash', [
      '-c',
      `${lines.join('\n')}\nprintf '%s %s' "$TOKEN_AUDIENCE" "$TOKEN_JWKS_URI"`,
    ]);
    expect(printed.toString()).toBe(`${command} ${new URL(`${url}/keys?${command}'`).href}`);
  });

  it('what is to be pasted is whole, or left out', async () => {
    const pasted = async (audience: string, path = 'x') => {
      const keys = `/${path}`;
      const url = await serve((issuer) => ({
        [config]: { issuer, jwks_uri: issuer + keys },
        [keys]: { keys: [] },
      }));
      const token = [{ alg: 'none' }, { iss: `${url}/${path}`, aud: audience, azp: audience }, ''].map(
        (part) => Buffer.from(part && JSON.stringify(part)).toString('base64url'),
      );
      return { url, ...(await tryIssuer(['--issuer', url], { TOKEN: token.join('.') })) };
    };
    const whole = `ü${'a'.repeat(1_000)}`;
    const { url, report } = await pasted(whole, 'x'.repeat(1_000));
    const lines = report.split('\n').map((line) => line.trim());
    expect(lines).toContain(`TOKEN_AUDIENCE='${whole}'`);
    expect(report).toContain(`TOKEN_JWKS_URI=${url}/${'x'.repeat(1_000)} `);
    expect(report).toContain(`--issuer ${url}/${'x'.repeat(1_000)}\n`);
    for (const value of ['a'.repeat(2_001), 'a\u001b[31m', 'a\u009b', 'a\u202eb'])
      expect((await pasted(value)).report).toContain(
        "TOKEN_AUDIENCE='<too long or not printable: not shown>'\n",
      );
  });

  it('one without a usable key does not work', async () => {
    const url = await serve(() => ({
      '/.well-known/jwks.json': {
        keys: [
          { kty: 'oct', kid: 'a\u001b[31m', k: 'AAAA' },
          { kty: 'RSA', alg: 'HS256' },
        ],
      },
    }));
    const { works, report } = await tryIssuer(['--issuer', url]);
    expect(report).toContain('Keys: none is usable');
    expect(report).toContain(
      '  left out  a?[31m: private members\n  left out  without kid: HS256 is not supported\n',
    );
    expect(works).toBe(false);
  });
});

it('issuer and audience are those of the service, if no option gives others', async () => {
  const issuer = await serve(() => ({ '/.well-known/jwks.json': { keys: [] } }));
  const env = { TOKEN_ISSUER: issuer, TOKEN_AUDIENCE: 'mobile-app' };
  expect((await tryIssuer([], env)).report).toContain(
    `\n  TOKEN_ISSUER=${issuer}\n  TOKEN_AUDIENCE=mobile-app\n`,
  );
  const others = { TOKEN_ISSUER: 'https://other.test', TOKEN_AUDIENCE: 'other' };
  const { report } = await tryIssuer(['--issuer', issuer, '--audience', 'mobile-app'], others);
  expect(report).toContain(`\n  TOKEN_ISSUER=${issuer}\n  TOKEN_AUDIENCE=mobile-app\n`);
});

describe('a token of an issuer', () => {
  it('that is not the one asked is refused, and the report says whose token it is', async () => {
    const shape = issuerShapes.find(({ name }) => name === 'Supabase ES256') as IssuerShape;
    const { token, jwks } = await issueToken(shape, Math.floor(Date.now() / 1_000));
    const url = await serve(() => ({ '/.well-known/jwks.json': jwks }));
    const { report } = await tryIssuer(['--issuer', url], { TOKEN: token });
    expect(report).toContain('REFUSED  issuer: iss is another issuer');
    expect(report).toContain(
      `The token's iss is "${shape.issuer}": if that is your issuer, use --issuer ${shape.issuer}\n`,
    );
  });

  it('that was signed with keys of another issuer: the report names that issuer, too', async () => {
    const shape = issuerShapes.find(({ name }) => name === 'Supabase ES256') as IssuerShape;
    const { token } = await issueToken(shape, Math.floor(Date.now() / 1_000));
    const url = await serve(() => ({ '/.well-known/jwks.json': { keys: [] } }));
    const { report } = await tryIssuer(['--issuer', url], { TOKEN: token });
    expect(report).toContain('REFUSED  signing key');
    expect(report).toContain(`use --issuer ${shape.issuer}\n`);
  });

  it('for another audience is refused, and the report says for which it is', async () => {
    const { issuer, token } = await imitate(
      'Supabase ES256',
      '/auth/v1',
      null,
      '/auth/v1/.well-known/jwks.json',
    );
    const { report } = await tryIssuer(['--issuer', issuer, '--audience', 'other'], { TOKEN: token });
    expect(report).toContain('It has {"aud":"authenticated"}: pass the right audience to --audience.');
  });

  const okta = [
    'Okta custom AS, TOKEN_SCOPE (scp array)',
    '/oauth2/default',
    `/oauth2/default${config}`,
    '/oauth2/default/v1/keys',
  ] as const;

  it('has its scopes named, and the report says which setting demands one', async () => {
    const { issuer, token } = await imitate(...okta);
    const { works, report } = await tryIssuer(['--issuer', issuer], { TOKEN: token });
    expect(report).toContain('\nThe token:\n  Scopes: openid pw:reset\n');
    expect(report).toContain('No scope is demanded');
    expect(report).toContain('TOKEN_SCOPE demands one');
    expect(works).toBe(true);
    const demanded = await tryIssuer(['--issuer', issuer], { TOKEN: token, TOKEN_SCOPE: 'pw:reset' });
    expect(demanded.report).not.toContain('No scope is demanded');
  });

  it('without the demanded scope: the report says what to do at the issuer', async () => {
    const { issuer, token } = await imitate(...okta);
    const settings = { TOKEN: token, TOKEN_SCOPE: 'pw:reset admin' };
    const { works, report } = await tryIssuer(['--issuer', issuer], settings);
    expect(report).toContain(
      'It lacks admin of TOKEN_SCOPE. At the issuer, add this to the scopes of the API',
    );
    expect(works).toBe(false);
  });

  it('with the scope among its permissions: the report says that these are not read', async () => {
    const { issuer, token } = await imitate('Auth0 RBAC: permissions only', '/', config, '/keys.json');
    const { report } = await tryIssuer(['--issuer', issuer], { TOKEN: token, TOKEN_SCOPE: 'pw:reset' });
    expect(report).toContain('\n  Scopes: openid\n');
    expect(report).toContain('permissions is not read.');
  });

  it('without scopes, or with some that control the terminal', async () => {
    const claims = { scp: undefined };
    const { issuer, token } = await imitate(...okta, { claims });
    expect((await tryIssuer(['--issuer', issuer], { TOKEN: token })).report).toContain('\n  Scopes: none');
    const evil = await imitate(...okta, { claims: { scp: ['a\u001b[31m'] } });
    expect((await tryIssuer(['--issuer', evil.issuer], { TOKEN: evil.token })).report).toContain(
      '\n  Scopes: a?[31m\n',
    );
  });

  const entra = [
    'Entra ID v2, TOKEN_SCOPE (scp string)',
    '/tenant/v2.0',
    `/tenant/v2.0${config}`,
    '/tenant/keys',
  ] as const;
  it.each<[string, Partial<Pick<IssuerShape, 'header' | 'claims'>>]>([
    ['its application id', { claims: { aud: '00000003-0000-0000-c000-000000000000' } }],
    ['its URL', { claims: { aud: 'https://graph.microsoft.com' } }],
    ['its URL in another cloud', { claims: { aud: 'https://dod-graph.microsoft.us/' } }],
  ])('for Microsoft Graph, seen by %s: the report says which token to request', async (_mark, changes) => {
    const { issuer, token } = await imitate(...entra, changes);
    // Microsoft replaces the nonce of the header by its digest before it signs.
    const damaged = token.replace(/\.[^.]{4}([^.]*)$/, '.AAAA$1');
    const { works, report } = await tryIssuer(['--issuer', issuer], { TOKEN: damaged });
    expect(report).toContain('REFUSED  signature: wrong signature');
    expect(report).toContain('nobody else can check its signature');
    expect(report).toContain('api://<application id>/<scope>');
    expect(report).toContain("TOKEN_AUDIENCE='<audience>'");
    expect(works).toBe(false);
  });

  it.each([
    ['https://login.microsoftonline.com/tenant/v2.0', true],
    ['https://login.microsoftonline.us/tenant/v2.0', true],
    ['https://login.partner.microsoftonline.cn/tenant/v2.0', true],
    ['https://sts.windows.net/tenant/', true],
    ['https://sts.chinacloudapi.cn/tenant/', true],
    ['https://tenant.ciamlogin.com/tenant/v2.0', true],
    // It writes no tokens for Microsoft Graph, and its iat is the time of the login.
    ['https://acme.b2clogin.com/tenant/v2.0/', false],
    ['https://acme.b2clogin.com/tfp/tenant/b2c_1_susi/v2.0/', false],
    ['https://login.microsoftonline.com.acme.test/tenant/v2.0', false],
  ])('with a nonce in its header, of %s: the report takes it for Entra ID: %s', async (iss, isEntra) => {
    const changes = { header: { nonce: 'n' }, claims: { iss, aud: 'another' } };
    const { jwksUri, token } = await imitate(...entra, changes);
    const settings = { TOKEN: token, TOKEN_JWKS_URI: jwksUri };
    const { report } = await tryIssuer(['--issuer', iss, '--audience', 'app'], settings);
    expect(report.includes('It is for Microsoft Graph')).toBe(isEntra);
    expect(report.includes('TOKEN_BACKDATING=300   # Entra ID sets iat back')).toBe(isEntra);
  });

  it("of Okta's org server: the report says which server to use", async () => {
    const header = { kid: 'unpublished', typ: 'application/okta-internal-at+jwt' };
    const iss = 'https://acme.okta.com';
    const changes = { header, claims: { iss, aud: iss } };
    const { issuer, token } = await imitate(okta[0], '', config, '/oauth2/v1/keys', changes);
    const { works, report } = await tryIssuer(['--issuer', issuer], { TOKEN: token });
    expect(report).toContain("It is from Okta's org server");
    expect(report).toContain('https://<domain>/oauth2/default, to --issuer');
    expect(report).toContain("TOKEN_AUDIENCE='<audience>'");
    expect(works).toBe(false);
  });

  it('that is accepted keeps its audience among the settings, even if it looks like one for Okta', async () => {
    const claims = { iss: 'urn:acme', aud: 'urn:acme' };
    const { token, jwksUri } = await imitate(okta[0], '', config, '/keys', { claims });
    const settings = { TOKEN: token, TOKEN_JWKS_URI: jwksUri };
    const { works, report } = await tryIssuer(['--issuer', 'urn:acme'], settings);
    expect(report).toContain('TOKEN_AUDIENCE=urn:acme\n');
    expect(works).toBe(true);
  });

  it.each([
    ['an ID token of Keycloak', 'Keycloak ID token'],
    ['an ID token of Google', 'Google ID token'],
    ['a refresh token', 'Flask-JWT-Extended refresh token (type refresh)'],
  ])('%s: the report says which token to send, whatever the audience', async (_what, name) => {
    const { issuer, token } = await imitate(name, '', config, '/keys');
    const alone = await tryIssuer(['--issuer', issuer], { TOKEN: token });
    expect(alone.report).toContain('REFUSED  kind of token');
    expect(alone.report).toContain("TOKEN_AUDIENCE='<audience>'");
    const other = await tryIssuer(['--issuer', issuer, '--audience', 'my-api'], { TOKEN: token });
    expect(other.report).toContain('REFUSED  audience');
    expect(other.report).toContain('TOKEN_AUDIENCE=my-api\n');
    for (const { report, works } of [alone, other]) {
      expect(report).toContain('It is not an access token. Have the app send the access_token');
      expect(works).toBe(false);
    }
  });

  it('that is bound to a key: the report says what to have issued', async () => {
    const { issuer, token } = await imitate('Keycloak DPoP-bound (typ DPoP, cnf)', '', config, '/keys');
    const { report } = await tryIssuer(['--issuer', issuer], { TOKEN: token });
    expect(report).toContain('It is bound to a key (DPoP or mTLS)');
  });

  it.each(
    issuerShapes
      .flatMap(({ reason }) => reason ?? [])
      .concat(
        'token too long',
        'token is not of three parts',
        'payload is not a JSON object',
        'crit or b64: unsupported header extension',
        'kid malformed',
        'no signing key for that kid',
        'wrong signature',
        'events: a security event or logout token',
        'sub missing or malformed',
        'auth_time malformed or in the future',
      ),
  )('is refused by one of the checks of the report: %s', (reason) => {
    const lines = describeChecks(new ServiceError('token-invalid', { reason }));
    expect(lines.filter((line) => line.includes('REFUSED'))).toEqual([
      expect.stringMatching(/^ {2}REFUSED {2}[a-z ]+: /),
    ]);
    expect(lines.filter((line) => /^ {2}(passes|REFUSED|not reached)/.test(line))).toHaveLength(12);
  });

  it.each([
    ['token-expired', 'expiry'],
    ['authentication-too-old', 'age of the login'],
    ['insufficient-scope', 'scopes'],
  ] as const)('is refused late by %s', (code, check) => {
    const lines = describeChecks(new ServiceError(code));
    expect(lines).toContain(`  REFUSED  ${check}: ${code}`);
  });
});

describe('a clear error is given for', () => {
  it.each<[string, readonly string[], Readonly<Record<string, string>>, RegExp]>([
    ['no issuer', [], {}, /^--issuer is missing/],
    ['an unknown option', ['--isuer', 'x'], {}, /^There is no option --isuer: did you mean --issuer\?/],
    ['http', ['--issuer', 'http://issuer.test'], {}, /TOKEN_ISSUER is not an https URL/],
    [
      'a bad setting',
      ['--issuer', 'https://issuer.test'],
      { TOKEN_BACKDATING: '5m' },
      /TOKEN_BACKDATING must be/,
    ],
    ['an opaque token', [], { TOKEN: 'ya29.a0AfB_by' }, /^TOKEN is opaque .*Auth0.*Okta.*Google/],
    ['an encrypted token', [], { TOKEN: 'eyJhbGciOiJkaXIifQ..a.b.c' }, /^TOKEN is opaque or encrypted/],
    [
      'a token that was cut',
      [],
      { TOKEN: 'eyJhbGciOiJSUzI1NiJ9.eyJpc3' },
      /^TOKEN is a damaged JWT .*copy it/,
    ],
    [
      'an empty token',
      ['--issuer', 'https://issuer.test'],
      { TOKEN: ' ' },
      /^TOKEN is empty: did the command/,
    ],
    ['a token that is too long', [], { TOKEN: 'e'.repeat(10_241) }, /^TOKEN is longer than the 10,240/],
    [
      'no issuer, but a token',
      [],
      { TOKEN: 'eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2EudGVzdC8ifQ.' },
      /^--issuer is missing\. The token's iss is "https:\/\/a\.test\/": .* --issuer https:\/\/a\.test\/$/,
    ],
    [
      'no server',
      ['--issuer', 'http://127.0.0.1:9'],
      {},
      /127\.0\.0\.1:9.* cannot be reached \(ECONNREFUSED\)/,
    ],
    [
      'a proxy that is not used',
      ['--issuer', 'http://127.0.0.1:9'],
      { HTTPS_PROXY: 'http://proxy.test' },
      /A proxy is set, but this program calls the issuer directly/,
    ],
  ])('%s', async (_what, args, env, message) => {
    await expect(tryIssuer(args, env)).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(message),
    });
  });

  it('a token among the options, without printing it', async () => {
    const failed = tryIssuer(['--issuer', 'https://issuer.test', 'eyJhbGciOi.secret.sig']);
    await expect(failed).rejects.toThrow('There is a value without an option.');
    await expect(failed).rejects.not.toThrow('secret');
  });

  let count = 0;
  const html = (response: ServerResponse) => response.end('<!doctype html>');
  it.each<[string, (url: string) => Readonly<Record<string, unknown>>, string]>([
    ['nothing there', () => ({}), '/.well-known/jwks.json (404)'],
    ['another issuer', (url) => ({ [config]: { issuer: `${url}/`, jwks_uri: url } }), `${config} is that of`],
    [
      'a document without keys',
      (url) => ({ [config]: { issuer: url } }),
      'names no https URL of keys without credentials or fragment: set TOKEN_JWKS_URI',
    ],
    ['a page', () => ({ [config]: html }), 'is not JSON, such as the page of a proxy or a login'],
    [
      'a redirect',
      () => ({ [config]: (response: ServerResponse) => response.writeHead(302).end() }),
      'status 302',
    ],
    [
      'the document of many tenants',
      (url) => ({ [config]: { issuer: `${url}/{tenantid}/v2.0`, jwks_uri: url } }),
      "/{tenantid}/v2.0. Pass the issuer of your own tenant to --issuer, with the tenant's id",
    ],
    ['a document of nobody', (url) => ({ [config]: { jwks_uri: url } }), `${config} names no issuer: set`],
    [
      'a document that is another one when it is asked for again',
      () => {
        count += 1;
        return {
          [config]: count % 2 === 1 ? {} : (response: ServerResponse) => response.writeHead(503).end(),
        };
      },
      `${config} answers with status 503`,
    ],
    [
      'keys that cannot be reached',
      (url) => ({ [config]: { issuer: url, jwks_uri: 'http://127.0.0.1:9/keys' } }),
      'http://127.0.0.1:9/keys cannot be reached (ECONNREFUSED)',
    ],
    [
      'a document without end',
      () => ({ [config]: (response: ServerResponse) => response.end(' '.repeat(2 ** 20 + 1)) }),
      `${config} answers with more than a megabyte`,
    ],
    ['no key set', () => ({ '/.well-known/jwks.json': { keys: {} } }), 'not a key set'],
  ])('%s', async (_what, answers, message) => {
    const url = await serve(answers);
    await expect(tryIssuer(['--issuer', url])).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining(message),
    });
  });

  it.each<[string, string, string]>([
    ['a missing path', '', '/oauth2/default'],
    ['a missing slash', '', '/'],
    ['an additional slash', '/', ''],
    ['its tenant', '/common/v2.0', '/11111111/v2.0'],
  ])('an issuer that differs from that of the token only by %s', async (_what, asked, path) => {
    const { issuer, token } = await imitate(
      'Auth0 (auth0 profile)',
      path,
      `${path.replace(/\/$/, '')}${config}`,
      '/k',
    );
    const host = new URL(issuer).origin;
    await expect(tryIssuer(['--issuer', host + asked], { TOKEN: token })).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(new RegExp(`if that is your issuer, use --issuer ${host}${path}$`)),
    });
  });

  it('the issuer of the token, if it has neither document nor keys', async () => {
    const { issuer, token } = await imitate('Auth0 (auth0 profile)', '/', null, '/k');
    await expect(tryIssuer(['--issuer', issuer], { TOKEN: token })).rejects.toThrow(
      /\(404\)\..*set TOKEN_JWKS_URI\. The token has this very iss/,
    );
  });

  it('an issuer that cannot be reached, with a token that is refused whatever its issuer', async () => {
    const { token } = await imitate('Google ID token', '', config, '/keys');
    await expect(tryIssuer(['--issuer', 'http://127.0.0.1:9'], { TOKEN: token })).rejects.toThrow(
      /cannot be reached.* It is not an access token/,
    );
  });

  it('a certificate that is not trusted, such as that of a proxy', async () => {
    const server = createTlsServer(createCertificate(), (_request, response) => response.end('{}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push(() => server.close());
    const url = `https://localhost:${(server.address() as AddressInfo).port}`;
    await expect(tryIssuer(['--issuer', url])).rejects.toThrow('set NODE_EXTRA_CA_CERTS to its certificate');
  });

  it('an interruption while it waits', async () => {
    const url = await serve(() => ({ [config]: () => {} }));
    const interruption = new AbortController();
    const waiting = tryIssuer(['--issuer', url], {}, interruption.signal);
    setTimeout(() => interruption.abort(), 100);
    await expect(waiting).rejects.toThrow('ended before');
  });
});

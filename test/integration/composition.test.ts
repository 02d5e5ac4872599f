// The function as it is composed from its configuration: what it opens and fetches at the start, what happens if that
// fails, and which calls it makes, over real connections.
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { composeHandler } from '../../lambda/reset/compose.ts';
import { loadConfig } from '../../lambda/reset/config.ts';
import { createCertificate } from '../support/certificate.ts';
import { resetPath } from '../support/http-client.ts';
import { sendInterimResponses } from '../support/keep-busy.ts';
import { startJwksEndpoint, startSecretsManager } from '../support/proxy.ts';
import { createRecorder } from '../support/recorder.ts';
import { useQuickArgon2 } from '../support/replaced-crypto.ts';
import { pepperJson, startService, type TestService } from '../support/service.ts';
import { createTokenSigner } from '../support/token-signer.ts';

useQuickArgon2();

const signer = await createTokenSigner();
const certificate = createCertificate();
const authorities = getCACertificates('default');
setDefaultCACertificates([...authorities, certificate.cert]);
afterAll(() => setDefaultCACertificates(authorities));

/** The table over TLS, in front of the engine. */
let table: Server;
let endpoint: string;
let connections: Socket[];
let calls: string[];
/** Set to answer a call to the table instead of the engine. */
let answer: Parameters<typeof createServer>[1] | undefined;
beforeAll(async () => {
  table = createServer(certificate, (incoming, response) => {
    calls.push(String(incoming.headers['x-amz-target']).replace(/^\w+\./, ''));
    if (answer !== undefined) return answer(incoming, response);
    const outgoing = request(inject('tableEndpoint'), { method: 'POST', headers: incoming.headers });
    outgoing.on('response', (engine) => {
      response.writeHead(engine.statusCode ?? 0, engine.headers);
      engine.pipe(response);
    });
    incoming.pipe(outgoing);
  });
  table.on('connection', (socket) => connections.push(socket as Socket));
  table.listen(0);
  await once(table, 'listening');
  endpoint = `https://localhost:${(table.address() as AddressInfo).port}`;
});
beforeEach(() => {
  connections = [];
  calls = [];
  answer = undefined;
});
const services: TestService[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const service of services.splice(0)) await service.close();
});
afterAll(() => {
  table.close();
  table.closeAllConnections();
});

async function start(environment: Record<string, string>): Promise<TestService> {
  const service = await startService(environment, signer, { limits: true });
  services.push(service);
  return service;
}

describe('the connection to the table', () => {
  it('is opened once, before the first request, and carries nothing until then', async () => {
    const service = await start({ AWS_ENDPOINT_URL_DYNAMODB: endpoint });
    expect([connections.length, calls.length]).toEqual([1, 0]);
    for (const userId of ['alice', 'bob']) await service.put({ userId });
    // A write that is answered in another second than it was sent in is followed by one more.
    vi.useFakeTimers({ toFake: ['Date'] });
    for (const userId of ['alice', 'bob']) {
      expect((await service.reset(await service.token(userId))).code).toBe('204');
    }
    vi.useRealTimers();
    expect([connections.length, calls]).toEqual([1, ['UpdateItem', 'UpdateItem']]);
    expect(service.recorder.lines).toMatchObject([{ code: 'reset' }, { code: 'reset' }]);
  });

  it('may fail at the start: that is logged, and the first request opens another one', async () => {
    table.close();
    table.closeAllConnections();
    const service = await start({ AWS_ENDPOINT_URL_DYNAMODB: endpoint });
    expect(service.recorder.lines).toMatchObject([
      {
        level: 'warn',
        message: 'The connection to the table could not be opened at the start',
        fault: { code: 'ECONNREFUSED' },
      },
    ]);
    table.listen(Number(new URL(endpoint).port));
    await once(table, 'listening');
    await service.put({ userId: 'alice' });
    expect((await service.reset(await service.token('alice'))).code).toBe('204');
  });

  it('is not opened at the start without TLS, and then no credentials are loaded either', async () => {
    const { environment } = await start({});
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    const { lines, ...reporting } = createRecorder();
    await composeHandler(loadConfig(environment), reporting);
    expect(lines).toEqual([]);
  });

  it('times out, and is retried, if the table sends interim responses only', async () => {
    const service = await start({ AWS_ENDPOINT_URL_DYNAMODB: endpoint });
    answer = (_incoming, response) => sendInterimResponses(response);
    const startedAt = performance.now();
    const { statusCode } = await service.handler(
      {
        httpMethod: 'PUT',
        path: resetPath,
        headers: { Authorization: `Bearer ${await service.token('alice')}` },
      },
      { getRemainingTimeInMillis: () => 9_500 - (performance.now() - startedAt) },
    );
    expect(statusCode).toBe(501);
    // Three attempts on a machine that is fast enough to send each within the time limit of the write.
    expect(calls.length).toBeGreaterThan(1);
    const [line] = service.recorder.lines as { code?: string; fault?: { code?: string } }[];
    expect(line?.code).toBe('internal-error');
    // The time limit of the last attempt, or that of the whole write, which ends a moment later.
    expect(['ETIMEDOUT', 'OUT_OF_TIME']).toContain(line?.fault?.code);
  });
});

describe('the user of a write whose condition failed', () => {
  it('is taken from the answer of a local engine', async () => {
    const service = await start({});
    await service.put({ userId: 'disabled', status: 'disabled' });
    expect((await service.reset(await service.token('disabled'))).code).toBe('user-disabled');
  });

  it('does not exist if DynamoDB answers without an item; no read follows', async () => {
    // The SDK's general variable sends it to the local server, while the configuration takes the table for DynamoDB.
    vi.stubEnv('AWS_ENDPOINT_URL', endpoint);
    const service = await start({ AWS_ENDPOINT_URL_DYNAMODB: '' });
    answer = (_incoming, response) => {
      const type = 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException';
      response.writeHead(400, { 'Content-Type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ __type: type, message: 'The conditional request failed' }));
    };
    expect((await service.reset(await service.token('nobody'))).code).toBe('user-not-found');
    expect([connections.length, calls]).toEqual([1, ['UpdateItem']]);
  });
});

describe('the signing keys', () => {
  it('are fetched once, at the start', async () => {
    const issuer = await startJwksEndpoint(() => signer.jwks);
    const service = await start({ TOKEN_JWKS: '', TOKEN_JWKS_URI: issuer.endpoint });
    expect(issuer.calls).toHaveLength(1);
    await service.put({ userId: 'alice' });
    expect((await service.reset(await service.token('alice'))).code).toBe('204');
    expect(issuer.calls).toHaveLength(1);
    expect(service.recorder.lines).toHaveLength(1);
    issuer.close();
  });

  it('may fail to load at the start: that is logged, and a later request fetches them', async () => {
    const issuer = await startJwksEndpoint(() => signer.jwks);
    await issuer.refuse();
    const service = await start({ TOKEN_JWKS: '', TOKEN_JWKS_URI: issuer.endpoint });
    expect(service.recorder.lines).toMatchObject([
      {
        level: 'warn',
        message: 'The signing keys could not be fetched at the start',
        fault: { name: expect.any(String) },
      },
    ]);
    await issuer.accept();
    await service.put({ userId: 'alice' });
    expect((await service.reset(await service.token('alice'))).code).toBe('204');
    issuer.close();
  });

  it('of TOKEN_JWKS are the only ones', async () => {
    const service = await start({});
    await service.put({ userId: 'alice' });
    expect((await service.reset(await service.token('alice', {}, { kid: 'other' }))).code).toBe(
      'token-invalid',
    );
    expect((await service.reset(await service.token('alice'))).code).toBe('204');
  });
});

describe('the pepper', () => {
  it('is fetched by the id of its secret, when the first PIN is checked', async () => {
    const secretIds: string[] = [];
    const secrets = await startSecretsManager(() => pepperJson);
    secrets.intercept = async ({ body }) => {
      secretIds.push(JSON.parse(body).SecretId);
      return false;
    };
    vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', secrets.endpoint);
    const service = await start({ PIN_PEPPER: '', PIN_PEPPER_SECRET_ID: 'pepper-of-beta' });
    await service.put({ userId: 'alice' }, { userId: 'bob', pin: '5621' });
    expect((await service.reset(await service.token('alice'))).code).toBe('204');
    expect(secretIds).toEqual([]);
    expect((await service.reset(await service.token('bob'), '?pin=5621')).code).toBe('204');
    expect(new Set(secretIds)).toEqual(new Set(['pepper-of-beta']));
    secrets.close();
  });

  it('goes on working if the next fetch fails, and the failure is logged', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    let secret = pepperJson;
    const secrets = await startSecretsManager(() => secret);
    vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', secrets.endpoint);
    const service = await start({ PIN_PEPPER: '', PIN_PEPPER_SECRET_ID: 'pepper' });
    await service.put({ userId: 'alice', pin: '5621' });
    expect((await service.reset(await service.token('alice'), '?pin=1000')).code).toBe(
      'recovery-pin-mismatch',
    );
    secret = '{}';
    vi.advanceTimersByTime(300_000);
    expect((await service.reset(await service.token('alice'), '?pin=5621')).code).toBe('204');
    vi.useRealTimers();
    const fault = { name: 'PepperUnavailableError', cause: { code: 'SECRET_MALFORMED' } };
    expect(service.recorder.lines).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: 'The pepper keys could not be refreshed',
        fault: expect.objectContaining({ ...fault, cause: expect.objectContaining(fault.cause) }),
      }),
    );
    secrets.close();
  });

  it('that is given inline is fetched from nowhere', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', 'http://127.0.0.1:1');
    const service = await start({});
    await service.put({ userId: 'alice', pin: '5621' });
    expect((await service.reset(await service.token('alice'), '?pin=5621')).code).toBe('204');
  });
});

it('the composed function applies the rest of its configuration', async () => {
  const service = await start({
    BASE_PATHS: 'beta',
    CORS_ORIGINS: 'https://app.test',
    PASSWORD_MIN_LENGTH: '20',
    REQUIRED_LINKED_IDENTITY: 'bank',
    TOKEN_SCOPE: 'reset',
  });
  await service.put({ userId: 'alice' });
  const path = '/beta/user/password/reset';
  const send = async (claims: object, more: { headers?: object; body?: string } = {}) => {
    const token = await service.token('alice', { ...claims });
    return service.send({ path, ...more, headers: { Authorization: `Bearer ${token}`, ...more.headers } });
  };
  expect((await service.reset(undefined)).code).toBe('not-found');
  expect((await send({})).code).toBe('insufficient-scope');
  const json = { 'Content-Type': 'application/json' };
  const short = await send({ scope: 'reset' }, { headers: json, body: '{"password":"five hushed otters"}' });
  expect(short.error?.meta).toEqual({ minLength: 20 });
  const unlinked = await send({ scope: 'reset' }, { headers: { Origin: 'https://app.test' } });
  expect(unlinked.code).toBe('missing-linked-identity');
  expect(unlinked.headers['access-control-allow-origin']).toBe('https://app.test');
});

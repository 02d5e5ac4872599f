// Which keys of a key set are usable and for what, when the set is fetched again, and how it is fetched.
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { downloadJson } from '../../../../lambda/reset/adapters/download.ts';
import {
  createSigningKeys,
  openSigningKeys,
  type ParsedKeySet,
  parseKeySet,
  selectKey,
} from '../../../../lambda/reset/adapters/signing-keys.ts';
import { createCertificate } from '../../../support/certificate.ts';
import { malformedKeys, modulusOf, padded } from '../../../support/malformed-keys.ts';
import { type FaultProxy, type ProxyCall, startJwksEndpoint } from '../../../support/proxy.ts';
import { createRecorder } from '../../../support/recorder.ts';

const exported = (key: KeyObject) => key.export({ format: 'jwk' });
const ec = (namedCurve: string) => exported(generateKeyPairSync('ec', { namedCurve }).publicKey);

const rsa = exported(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey);
const p256 = ec('P-256');
const ed25519 = exported(generateKeyPairSync('ed25519').publicKey);
const named = (kid: string) => ({ ...p256, kid });

describe('a key of a key set', () => {
  it.each<[string, string, object]>([
    ['RS256', 'RSA without "alg"', rsa],
    ['RS256', 'RSA', { ...rsa, alg: 'RS256' }],
    ['RS384', 'RSA', { ...rsa, alg: 'RS384' }],
    ['RS512', 'RSA', { ...rsa, alg: 'RS512' }],
    ['PS256', 'RSA', { ...rsa, alg: 'PS256' }],
    ['PS384', 'RSA', { ...rsa, alg: 'PS384' }],
    ['PS512', 'RSA', { ...rsa, alg: 'PS512' }],
    ['RS256', 'RSA with a meaningless "crv"', { ...rsa, crv: 'P-256' }],
    ['ES256', 'P-256 without "alg"', p256],
    ['ES256', 'P-256', { ...p256, alg: 'ES256' }],
    ['ES384', 'P-384', ec('P-384')],
    ['ES512', 'P-521', ec('P-521')],
    ['EdDSA', 'Ed25519 without "alg"', ed25519],
    ['EdDSA', 'Ed25519', { ...ed25519, alg: 'EdDSA' }],
    ['Ed25519', 'Ed25519 by its name of RFC 9864', { ...ed25519, alg: 'Ed25519' }],
    ['ES256', 'P-256 with "use" for signatures', { ...p256, use: 'sig' }],
    ['ES256', 'P-256 with "verify" among its "key_ops"', { ...p256, key_ops: ['sign', 'verify'] }],
  ])('verifies %s: %s', (alg, _what, jwk) => {
    const { keys, leftOut } = parseKeySet({ keys: [{ ...jwk, kid: 'k' }] });
    expect([keys, leftOut]).toEqual([[{ kid: 'k', alg, keyObject: expect.anything() }], []]);
    expect(keys[0]?.keyObject.type).toBe('public');
    const { kty } = jwk as { kty?: string };
    expect(keys[0]?.keyObject.export({ format: 'jwk' })).toMatchObject({ kty });
  });

  it.each(malformedKeys(rsa))(
    'is left out alone and with its reason if it is malformed, weak, private or for another purpose: %s',
    (_what, bad, reason) => {
      const { keys, leftOut } = parseKeySet({ keys: [bad, named('good'), bad] });
      expect(keys.map(({ kid }) => kid)).toEqual(['good']);
      const { kid } = Object(bad);
      expect(leftOut).toEqual(Array(2).fill({ kid: typeof kid === 'string' ? kid : undefined, reason }));
    },
  );

  it.each<[string, object]>([
    ['exponent 3', { ...rsa, e: 'Aw' }],
    ['exponent 3 padded with zeros', { ...rsa, e: 'AAAAAw' }],
    ['a modulus padded with zeros', { ...rsa, n: padded(modulusOf(rsa), 1) }],
  ])('is judged by its numbers, not by their encoding: %s', (_what, jwk) => {
    const { keys, leftOut } = parseKeySet({ keys: [{ ...jwk, kid: 'k' }] });
    expect([keys[0]?.keyObject.asymmetricKeyDetails?.modulusLength, leftOut]).toEqual([2048, []]);
  });

  it('is the first usable one of those with the same kid', () => {
    const bad = { ...p256, use: 'tls' };
    const { keys, leftOut } = parseKeySet({
      keys: [bad, ed25519, p256, ed25519].map((jwk) => ({ ...jwk, kid: 'k' })),
    });
    expect(keys.map(({ alg }) => alg)).toEqual(['EdDSA']);
    expect(leftOut.map(({ reason }) => reason)).toEqual(['use is not sig', 'duplicate kid', 'duplicate kid']);
  });

  it('is named in the log by 64 characters of printable ASCII at most', () => {
    const kid = `a b\n\u00e9\u{1f600}"${'x'.repeat(1_000)}`;
    const { leftOut } = parseKeySet({ keys: [{ ...p256, use: 'tls', kid }] });
    expect(leftOut).toEqual([{ kid: `a?b????"${'x'.repeat(56)}`, reason: 'use is not sig' }]);
  });

  it('need not exist: an empty set is a set', () => {
    const { keys, leftOut } = parseKeySet({ keys: [] });
    expect([keys, leftOut]).toEqual([[], []]);
  });

  it('is not reported if it is for encryption, as one key of every Keycloak set', () => {
    const forEncryption = { ...rsa, kid: 'enc', use: 'enc', alg: 'RSA-OAEP' };
    const { keys, leftOut } = parseKeySet({ keys: [forEncryption, named('good')] });
    expect([keys.map(({ kid }) => kid), leftOut]).toEqual([['good'], []]);
  });

  it('may lack a kid, and so may another one', () => {
    const { keys, leftOut } = parseKeySet({ keys: [rsa, p256, ed25519] });
    expect([keys.map(({ alg }) => alg), leftOut]).toEqual([['RS256', 'ES256', 'EdDSA'], []]);
  });

  it('is looked at if it is among the first thousand', () => {
    const junk = Array(999).fill({ kty: 'oct', kid: 'junk' });
    const { keys, leftOut } = parseKeySet({ keys: [...junk, named('1000'), named('1001'), named('1002')] });
    expect(keys.map(({ kid }) => kid)).toEqual(['1000']);
    expect(leftOut).toHaveLength(1_000);
    expect(leftOut[0]).toEqual({ kid: undefined, reason: '2 keys beyond the first 1000' });
    expect(parseKeySet({ keys: [...junk, named('1000')] }).leftOut).toHaveLength(999);
  });

  it.each([[null], [undefined], ['text'], [[]], [{}], [{ keys: {} }], [{ keys: null }]])(
    'cannot be read from %j, which is not a key set',
    (jwks) => {
      expect(() => parseKeySet(jwks)).toThrow('must be a JSON Web Key Set, an object with an array "keys"');
    },
  );
});

describe('the key of a token', () => {
  const { keys } = parseKeySet({ keys: [named('a'), { ...ed25519, kid: 'b' }, p256, p256] });

  it('is the one with its kid', () => {
    expect(selectKey(keys, 'b')?.alg).toBe('EdDSA');
    for (const kid of ['c', '', '__proto__', 'undefined']) expect(selectKey(keys, kid)).toBeUndefined();
  });

  it('is the only key if the token has no kid; with several keys or none, nothing is found', () => {
    for (const only of keys) expect(selectKey([only], undefined)).toBe(only);
    expect(keys).toHaveLength(4);
    expect(selectKey(keys, undefined)).toBeUndefined();
    expect(selectKey(keys.slice(2), undefined)).toBeUndefined();
    expect(selectKey([], undefined)).toBeUndefined();
  });
});

describe('the fetched keys', () => {
  /** An issuer that answers `answer`, and a clock that stands still until a test moves it. */
  function createFixture() {
    const fixture = { clock: 1_700_000_000_000, fetches: 0, answer: { keys: [named('old')] } as unknown };
    const failures: Error[] = [];
    const sets: ParsedKeySet[] = [];
    const keys = createSigningKeys(
      async () => {
        fixture.fetches++;
        if (fixture.answer instanceof Error) throw fixture.answer;
        return fixture.answer;
      },
      {
        now: () => fixture.clock,
        onFailedRefresh: (error) => void failures.push(error),
        onKeySet: (parsed) => void sets.push(parsed),
      },
    );
    const has = async (kid: string) => (await keys.find(kid)) !== undefined;
    return { fixture, failures, sets, keys, has };
  }

  it('are fetched again for an unknown kid only', async () => {
    const { fixture, has } = createFixture();
    expect([await has('old'), await has('new'), fixture.fetches]).toEqual([true, false, 1]);
    fixture.answer = { keys: [named('new')] };
    fixture.clock += 10_000;
    expect([await has('old'), fixture.fetches]).toEqual([true, 1]);
    expect([await has('new'), await has('old'), fixture.fetches]).toEqual([true, false, 2]);
  });

  it.each<[string, unknown, object]>([
    ['fails', new Error('unreachable'), { message: 'unreachable' }],
    ['answers with no set', {}, { code: 'NO_KEY_SET' }],
  ])('go on working while the issuer %s, and that is told', async (_what, answer, cause) => {
    const { fixture, failures, has } = createFixture();
    await has('old');
    fixture.answer = answer;
    fixture.clock += 300_000;
    expect([await has('old'), fixture.fetches]).toEqual([true, 2]);
    expect(failures).toMatchObject([
      { name: 'SigningKeysUnavailableError', message: 'The signing keys could not be fetched', cause },
    ]);
  });

  it('are not enough for an unknown kid while the issuer fails: nobody knows whether it is a new one', async () => {
    const { fixture, has } = createFixture();
    await has('old');
    fixture.answer = new Error('unreachable');
    fixture.clock += 10_000;
    const failure = { name: 'SigningKeysUnavailableError', cause: fixture.answer };
    await expect(has('new')).rejects.toMatchObject(failure);
    // For ten seconds the issuer is not called again.
    await expect(has('new')).rejects.toMatchObject(failure);
    expect([await has('old'), fixture.fetches]).toEqual([true, 2]);
    fixture.answer = { keys: [named('new')] };
    fixture.clock += 10_000;
    expect([await has('new'), await has('other'), fixture.fetches]).toEqual([true, false, 3]);
  });

  it('are fetched again for a token without kid if there is not exactly one', async () => {
    const { fixture, keys } = createFixture();
    fixture.answer = { keys: [named('one'), named('two')] };
    expect(await keys.find(undefined)).toBeUndefined();
    fixture.answer = { keys: [named('two')] };
    fixture.clock += 10_000;
    expect(await keys.find(undefined)).toMatchObject({ kid: 'two' });
    expect(fixture.fetches).toBe(2);
  });

  it('are withdrawn if the issuer answers an empty key set', async () => {
    const { fixture, failures, has } = createFixture();
    await has('old');
    fixture.answer = { keys: [] };
    fixture.clock += 300_000;
    expect([await has('old'), failures]).toEqual([false, []]);
  });

  it('are reported once for each fetch, with those that were left out', async () => {
    const { fixture, sets, has } = createFixture();
    const weak = { ...rsa, alg: 'HS256', kid: 'hmac' };
    fixture.answer = { keys: [named('old'), weak] };
    for (let request = 0; request < 3; request++) await has('old');
    const leftOut = [{ kid: 'hmac', reason: 'HS256 is not supported' }];
    expect(sets).toMatchObject([{ leftOut }]);
    fixture.clock += 300_000;
    await has('old');
    expect(sets).toMatchObject([{ leftOut }, { leftOut }]);
  });

  it('can be preloaded, and a failed preload is thrown', async () => {
    const { fixture, failures, keys, has } = createFixture();
    const { answer } = fixture;
    fixture.answer = new Error('unreachable');
    const failure = { name: 'SigningKeysUnavailableError', cause: fixture.answer };
    await expect(keys.preload()).rejects.toMatchObject(failure);
    fixture.answer = answer;
    await keys.preload();
    expect([await has('old'), fixture.fetches, failures]).toEqual([true, 2, []]);
  });
});

describe('fetching the key set', () => {
  let issuer: FaultProxy;
  beforeAll(async () => {
    issuer = await startJwksEndpoint(() => ({ keys: ['ü'] }));
  });
  afterEach(() => {
    issuer.intercept = undefined;
  });
  afterAll(() => issuer.close());

  it('works over http from this machine', async () => {
    expect(await downloadJson(issuer.endpoint)).toEqual({ keys: ['ü'] });
  });

  it.each<[string, Buffer]>([
    ['bytes that are not UTF-8', Buffer.from('{"keys":["\xff"]}', 'latin1')],
    ['text that is not JSON', Buffer.from('<!doctype html>')],
  ])('fails on %s', async (_what, bytes) => {
    issuer.intercept = async ({ response }) => {
      response.end(bytes);
      return true;
    };
    await expect(downloadJson(issuer.endpoint)).rejects.toMatchObject({
      code: 'NO_JSON',
      cause: { name: expect.stringMatching(/^(Type|Syntax)Error$/) },
    });
  });

  it.each([
    ['reads a megabyte', 1024 * 1024, 'NO_JSON'],
    ['fails on a byte more than a megabyte', 1024 * 1024 + 1, 'TOO_LARGE'],
  ])('%s', async (_what, length, code) => {
    issuer.intercept = async ({ response }) => {
      response.end(Buffer.alloc(length, 'x'));
      return true;
    };
    await expect(downloadJson(issuer.endpoint)).rejects.toMatchObject({ code });
  });

  it('is aborted by its signal', async () => {
    issuer.intercept = async () => true;
    await expect(downloadJson(issuer.endpoint, AbortSignal.timeout(100))).rejects.toThrow('aborted');
  });

  it('works over https from a server with a trusted certificate only', async () => {
    const certificate = createCertificate();
    const server = createServer(certificate, (_request, response) => response.end('{"keys":[]}'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const uri = `https://localhost:${(server.address() as AddressInfo).port}`;
    await expect(downloadJson(uri)).rejects.toThrow('self-signed certificate');
    const authorities = getCACertificates();
    setDefaultCACertificates([...authorities, certificate.cert]);
    expect(await downloadJson(uri)).toEqual({ keys: [] });
    setDefaultCACertificates(authorities);
    server.close();
    server.closeAllConnections();
  });
});

describe('the keys of a function that starts', () => {
  async function open(jwks: () => unknown) {
    const issuer = await startJwksEndpoint(jwks);
    onTestFinished(() => issuer.close());
    const recorder = createRecorder();
    const keys = await openSigningKeys(
      { issuer: 'https://issuer.test', jwks: issuer.endpoint },
      recorder.logger,
    );
    return { issuer, recorder, keys };
  }

  /** Opens the keys of an issuer that is asked where they are, five minutes later as often as a test likes. */
  async function openByDiscovery(kid: string, respond: (call: ProxyCall, url: string) => boolean) {
    vi.useFakeTimers({ toFake: ['Date'] });
    const issuer = await startJwksEndpoint(() => ({ keys: [named(kid)] }));
    onTestFinished(() => {
      vi.useRealTimers();
      issuer.close();
    });
    issuer.intercept = async (call) => respond(call, issuer.endpoint);
    const recorder = createRecorder();
    const keys = await openSigningKeys({ issuer: issuer.endpoint, jwks: null }, recorder.logger);
    const findAfterFiveMinutes = async () => {
      vi.advanceTimersByTime(300_000);
      expect(await keys.find('good')).toBeDefined();
    };
    return { issuer, recorder, keys, findAfterFiveMinutes };
  }

  it('are fetched once, and nothing is logged of good ones', async () => {
    const { issuer, recorder, keys } = await open(() => ({ keys: [named('good')] }));
    expect(issuer.calls).toHaveLength(1);
    expect(await keys.find('good')).toBeDefined();
    expect(issuer.calls).toHaveLength(1);
    expect(recorder.lines).toEqual([]);
  });

  it('are fetched again by the first request if the first fetch fails, and the failure is logged', async () => {
    let answer: unknown = {};
    const { recorder, keys } = await open(() => answer);
    const fault = { name: 'SigningKeysUnavailableError', cause: { code: 'NO_KEY_SET' } };
    expect(recorder.lines).toMatchObject([
      { level: 'warn', message: 'The signing keys could not be fetched at the start', fault },
    ]);
    answer = { keys: [named('good')] };
    expect(await keys.find('good')).toBeDefined();
  });

  it('go on working if the next fetch fails, and the failure is logged', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    let answer: unknown = { keys: [named('good')] };
    const { recorder, keys } = await open(() => answer);
    answer = {};
    vi.advanceTimersByTime(300_000);
    expect(await keys.find('good')).toBeDefined();
    const fault = { name: 'SigningKeysUnavailableError', cause: { code: 'NO_KEY_SET' } };
    expect(recorder.lines).toMatchObject([
      { level: 'warn', message: 'The signing keys could not be refreshed', fault },
    ]);
  });

  it('are where the issuer says; it is asked again only if they cannot be fetched', async () => {
    let keysAt = '/old';
    const asked: string[] = [];
    const { issuer, recorder, keys, findAfterFiveMinutes } = await openByDiscovery(
      'good',
      ({ operation, response }, url) => {
        asked.push(operation);
        if (operation === keysAt) return false;
        const isDocument = operation === '/.well-known/openid-configuration';
        const document = { issuer: url, jwks_uri: url + keysAt };
        response.writeHead(isDocument ? 200 : 404).end(JSON.stringify(document));
        return true;
      },
    );
    expect([await keys.find('good'), recorder.lines]).toMatchObject([{ kid: 'good' }, []]);
    expect(asked.splice(0)).toEqual(['/.well-known/openid-configuration', '/old']);
    const afterFiveMinutes = async () => {
      await findAfterFiveMinutes();
      return asked.splice(0);
    };
    expect(await afterFiveMinutes()).toEqual(['/old']);
    keysAt = '/new';
    expect(await afterFiveMinutes()).toEqual(['/old']);
    expect(await afterFiveMinutes()).toEqual(['/.well-known/openid-configuration', '/new']);
    expect(await afterFiveMinutes()).toEqual(['/new']);
    const cause = { code: 'HTTP_STATUS', httpStatus: 404, url: `${issuer.endpoint}/old` };
    expect(recorder.lines).toMatchObject([
      { message: 'The signing keys could not be refreshed', fault: { cause } },
    ]);
  });

  it('are in the default place of an issuer without a document, also after a failure', async () => {
    let isDown = false;
    const { recorder, keys, findAfterFiveMinutes } = await openByDiscovery(
      'good',
      ({ operation, response }) => {
        if (operation === '/.well-known/jwks.json' && !isDown) return false;
        response.writeHead(404).end();
        return true;
      },
    );
    expect([await keys.find('good'), recorder.lines]).toMatchObject([{ kid: 'good' }, []]);
    for (isDown of [true, false]) await findAfterFiveMinutes();
    expect(recorder.lines).toMatchObject([{ fault: { cause: { code: 'HTTP_STATUS' } } }]);
  });

  it('never come from the default place once a document has named another', async () => {
    let isDown = false;
    const { recorder, findAfterFiveMinutes } = await openByDiscovery(
      'other',
      ({ operation, response }, url) => {
        if (operation === '/.well-known/jwks.json') return false;
        const document = { issuer: url, jwks_uri: `${url}/keys` };
        const answer = operation === '/keys' ? { keys: [named('good')] } : document;
        response.writeHead(isDown ? 404 : 200).end(JSON.stringify(answer));
        return true;
      },
    );
    isDown = true;
    for (const code of ['HTTP_STATUS', 'NO_DOCUMENT']) {
      await findAfterFiveMinutes();
      expect(recorder.lines.at(-1)).toMatchObject({ fault: { cause: { code } } });
    }
    isDown = false;
    await findAfterFiveMinutes();
    expect(recorder.lines).toHaveLength(2);
  });

  it('are asked for at the given place only', async () => {
    const { issuer } = await open(() => ({ keys: [named('good')] }));
    expect(issuer.calls).toEqual(['/']);
  });

  it('that are left out are logged, at most twenty by name', async () => {
    const bad = { kty: 'oct', kid: 'bad' };
    const { recorder } = await open(() => ({ keys: [named('good'), ...Array(21).fill(bad)] }));
    expect(recorder.lines).toMatchObject([
      { level: 'warn', message: 'Keys of the issuer are left out', leftOutCount: 21 },
    ]);
    expect(recorder.lines[0]?.leftOut).toHaveLength(20);
    expect(recorder.lines[0]?.leftOut).toContainEqual({ kid: 'bad', reason: expect.any(String) });
  });

  it.each([[[{ kty: 'oct', kid: 'bad' }]], [[]]])(
    'cause a warning if none is usable: %j',
    async (members) => {
      const { recorder } = await open(() => ({ keys: members }));
      expect(recorder.lines).toMatchObject([
        { level: 'warn', message: 'The issuer has no usable signing key', leftOutCount: members.length },
      ]);
    },
  );

  it('that are given inline are the only ones, and those left out are logged', async () => {
    const recorder = createRecorder();
    const parsed = parseKeySet({ keys: [named('good'), { kty: 'oct', kid: 'bad' }] });
    const keys = await openSigningKeys({ issuer: 'https://issuer.test', jwks: parsed }, recorder.logger);
    expect([await keys.find('good'), await keys.find('other')]).toEqual([parsed.keys[0], undefined]);
    expect(recorder.lines).toMatchObject([{ message: 'Keys of the issuer are left out', leftOutCount: 1 }]);
  });
});

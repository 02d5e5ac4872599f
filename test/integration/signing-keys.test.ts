// The issuer's keys over HTTP, with a clock that the test sets: how long a key is trusted, and what happens while the
// issuer fails or answers wrongly, and under a flood of unknown keys.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { createVerifyAccessToken } from '../../lambda/reset/adapters/access-token.ts';
import { downloadJson } from '../../lambda/reset/adapters/download.ts';
import { createSigningKeys, type ParsedKeySet } from '../../lambda/reset/adapters/signing-keys.ts';
import { forgeToken } from '../support/forge-token.ts';
import { malformedKeys } from '../support/malformed-keys.ts';
import { type FaultProxy, startJwksEndpoint } from '../support/proxy.ts';
import { startService } from '../support/service.ts';
import { audience, createTokenSigner, goodClaims, issuer } from '../support/token-signer.ts';

const minute = 60_000;
const signer = await createTokenSigner();
const replacement = await createTokenSigner('new-');
/** Has other keys under the same names as `signer`. */
const sameNames = await createTokenSigner();

const open: FaultProxy[] = [];
afterEach(() => {
  for (const endpoint of open.splice(0)) endpoint.close();
});

/** An issuer, the function's cache of its keys, and a clock that stands still until a test moves it. */
async function createFixture(jwks: unknown = signer.jwks) {
  const fixture = {
    clock: Date.now(),
    jwks,
    sets: [] as ParsedKeySet[],
    async verifies(token: string): Promise<boolean> {
      return verify(token).then(
        () => true,
        (error) => {
          if (error.code === 'token-invalid') return false;
          throw error;
        },
      );
    },
  };
  const endpoint = await startJwksEndpoint(() => fixture.jwks);
  open.push(endpoint);
  const keys = createSigningKeys((signal) => downloadJson(endpoint.endpoint, signal), {
    now: () => fixture.clock,
    onFailedRefresh: () => {},
    onKeySet: (parsed) => void fixture.sets.push(parsed),
  });
  const policy = {
    ...{ issuer, audience: [audience], audienceClaim: null },
    ...{ requiredScopes: null, maxAge: null, backdating: 0 },
  };
  const verify = createVerifyAccessToken(policy, keys, Date.now);
  return Object.assign(fixture, { endpoint, keys });
}

/** Closes the connection without an answer. */
async function reset({ response }: Parameters<NonNullable<FaultProxy['intercept']>>[0]): Promise<boolean> {
  response.socket?.destroy();
  return true;
}

describe('a key that the issuer withdraws', () => {
  it('is no longer trusted after ten minutes and two fetches', async () => {
    const fixture = await createFixture();
    const token = await signer.sign({ sub: 'alice' });
    expect(await fixture.verifies(token)).toBe(true);
    fixture.jwks = replacement.jwks;
    const withdrawnAt = fixture.clock;
    while (fixture.clock - withdrawnAt < 20 * minute && (await fixture.verifies(token)))
      fixture.clock += 10_000;
    expect(fixture.clock - withdrawnAt).toBeLessThan(10 * minute);
    expect(fixture.endpoint.calls).toHaveLength(2);
  });

  it('is no longer trusted once a token with a new key has caused a fetch', async () => {
    const fixture = await createFixture();
    const token = await signer.sign({ sub: 'alice' });
    expect(await fixture.verifies(token)).toBe(true);
    fixture.jwks = replacement.jwks;
    fixture.clock += 10_000;
    expect(await fixture.verifies(await replacement.sign({ sub: 'alice' }))).toBe(true);
    expect(await fixture.verifies(token)).toBe(false);
  });

  it('is no longer trusted if it was the last one', async () => {
    const fixture = await createFixture();
    const token = await signer.sign({ sub: 'alice' });
    expect(await fixture.verifies(token)).toBe(true);
    fixture.jwks = { keys: [] };
    fixture.clock += 10 * minute;
    expect(await fixture.verifies(token)).toBe(false);
  });

  it('is replaced within ten minutes by another key with the same kid', async () => {
    const fixture = await createFixture();
    const [old, next] = [await signer.sign({ sub: 'alice' }), await sameNames.sign({ sub: 'alice' })];
    expect([await fixture.verifies(old), await fixture.verifies(next)]).toEqual([true, false]);
    fixture.jwks = sameNames.jwks;
    fixture.clock += 10 * minute;
    expect([await fixture.verifies(old), await fixture.verifies(next)]).toEqual([false, true]);
  });

  it('is preferred to a later key with the same kid while both are in the set', async () => {
    const fixture = await createFixture({ keys: [...signer.jwks.keys, ...sameNames.jwks.keys] });
    expect(await fixture.verifies(await signer.sign({ sub: 'alice' }))).toBe(true);
    expect(await fixture.verifies(await sameNames.sign({ sub: 'alice' }))).toBe(false);
  });
});

describe('while the issuer fails,', () => {
  it.each<[string, FaultProxy['intercept']]>([
    ['a connection reset', reset],
    ['no answer', async () => true],
    ['500', answering(500, '{}')],
    ['an HTML page', answering(200, '<!doctype html><title>Maintenance</title>')],
    ['an object without keys', answering(200, '{}')],
    ['bytes that are not UTF-8', answering(200, Buffer.from([0x7b, 0xff, 0xfe, 0x7d]))],
    ['half an answer', halfAnAnswer],
    ['half an answer, then silence', halfAnAnswerAndSilence],
  ])('the last good keys stay in use: %s', async (_name, intercept) => {
    const fixture = await createFixture();
    const token = await signer.sign({ sub: 'alice' });
    expect(await fixture.verifies(token)).toBe(true);
    fixture.endpoint.intercept = intercept;
    fixture.endpoint.calls.length = 0;
    fixture.clock += 60 * minute;
    expect(await fixture.verifies(token)).toBe(true);
    expect(fixture.endpoint.calls.length).toBeGreaterThan(0);
    // For the next ten seconds the issuer is not called again.
    fixture.endpoint.calls.length = 0;
    fixture.clock += 9_000;
    expect(await fixture.verifies(token)).toBe(true);
    expect(fixture.endpoint.calls).toEqual([]);
    fixture.endpoint.intercept = undefined;
    fixture.jwks = replacement.jwks;
    fixture.clock += 1_000;
    expect(await fixture.verifies(token)).toBe(false);
  });

  it('a redirect is not followed', async () => {
    const elsewhere = await startJwksEndpoint(() => sameNames.jwks);
    open.push(elsewhere);
    const fixture = await createFixture();
    fixture.endpoint.intercept = answering(302, '', { Location: elsewhere.endpoint });
    await expect(fixture.verifies(await sameNames.sign({ sub: 'alice' }))).rejects.toThrow();
    expect(elsewhere.calls).toEqual([]);
  });
});

function answering(status: number, body: string | Buffer, headers = {}): FaultProxy['intercept'] {
  return async ({ response }) => {
    response.writeHead(status, headers).end(body);
    return true;
  };
}

async function halfAnAnswer({ forward, response }: Parameters<NonNullable<FaultProxy['intercept']>>[0]) {
  const { body } = await forward();
  response.writeHead(200, { 'Content-Length': body.length });
  response.write(body.subarray(0, body.length / 2), () => response.destroy());
  return true;
}

async function halfAnAnswerAndSilence({
  forward,
  response,
}: Parameters<NonNullable<FaultProxy['intercept']>>[0]) {
  const { body } = await forward();
  response.writeHead(200, { 'Content-Length': body.length });
  response.write(body.subarray(0, body.length / 2));
  return true;
}

describe('a key set with a malformed key', () => {
  const rsa = { ...signer.jwks.keys.find(({ kid }) => kid === 'RS256') };

  // The unit test of the key set has them all.
  it.each(malformedKeys(rsa).filter((_, index) => index % 16 === 0))(
    'keeps its other keys: %s',
    async (_name, bad, reason) => {
      const fixture = await createFixture({ keys: [bad, ...signer.jwks.keys, bad] });
      for (const alg of ['RS256', 'ES256', 'EdDSA']) {
        expect(await fixture.verifies(await signer.sign({ sub: 'alice' }, { alg }))).toBe(true);
      }
      expect(await fixture.keys.find('bad')).toBeUndefined();
      expect(fixture.sets.map(({ leftOut }) => leftOut.map((left) => left.reason))).toEqual([
        [reason, reason],
      ]);
    },
  );
});

describe('a flood of unknown kids', () => {
  it('causes one fetch in ten seconds', async () => {
    const fixture = await createFixture();
    expect(await fixture.verifies(await signer.sign({ sub: 'alice' }))).toBe(true);
    fixture.endpoint.calls.length = 0;
    const names = Array.from({ length: 100 }, (_, index) => `unknown-${index}`);
    for (let second = 0; second < 60; second += 5) {
      fixture.clock += 5_000;
      await Promise.all(names.map((name) => fixture.keys.find(name)));
    }
    expect(fixture.endpoint.calls).toHaveLength(6);
  });

  it('does not block or delay a token with a known key while the issuer hangs', async () => {
    const fixture = await createFixture();
    const token = await signer.sign({ sub: 'alice' });
    expect(await fixture.verifies(token)).toBe(true);
    fixture.endpoint.intercept = async () => true;
    fixture.clock += 30_000;
    const flood = Promise.allSettled(
      Array.from({ length: 100 }, (_, index) => fixture.keys.find(`unknown-${index}`)),
    );
    expect(await Promise.race([fixture.verifies(token), flood])).toBe(true);
    expect(new Set((await flood).map(({ status }) => status))).toEqual(new Set(['rejected']));
  });

  it('delays a new key of the issuer by ten seconds at most', async () => {
    const fixture = await createFixture();
    await fixture.keys.find('unknown');
    fixture.jwks = replacement.jwks;
    const token = await replacement.sign({ sub: 'alice' });
    expect(await fixture.verifies(token)).toBe(false);
    fixture.clock += 10_000;
    expect(await fixture.verifies(token)).toBe(true);
  });

  it('from other issuers leaves nothing in memory', async () => {
    const fixture = await createFixture();
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const flood = async (count: number) => {
      for (let index = 0; index < count; index++) {
        const name = `https://issuer-${index}.test/${'x'.repeat(2_000)}`;
        const token = forgeToken({ alg: 'RS256', kid: name }, { ...goodClaims(), iss: name, sub: name }, () =>
          Buffer.alloc(256),
        );
        expect(await fixture.verifies(token)).toBe(false);
      }
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const before = await flood(250);
    // If each name were kept, they would take 5 MB.
    expect((await flood(2_500)) - before).toBeLessThan(4_000_000);
    expect(fixture.endpoint.calls).toHaveLength(1);
  });
});

describe('an issuer that is down at a cold start', () => {
  it('is logged, makes requests end in 501 and not 401, and is called again until it works', async () => {
    const endpoint = await startJwksEndpoint(() => signer.jwks);
    open.push(endpoint);
    endpoint.intercept = reset;
    const service = await startService({ TOKEN_JWKS: '', TOKEN_JWKS_URI: endpoint.endpoint }, signer);
    expect(service.recorder.lines).toMatchObject([
      { level: 'warn', fault: { name: 'SigningKeysUnavailableError' } },
    ]);
    const token = await service.token('nobody');
    expect(await service.reset(token)).toMatchObject({ status: 501, code: 'internal-error' });
    expect(service.proxy.calls).toEqual([]);
    endpoint.intercept = undefined;
    // A failure fails all requests of one second.
    await expect.poll(async () => (await service.reset(token)).code).toBe('user-not-found');
    await service.close();
  });

  it('is called once a second at most', async () => {
    const fixture = await createFixture();
    fixture.endpoint.intercept = answering(503, '');
    for (let index = 0; index < 50; index++) await expect(fixture.keys.find('RS256')).rejects.toThrow();
    expect(fixture.endpoint.calls).toHaveLength(1);
    fixture.clock += 1_000;
    fixture.endpoint.intercept = undefined;
    expect(await fixture.keys.find('RS256')).toBeDefined();
  });
});

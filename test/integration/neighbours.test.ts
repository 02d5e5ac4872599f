// Dependencies that are slow, hang, trickle or answer wrongly, over real sockets and with real time limits: how long a
// request waits, how often they are called, what is logged, and that a reset stays within its time budget.
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HttpAnswer } from '../support/http-client.ts';
import { trickle } from '../support/keep-busy.ts';
import { type FaultProxy, type ProxyCall, startJwksEndpoint, startSecretsManager } from '../support/proxy.ts';
import { useQuickArgon2 } from '../support/replaced-crypto.ts';
import { pepperJson, startService, type TestService } from '../support/service.ts';
import { createTokenSigner } from '../support/token-signer.ts';
import { within } from '../support/within.ts';

useQuickArgon2();

const signer = await createTokenSigner();
const minute = 60_000;

const open: { close(): unknown }[] = [];
afterAll(async () => {
  for (const one of open.splice(0)) await one.close();
});

function closeAtEnd<T extends { close(): unknown }>(one: T): T {
  open.push(one);
  return one;
}

/** Milliseconds: how far this process's clock is ahead; the function computes the age of keys with it. */
let ahead: number;

/** Before each test, since the function is composed with the clock. */
function useMovableClock(): void {
  beforeEach(() => {
    ahead = 0;
    const { now } = Date;
    vi.spyOn(Date, 'now').mockImplementation(() => now() + ahead);
  });
}

/** What happens to one secret: the address of Secrets Manager is the same for all tests, which run concurrently. */
interface Secret {
  calls: number;
  intercept: FaultProxy['intercept'];
}
const secretsById = new Map<string, Secret>();
beforeAll(async () => {
  const secretsManager = closeAtEnd(await startSecretsManager(() => pepperJson));
  process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER = secretsManager.endpoint;
  secretsManager.intercept = async (call) => {
    const secret = secretsById.get(JSON.parse(call.body).SecretId);
    if (secret !== undefined) secret.calls++;
    return (await secret?.intercept?.(call)) ?? false;
  };
});
afterAll(() => {
  delete process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER;
});

async function startWithSecret(environment: Readonly<Record<string, string>> = {}) {
  const id = randomUUID();
  const secret: Secret = { calls: 0, intercept: undefined };
  secretsById.set(id, secret);
  const pepper = { PIN_PEPPER: '', PIN_PEPPER_SECRET_ID: id };
  const service = closeAtEnd(await startService({ ...pepper, ...environment }, signer, { limits: true }));
  return { secret, service };
}

const answering =
  (status: number, body: string | Buffer) =>
  async ({ response }: ProxyCall): Promise<boolean> => {
    response.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.0' }).end(body);
    return true;
  };

async function startWithIssuer(jwks: () => unknown = () => signer.jwks) {
  const issuer = closeAtEnd(await startJwksEndpoint(jwks));
  const start = async () =>
    closeAtEnd(await startService({ TOKEN_JWKS: '', TOKEN_JWKS_URI: issuer.endpoint }, signer));
  return { issuer, start };
}

async function resetWithPin(service: TestService, userId: string): Promise<HttpAnswer> {
  await service.put({ userId, pin: '5621' });
  return service.reset(await service.token(userId), '?pin=5621');
}

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; milliseconds: number }> {
  const startedAt = performance.now();
  const result = await work();
  return { result, milliseconds: performance.now() - startedAt };
}

/** Sends without end, as fast as the client reads. */
function flood(response: ServerResponse): { readonly sent: number } {
  const chunk = Buffer.alloc(64 * 1024, ' ');
  const state = { sent: 0 };
  const send = () => {
    while (!response.destroyed) {
      state.sent += chunk.length;
      if (!response.write(chunk)) return;
    }
  };
  response.on('drain', send);
  send();
  return state;
}

const hang: FaultProxy['intercept'] = async () => true;

describe('a cached pepper that is five minutes old', () => {
  useMovableClock();

  it.each<[string, FaultProxy['intercept']]>([
    ['hangs', hang],
    [
      'trickles',
      async ({ response }) => {
        trickle(response);
        return true;
      },
    ],
  ])(
    'is used if Secrets Manager %s: one request waits a moment, later ones do not, and a warning is logged',
    async (_what, intercept) => {
      const { secret, service } = await startWithSecret();
      expect((await resetWithPin(service, 'alice')).code).toBe('204');
      secret.calls = 0;
      secret.intercept = intercept;
      service.recorder.clear();
      ahead = 5 * minute;
      expect((await resetWithPin(service, 'bob')).code).toBe('204');
      const waits: number[] = [];
      for (const userId of ['carol', 'dave', 'erin']) {
        await service.put({ userId, pin: '5621' });
        const token = await service.token(userId);
        const { result, milliseconds } = await timed(() => service.reset(token, '?pin=5621'));
        expect(result.code).toBe('204');
        waits.push(milliseconds);
      }
      // A busy machine may delay one of them, but waiting for Secrets Manager would delay all by 1.5 seconds.
      expect(Math.min(...waits)).toBeLessThan(1_000);
      expect(secret.calls).toBeLessThanOrEqual(2);
      expect(service.recorder.lines.filter(({ level }) => level === 'warn')).toMatchObject([
        { message: 'The pepper keys could not be refreshed', fault: { name: 'PepperUnavailableError' } },
      ]);
    },
  );

  it('is refreshed by the next request after a rotation, and a removed key makes no new verifier', async () => {
    const { secret, service } = await startWithSecret();
    expect((await resetWithPin(service, 'alice')).code).toBe('204');
    const rotated = { ...JSON.parse(pepperJson), current: 'k2', k2: 'another pepper of the tests, k2!' };
    secret.intercept = answering(200, JSON.stringify({ SecretString: JSON.stringify(rotated) }));
    ahead = 180 * minute;
    expect((await resetWithPin(service, 'bob')).code).toBe('204');
    expect((await service.item('bob'))?.pinVerifier?.S).toContain('keyid=k2');
  });
});

describe.concurrent('with nothing cached,', () => {
  it('a trickling answer of Secrets Manager ends in 501 long before the function is out of time', async () => {
    const { secret, service } = await startWithSecret();
    secret.intercept = async ({ response }) => {
      trickle(response);
      return true;
    };
    expect((await resetWithPin(service, 'alice')).code).toBe('internal-error');
    // Otherwise the function would be out of time.
    expect(service.recorder.lines.at(-1)).toMatchObject({ fault: { name: 'PepperUnavailableError' } });
    expect((await service.item('alice'))?.pinGuesses).toBeUndefined();
  });

  it('a trickling answer of the issuer ends in 501 long before the function is out of time', async () => {
    const { issuer, start } = await startWithIssuer();
    issuer.intercept = async ({ response }) => {
      trickle(response);
      return true;
    };
    const service = await start();
    expect((await service.reset(await service.token('alice'))).code).toBe('internal-error');
    expect(service.recorder.lines.at(-1)).toMatchObject({ fault: { name: 'SigningKeysUnavailableError' } });
  });

  it.each([
    ['without a PIN', '', 1],
    ['with a PIN', '?pin=5621', 2],
  ])(
    'a trickling answer of the table to a reset %s ends in 501 long before the function is out of time',
    async (_name, query, call) => {
      const service = closeAtEnd(await startService({}, signer, { limits: true }));
      await service.put({ userId: 'alice', pin: '5621' });
      service.proxy.intercept = async ({ response }) => {
        if (service.proxy.calls.length < call) return false;
        trickle(response);
        return true;
      };
      const answer = service.reset(await service.token('alice'), query);
      expect((await within(6_000, answer)).code).toBe('internal-error');
      expect(service.recorder.lines).toMatchObject([{ fault: { code: 'OUT_OF_TIME' } }]);
      expect(service.proxy.calls).toHaveLength(call);
    },
  );

  it('an endless answer of the issuer is read up to a megabyte', async () => {
    const { issuer, start } = await startWithIssuer();
    const floods: { readonly sent: number }[] = [];
    issuer.intercept = async ({ response }) => {
      floods.push(flood(response));
      return true;
    };
    const service = await start();
    expect(service.recorder.lines).toMatchObject([{ fault: { cause: { code: 'TOO_LARGE' } } }]);
    expect(floods).toHaveLength(1);
    // The socket buffers of both sides hold more than what was read.
    expect(floods[0]?.sent).toBeLessThan(16 * 1024 * 1024);
  });
});

describe('the log names the cause of unavailable', () => {
  const denied = (type: string) => answering(400, JSON.stringify({ __type: type, message: 'secret words' }));

  it.each<[string, FaultProxy['intercept'], object]>([
    [
      'a missing permission',
      denied('AccessDeniedException'),
      { name: 'AccessDeniedException', httpStatus: 400 },
    ],
    [
      'a missing secret',
      denied('ResourceNotFoundException'),
      { name: 'ResourceNotFoundException', httpStatus: 400 },
    ],
    ['a malformed secret', answering(200, '{"SecretString":"secret words"}'), { code: 'SECRET_MALFORMED' }],
    ['a binary secret', answering(200, '{"SecretBinary":"AAAA"}'), { code: 'SECRET_MALFORMED' }],
    ['no answer', hang, { name: expect.stringMatching(/TimeoutError|CodedError/) }],
  ])('pepper keys: %s', async (_name, intercept, cause) => {
    const { secret, service } = await startWithSecret();
    secret.intercept = intercept;
    expect((await resetWithPin(service, 'alice')).code).toBe('internal-error');
    const line = service.recorder.lines.at(-1);
    expect(line?.fault).toMatchObject({ name: 'PepperUnavailableError', cause });
    expect(JSON.stringify(line)).not.toContain('secret words');
  });

  it.each<[string, FaultProxy['intercept'], object]>([
    ['a redirect', answering(302, ''), { code: 'HTTP_STATUS', httpStatus: 302 }],
    ['an HTML page', answering(200, '<p>secret words'), { code: 'NO_JSON' }],
    ['not a key set', answering(200, '{"secret words":[]}'), { code: 'NO_KEY_SET' }],
    ['no answer', hang, { code: 'OUT_OF_TIME' }],
  ])('signing keys: %s', async (_name, intercept, cause) => {
    const { issuer, start } = await startWithIssuer();
    issuer.intercept = intercept;
    const { recorder } = await start();
    expect(recorder.lines).toMatchObject([{ fault: { name: 'SigningKeysUnavailableError', cause } }]);
    expect(JSON.stringify(recorder.lines)).not.toContain('secret words');
  });

  it.each([
    ['a refused connection', 'http://127.0.0.1:9/jwks', 'ECONNREFUSED'],
    ['a refused connection at each of its addresses', 'http://localhost:9/jwks', 'ECONNREFUSED'],
    [
      'a host name that cannot exist',
      'https://issuer.invalid/jwks',
      expect.stringMatching(/^E(NOTFOUND|AI_AGAIN)$/),
    ],
  ])('signing keys: %s', async (_name, TOKEN_JWKS_URI, code) => {
    const { recorder } = closeAtEnd(await startService({ TOKEN_JWKS: '', TOKEN_JWKS_URI }, signer));
    expect(recorder.lines).toMatchObject([
      { fault: { name: 'SigningKeysUnavailableError', cause: { code } } },
    ]);
  });
});

describe('unusable keys of the issuer', () => {
  useMovableClock();

  const [rsa] = signer.jwks.keys;
  const leftOutKeys = [
    { ...rsa, kid: 'hmac', alg: 'HS256' },
    { ...rsa, kid: 'private', d: 'AQAB' },
    { ...rsa, kid: 'RS256' },
  ];
  const leftOut = [
    { kid: 'hmac', reason: 'HS256 is not supported' },
    { kid: 'private', reason: 'private members' },
    { kid: 'RS256', reason: 'duplicate kid' },
  ];
  const line = { level: 'warn', message: 'Keys of the issuer are left out', leftOut, leftOutCount: 3 };

  it('are logged by kid and reason, once for each fetch', async () => {
    const { start } = await startWithIssuer(() => ({ keys: [...signer.jwks.keys, ...leftOutKeys] }));
    const service = await start();
    const warnings = () => service.recorder.lines.filter(({ level }) => level === 'warn');
    expect(warnings()).toEqual([line]);
    const reset = async () => (await service.reset(await service.token('nobody'))).code;
    expect([await reset(), await reset()]).toEqual(['user-not-found', 'user-not-found']);
    expect(warnings()).toEqual([line]);
    ahead = 5 * minute;
    expect([await reset(), await reset()]).toEqual(['user-not-found', 'user-not-found']);
    expect(warnings()).toEqual([line, line]);
  });

  it('of TOKEN_JWKS are logged once', async () => {
    const TOKEN_JWKS = JSON.stringify({ keys: [...signer.jwks.keys, ...leftOutKeys] });
    const { recorder } = closeAtEnd(await startService({ TOKEN_JWKS }, signer));
    expect(recorder.lines).toEqual([line]);
  });

  it('are logged with another message if there is no usable one', async () => {
    const { start } = await startWithIssuer(() => ({ keys: leftOutKeys.slice(0, 2) }));
    const { recorder } = await start();
    const message = 'The issuer has no usable signing key';
    expect(recorder.lines).toEqual([
      { level: 'warn', message, leftOut: leftOut.slice(0, 2), leftOutCount: 2 },
    ]);
  });

  it('do not fill the log, however many they are', async () => {
    const { start } = await startWithIssuer(() => ({ keys: Array(200).fill({ kid: 'k'.repeat(80) }) }));
    const { recorder } = await start();
    expect(recorder.lines).toMatchObject([{ leftOutCount: 200 }]);
    expect(recorder.lines[0]?.leftOut).toHaveLength(20);
    expect(JSON.stringify(recorder.lines).length).toBeLessThan(3_000);
  });

  it('are not logged if there are none', async () => {
    const { start } = await startWithIssuer();
    expect((await start()).recorder.lines).toEqual([]);
  });
});

describe.concurrent('the time budget of a reset', () => {
  it('suffices for 204 if every dependency takes nearly as long as it may', async () => {
    const issuer = closeAtEnd(await startJwksEndpoint(() => signer.jwks));
    // No keys are cached at the start, so that the request has to fetch them.
    issuer.intercept = async ({ response }) => {
      response.writeHead(503).end();
      return true;
    };
    const environment = { TOKEN_JWKS: '', TOKEN_JWKS_URI: issuer.endpoint };
    const { secret, service } = await startWithSecret(environment);
    await service.put({ userId: 'alice', pin: '5621' });
    const late = (milliseconds: number) => async () => {
      await sleep(milliseconds);
      return false;
    };
    // As late as a busy machine still meets the time limits (1,500, 700 and 750).
    issuer.intercept = late(1_100);
    // The first of the two attempts times out, and the second answers late.
    secret.intercept = async () => secret.calls % 2 === 1 || late(350)();
    service.proxy.intercept = async () => service.proxy.calls.length % 3 !== 0 || late(350)();
    const token = await service.token('alice');
    const { result, milliseconds } = await timed(() => service.reset(token, '?pin=5621'));
    expect(result.code).toBe('204');
    expect(milliseconds).toBeGreaterThan(5_400);
  });
});

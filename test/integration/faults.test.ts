// Every fault in every call that the function makes: the item is entirely old or entirely new, 204 is answered only if
// it is new, and repeating the request ends in 204 and exactly one reset.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Fault, faults } from '../support/faults.ts';
import { type HttpAnswer, resetPath } from '../support/http-client.ts';
import { type FaultProxy, type ProxyCall, startJwksEndpoint, startSecretsManager } from '../support/proxy.ts';
import { stateOf } from '../support/reset-state.ts';
import { pepperJson, startService, type TestService } from '../support/service.ts';
import { createTokenSigner } from '../support/token-signer.ts';
import { within } from '../support/within.ts';

vi.mock('node:crypto', async (original) =>
  (await import('../support/quick-argon2.ts')).withQuickArgon2(
    await original<typeof import('node:crypto')>(),
  ),
);

const signer = await createTokenSigner();

/** Milliseconds for which a failed first fetch of keys fails later requests without another fetch. */
const coldCooldown = 1_000;

const paths = [
  { path: 'without a PIN', query: '', calls: 1 },
  { path: 'with the right PIN', query: '?pin=5621', calls: 2 },
] as const;
const durations = ['once', 'until recovery'] as const;

/** Sends a request during a fault and again after it; expects a complete reset or none, and exactly one in the end. */
async function expectAtomicReset(
  service: TestService,
  userId: string,
  query: string,
  fault: { until: Promise<unknown>; heal(): void | Promise<void> },
): Promise<HttpAnswer> {
  const before = await service.item(userId);
  if (before === undefined) throw new Error(`no user ${userId}`);
  const token = await service.token(userId);
  const answer = await service.reset(token, query);
  expect([204, 501]).toContain(answer.status);
  const state = stateOf(before, await service.item(userId), query);
  if (answer.status === 204) expect(state).toBe('new');

  await fault.heal();
  expect((await service.reset(token, query)).code).toBe('204');
  const after = await service.item(userId);
  expect(stateOf(before, after, query)).toBe('new');
  if (state === 'new') expect(after?.lastReset?.M?.id?.S).toBe(service.invocationId(answer));
  // Calls still in transit when the function gave up arrive here, and change nothing.
  await fault.until;
  expect((await service.reset(token, query)).code).toBe('204');
  expect(await service.item(userId)).toEqual(after);
  return answer;
}

function user(userId: string) {
  return { userId, password: 'old', pin: '5621', paymentMethods: { visa: { kind: 'creditcard' } } };
}

describe('between function and table', () => {
  let service: TestService;
  /** What disrupts the calls for each user; the tests run concurrently. */
  const plans = new Map<string, (call: ProxyCall) => Promise<boolean>>();
  beforeAll(async () => {
    // No test waits for the calls of another one, which hang.
    service = await startService({}, signer, { environments: Number.POSITIVE_INFINITY });
    service.proxy.intercept = async (call) => {
      const userId = JSON.parse(call.body).Key?.userId.S;
      return (await plans.get(userId)?.(call)) ?? false;
    };
  });
  afterAll(() => service.close());

  /** Disrupts the nth call for a user, or that and all later ones. */
  function plan(userId: string, { disrupt }: Fault, call: number, duration: (typeof durations)[number]) {
    let seen = 0;
    const disruptions: Promise<unknown>[] = [];
    plans.set(userId, async (proxyCall) => {
      seen++;
      if (duration === 'once' ? seen !== call : seen < call) return false;
      disruptions.push(disrupt(proxyCall));
      return true;
    });
    return {
      get until() {
        return Promise.all(disruptions);
      },
      heal: () => void plans.delete(userId),
    };
  }

  const cases = faults.flatMap((fault) =>
    paths.flatMap(({ path, query, calls }) =>
      durations.flatMap((duration) =>
        Array.from({ length: calls }, (_, index) => ({
          fault,
          path,
          query,
          duration,
          call: index + 1,
          name: fault.name,
        })),
      ),
    ),
  );

  it.concurrent.each(cases)(
    'a reset $path is atomic and made once: $name, call $call, $duration',
    async ({ fault, query, duration, call }) => {
      const userId = `${fault.name} ${query} ${duration} ${call}`;
      await service.put(user(userId));
      await expectAtomicReset(service, userId, query, plan(userId, fault, call, duration));
    },
  );

  // A replay is recognized by its first call.
  const repeated = cases.filter(({ duration, call }) => duration === 'once' && call === 1);
  it.concurrent.each(repeated)(
    'a replay $path writes nothing: $name, call $call',
    async ({ fault, query, call }) => {
      const userId = `${fault.name} ${query} ${call} again`;
      await service.put(user(userId));
      const token = await service.token(userId);
      expect((await service.reset(token, query)).code).toBe('204');
      const before = await service.item(userId);
      const planned = plan(userId, fault, call, 'once');
      expect([204, 501]).toContain((await service.reset(token, query)).status);
      await planned.until;
      expect(await service.item(userId)).toEqual(before);
    },
  );

  it.concurrent.each(faults)(
    'a wrong PIN costs one attempt in all and resets nothing: $name',
    async (fault) => {
      const userId = `${fault.name} wrong`;
      await service.put(user(userId));
      const before = await service.item(userId);
      const planned = plan(userId, fault, 1, 'once');
      const token = await service.token(userId);
      expect(['recovery-pin-mismatch', 'internal-error']).toContain(
        (await service.reset(token, '?pin=1000')).code,
      );
      await planned.until;
      const answer = await service.reset(token, '?pin=1000');
      expect([answer.code, answer.error?.meta]).toEqual(['recovery-pin-mismatch', { remainingAttempts: 2 }]);
      const { pinGuesses, ...rest } = (await service.item(userId)) ?? {};
      expect(rest).toEqual(before);
      expect(pinGuesses?.SS).toHaveLength(1);
    },
  );
});

describe('a fault of a single call that the client retries', () => {
  it.concurrent.each(faults.filter(({ name }) => /reset|slow|time-out|thr|50|cut/.test(name)))(
    'does not reach the caller: $name',
    async ({ disrupt }) => {
      const service = await startService({}, signer);
      for (const { query, calls } of paths) {
        for (let call = 1; call <= calls; call++) {
          await service.put(user('alice'));
          const disruptions: Promise<unknown>[] = [];
          let seen = 0;
          service.proxy.intercept = async (proxyCall) => {
            if (++seen !== call) return false;
            disruptions.push(disrupt(proxyCall));
            return true;
          };
          expect((await service.reset(await service.token('alice'), query)).code).toBe('204');
          await Promise.all(disruptions);
        }
      }
      await service.close();
    },
  );
});

describe('a table that refuses connections makes a reset fail entirely,', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService({}, signer);
  });
  afterAll(() => service.close());

  it.each(paths)('from the first call on, $path', async ({ query }) => {
    await service.put(user('alice'));
    await service.proxy.refuse();
    const fault = { until: Promise.resolve(), heal: () => service.proxy.accept() };
    expect((await expectAtomicReset(service, 'alice', query, fault)).status).toBe(501);
  });

  it('from the second call on', async () => {
    await service.put(user('alice'));
    let refused: Promise<void> = Promise.resolve();
    service.proxy.intercept = async ({ forward, response }) => {
      service.proxy.intercept = undefined;
      const { status, headers, body } = await forward();
      await new Promise<void>((sent) => response.writeHead(status, headers).end(body, sent));
      refused = service.proxy.refuse();
      return true;
    };
    const heal = async () => {
      await refused;
      await service.proxy.accept();
    };
    const answer = await expectAtomicReset(service, 'alice', '?pin=5621', {
      until: Promise.resolve(),
      heal,
    });
    expect(answer.status).toBe(501);
  });
});

describe('a request that runs out of time', () => {
  it.concurrent.each(
    paths.flatMap(({ path, query, calls }) =>
      Array.from({ length: calls }, (_, index) => ({ path, query, call: index + 1 })),
    ),
  )(
    'is answered before Lambda ends it, and makes no further call: a reset $path that hangs in call $call',
    async ({ query, call }) => {
      const service = await startService({}, signer);
      await service.put(user('alice'));
      const before = await service.item('alice');
      service.proxy.intercept = async () => service.proxy.calls.length >= call;
      const event = {
        httpMethod: 'PUT',
        path: resetPath,
        headers: { Authorization: `Bearer ${await service.token('alice')}` },
        queryStringParameters: query === '' ? null : { pin: '5621' },
      };
      const deadline = performance.now() + 1_000;
      const context = { getRemainingTimeInMillis: () => deadline - performance.now() };
      expect((await within(700, service.handler(event, context))).statusCode).toBe(501);
      expect(service.recorder.lines).toMatchObject([{ code: 'internal-error', reason: 'out of time' }]);
      // Long enough for every retry of the client.
      await sleep(2_000);
      expect(service.proxy.calls).toHaveLength(call);
      expect(stateOf(before ?? {}, await service.item('alice'), query)).toBe('old');
      await service.close();
    },
  );
});

describe('between function and Secrets Manager', () => {
  let secrets: FaultProxy;
  /** What disrupts the calls for each secret; the tests run concurrently, each with a secret of its own. */
  const plans = new Map<string, (call: ProxyCall) => Promise<unknown>>();
  beforeAll(async () => {
    secrets = await startSecretsManager(() => pepperJson);
    process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER = secrets.endpoint;
    secrets.intercept = async (call) => {
      const disrupt = plans.get(JSON.parse(call.body).SecretId);
      void disrupt?.(call);
      return disrupt !== undefined;
    };
  });
  afterAll(() => {
    delete process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER;
    secrets.close();
  });

  const startWithSecret = (name: string) =>
    startService({ PIN_PEPPER: '', PIN_PEPPER_SECRET_ID: name }, signer);

  it.concurrent.each(faults)(
    'a reset without a PIN works, and one with a PIN works after recovery: $name',
    async ({ name, disrupt }) => {
      const service = await startWithSecret(name);
      await service.put(user('alice'), user('bob'));
      let calls = 0;
      plans.set(name, (call) => {
        calls++;
        return disrupt(call);
      });
      expect((await service.reset(await service.token('bob'))).code).toBe('204');
      expect(calls).toBe(0);
      const heal = async () => {
        plans.delete(name);
        await sleep(coldCooldown);
      };
      await expectAtomicReset(service, 'alice', '?pin=5621', { until: Promise.resolve(), heal });
      expect(calls).toBeGreaterThan(0);
      await service.close();
    },
  );

  it('refused connections end in 501, and no attempt is counted', async () => {
    const service = await startWithSecret('refused');
    await service.put(user('alice'));
    await secrets.refuse();
    const heal = async () => {
      expect((await service.item('alice'))?.pinGuesses).toBeUndefined();
      await secrets.accept();
      await sleep(coldCooldown);
    };
    const answer = await expectAtomicReset(service, 'alice', '?pin=5621', {
      until: Promise.resolve(),
      heal,
    });
    expect(answer.status).toBe(501);
    await service.close();
  });
});

describe('between function and issuer, with no key cached,', () => {
  it.concurrent.each(faults)('a reset ends in 501 or 204 and never in 401: $name', async ({ disrupt }) => {
    const endpoint = await startJwksEndpoint(() => signer.jwks);
    const disruptions: Promise<unknown>[] = [];
    endpoint.intercept = async (call) => {
      disruptions.push(disrupt(call));
      return true;
    };
    const service = await startService({ TOKEN_JWKS: '', TOKEN_JWKS_URI: endpoint.endpoint }, signer);
    await service.put(user('alice'));
    const heal = async () => {
      endpoint.intercept = undefined;
      await sleep(coldCooldown);
    };
    await expectAtomicReset(service, 'alice', '', { until: Promise.all(disruptions), heal });
    endpoint.close();
    await service.close();
  });
});

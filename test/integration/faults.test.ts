// Every fault against every call that the function makes: the item is wholly old or wholly new, 204 is said only of a
// new one, and the same request again ends in 204 and exactly one reset.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Fault, faults } from '../support/faults.ts';
import { type HttpAnswer, resetPath } from '../support/http-client.ts';
import { type FaultProxy, type ProxyCall, startJwksEndpoint, startSecretsManager } from '../support/proxy.ts';
import { stateOf } from '../support/reset-state.ts';
import { pepperJson, startService, type TestService } from '../support/service.ts';
import { createTokenSigner } from '../support/token-signer.ts';

vi.mock('node:crypto', async (original) =>
  (await import('../support/quick-argon2.ts')).withQuickArgon2(
    await original<typeof import('node:crypto')>(),
  ),
);

const signer = await createTokenSigner();
/** Milliseconds within which the function answers whatever happens: half a second before Lambda would end it. */
const budget = 9_700;

/** Milliseconds for which one failure to fetch any keys at all answers for the next request. */
const coldCooldown = 1_000;

const paths = [
  { path: 'without a PIN', query: '', calls: 1 },
  { path: 'with the right PIN', query: '?pin=5621', calls: 2 },
] as const;
const lengths = ['once', 'until it is over'] as const;

/** Sends a request into a fault, then again once it is over, and checks what holds of both. */
async function expectWholeAndOnce(
  service: TestService,
  userId: string,
  query: string,
  fault: { until: Promise<unknown>; heal(): void | Promise<void> },
): Promise<HttpAnswer> {
  const before = await service.item(userId);
  if (before === undefined) throw new Error(`no user ${userId}`);
  const token = await service.token(userId);
  const startedAt = performance.now();
  const answer = await service.reset(token, query);
  expect(performance.now() - startedAt).toBeLessThan(budget);
  expect([204, 501]).toContain(answer.status);
  const state = stateOf(before, await service.item(userId), query);
  if (answer.status === 204) expect(state).toBe('new');

  await fault.heal();
  expect((await service.resetPersistently(token, query)).code).toBe('204');
  const after = await service.item(userId);
  expect(stateOf(before, after, query)).toBe('new');
  if (state === 'new') expect(after?.lastReset?.M?.id?.S).toBe(service.invocationId(answer));
  // Calls that were on their way when the function gave up have arrived by now, and changed nothing.
  await fault.until;
  expect((await service.resetPersistently(token, query)).code).toBe('204');
  expect(await service.item(userId)).toEqual(after);
  return answer;
}

function user(userId: string) {
  return { userId, password: 'old', pin: '5621', paymentMethods: { visa: { kind: 'creditcard' } } };
}

describe('between function and table', () => {
  let service: TestService;
  /** What spoils a user's calls; the tests run side by side. */
  const plans = new Map<string, (call: ProxyCall) => Promise<boolean>>();
  beforeAll(async () => {
    service = await startService({}, signer);
    service.proxy.intercept = async (call) => {
      const userId = JSON.parse(call.body).Key?.userId.S;
      return (await plans.get(userId)?.(call)) ?? false;
    };
  });
  afterAll(() => service.close());

  /** Spoils a user's nth call, or that and all later ones. */
  function plan(userId: string, { spoil }: Fault, call: number, length: (typeof lengths)[number]) {
    let seen = 0;
    const under: Promise<unknown>[] = [];
    plans.set(userId, async (proxyCall) => {
      seen++;
      if (length === 'once' ? seen !== call : seen < call) return false;
      under.push(spoil(proxyCall));
      return true;
    });
    return {
      get until() {
        return Promise.all(under);
      },
      heal: () => void plans.delete(userId),
    };
  }

  const cases = faults.flatMap((fault) =>
    paths.flatMap(({ path, query, calls }) =>
      lengths.flatMap((length) =>
        Array.from({ length: calls }, (_, index) => ({
          fault,
          path,
          query,
          length,
          call: index + 1,
          name: fault.name,
        })),
      ),
    ),
  );

  it.concurrent.each(cases)(
    '$name, $length, call $call of a reset $path',
    async ({ fault, query, length, call }) => {
      const userId = `${fault.name} ${query} ${length} ${call}`;
      await service.put(user(userId));
      await expectWholeAndOnce(service, userId, query, plan(userId, fault, call, length));
    },
  );

  // A repetition is told by its first call.
  const repeated = cases.filter(({ length, call }) => length === 'once' && call === 1);
  it.concurrent.each(repeated)(
    '$name, call $call of a repetition $path: nothing more is written',
    async ({ fault, query, call }) => {
      const userId = `${fault.name} ${query} ${call} again`;
      await service.put(user(userId));
      const token = await service.token(userId);
      expect((await service.resetPersistently(token, query)).code).toBe('204');
      const before = await service.item(userId);
      const planned = plan(userId, fault, call, 'once');
      expect([204, 501]).toContain((await service.reset(token, query)).status);
      await planned.until;
      expect(await service.item(userId)).toEqual(before);
    },
  );

  it.concurrent.each(faults)(
    '$name, then a wrong PIN: it costs one attempt and resets nothing',
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
      const answer = await service.resetPersistently(token, '?pin=1000');
      expect([answer.code, answer.error?.meta]).toEqual(['recovery-pin-mismatch', { remainingAttempts: 2 }]);
      const { pinGuesses, ...rest } = (await service.item(userId)) ?? {};
      expect(rest).toEqual(before);
      expect(pinGuesses?.SS).toHaveLength(1);
    },
  );
});

describe('a fault of one call that the client may take for one', () => {
  it.concurrent.each(faults.filter(({ name }) => /reset|slow|time-out|thr|50|cut/.test(name)))(
    '$name: the caller does not notice',
    async ({ spoil }) => {
      const service = await startService({}, signer);
      for (const { query, calls } of paths) {
        for (let call = 1; call <= calls; call++) {
          await service.put(user('alice'));
          const under: Promise<unknown>[] = [];
          let seen = 0;
          service.proxy.intercept = async (proxyCall) => {
            if (++seen !== call) return false;
            under.push(spoil(proxyCall));
            return true;
          };
          expect((await service.resetPersistently(await service.token('alice'), query)).code).toBe('204');
          await Promise.all(under);
        }
      }
      await service.close();
    },
  );
});

describe('a table that refuses connections', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService({}, signer);
  });
  afterAll(() => service.close());

  it.each(paths)('from the first call on, $path', async ({ query }) => {
    await service.put(user('alice'));
    await service.proxy.refuse();
    const fault = { until: Promise.resolve(), heal: () => service.proxy.accept() };
    expect((await expectWholeAndOnce(service, 'alice', query, fault)).status).toBe(501);
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
    const answer = await expectWholeAndOnce(service, 'alice', '?pin=5621', {
      until: Promise.resolve(),
      heal,
    });
    expect(answer.status).toBe(501);
  });
});

describe('out of time', () => {
  it.concurrent.each(
    paths.flatMap(({ path, query, calls }) =>
      Array.from({ length: calls }, (_, index) => ({ path, query, call: index + 1 })),
    ),
  )(
    'a reset $path that hangs in call $call is answered before Lambda ends it, and goes on no further',
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
      const answer = await service.handler(event, {
        getRemainingTimeInMillis: () => deadline - performance.now(),
      });
      expect(answer.statusCode).toBe(501);
      expect(performance.now()).toBeLessThan(deadline - 300);
      expect(service.recorder.lines).toMatchObject([{ code: 'internal-error', reason: 'out of time' }]);
      // The time for every attempt that the client would have made.
      await sleep(2_000);
      expect(service.proxy.calls).toHaveLength(call);
      expect(stateOf(before ?? {}, await service.item('alice'), query)).toBe('old');
      await service.close();
    },
  );
});

describe('between function and Secrets Manager', () => {
  let secrets: FaultProxy;
  /** What spoils the calls for a secret; the tests run side by side, each with a secret of its own. */
  const plans = new Map<string, (call: ProxyCall) => Promise<unknown>>();
  beforeAll(async () => {
    secrets = await startSecretsManager(() => pepperJson);
    process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER = secrets.endpoint;
    secrets.intercept = async (call) => {
      const spoil = plans.get(JSON.parse(call.body).SecretId);
      void spoil?.(call);
      return spoil !== undefined;
    };
  });
  afterAll(() => {
    delete process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER;
    secrets.close();
  });

  const startWithSecret = (name: string) =>
    startService({ PIN_PEPPER: '', PIN_PEPPER_SECRET_ID: name }, signer);

  it.concurrent.each(faults)(
    '$name: a reset without a PIN works, and one with it recovers',
    async ({ name, spoil }) => {
      const service = await startWithSecret(name);
      await service.put(user('alice'), user('bob'));
      let calls = 0;
      plans.set(name, (call) => {
        calls++;
        return spoil(call);
      });
      expect((await service.resetPersistently(await service.token('bob'))).code).toBe('204');
      expect(calls).toBe(0);
      const heal = async () => {
        plans.delete(name);
        await sleep(coldCooldown);
      };
      await expectWholeAndOnce(service, 'alice', '?pin=5621', { until: Promise.resolve(), heal });
      expect(calls).toBeGreaterThan(0);
      await service.close();
    },
  );

  it('refused connections: 501, and no attempt is counted', async () => {
    const service = await startWithSecret('refused');
    await service.put(user('alice'));
    await secrets.refuse();
    const heal = async () => {
      expect((await service.item('alice'))?.pinGuesses).toBeUndefined();
      await secrets.accept();
      await sleep(coldCooldown);
    };
    const answer = await expectWholeAndOnce(service, 'alice', '?pin=5621', {
      until: Promise.resolve(),
      heal,
    });
    expect(answer.status).toBe(501);
    await service.close();
  });
});

describe('between function and issuer, with no key at hand', () => {
  it.concurrent.each(faults)('$name: 501 or done, never 401, and it recovers', async ({ spoil }) => {
    const endpoint = await startJwksEndpoint(() => signer.jwks);
    const under: Promise<unknown>[] = [];
    endpoint.intercept = async (call) => {
      under.push(spoil(call));
      return true;
    };
    const service = await startService({ TOKEN_JWKS: '', TOKEN_JWKS_URI: endpoint.endpoint }, signer);
    await service.put(user('alice'));
    const heal = async () => {
      endpoint.intercept = undefined;
      await sleep(coldCooldown);
    };
    await expectWholeAndOnce(service, 'alice', '', { until: Promise.all(under), heal });
    endpoint.close();
    await service.close();
  });
});

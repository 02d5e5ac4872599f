// Every fault in every call that the function makes: the item is entirely old or entirely new, 204 is answered only if
// it is new, and repeating the request ends in 204 and exactly one reset.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { HttpAnswer } from '../../support/http-client.ts';
import {
  type FaultProxy,
  type ProxyCall,
  startJwksEndpoint,
  startSecretsManager,
} from '../../support/proxy.ts';
import { useQuickArgon2 } from '../../support/replaced-crypto.ts';
import { pepperJson, startService, type TestService } from '../../support/service.ts';
import { createTokenSigner, type TokenSigner } from '../../support/token-signer.ts';
import { stateOf } from '../reset-state.ts';
import { type Fault, faults } from './network-faults.ts';

export const paths = [
  { path: 'without a PIN', query: '', calls: 1 },
  { path: 'with the right PIN', query: '?pin=5621', calls: 2 },
] as const;
const durations = ['once', 'until recovery'] as const;

/**
 * Sends a request during a fault and again after it; expects a complete reset or none, and exactly one in the end.
 *
 * @param service - the function that meets the fault
 * @param next - the function to which the request is repeated, if not the same
 */
export async function expectAtomicReset(
  service: TestService,
  userId: string,
  query: string,
  fault: { until: Promise<unknown>; heal(): void | Promise<void> },
  next: TestService = service,
): Promise<HttpAnswer> {
  const before = await service.item(userId);
  if (before === undefined) throw new Error(`no user ${userId}`);
  const token = await service.token(userId);
  const answer = await service.reset(token, query);
  expect([204, 501]).toContain(answer.status);
  const state = stateOf(before, await service.item(userId), query);
  if (answer.status === 204) expect(state).toBe('new');

  await fault.heal();
  expect((await next.reset(token, query)).code).toBe('204');
  const after = await service.item(userId);
  expect(stateOf(before, after, query)).toBe('new');
  if (state === 'new') expect(after?.lastReset?.M?.id?.S).toBe(service.invocationId(answer));
  // Calls still in transit when the function gave up arrive here, and change nothing.
  await fault.until;
  expect((await next.reset(token, query)).code).toBe('204');
  expect(await service.item(userId)).toEqual(after);
  return answer;
}

/**
 * Repeats another user's reset as a client does, until it works: for a second after a failed first fetch of keys there is no
 * other one, and on a busy machine that may fail too.
 */
export async function waitForRecovery(service: TestService, userId: string, query = ''): Promise<void> {
  const token = await service.token(userId);
  const reset = async () => expect((await service.reset(token, query)).code).toBe('204');
  // Not `expect.poll`, which a test that runs concurrently cannot use once another one has ended.
  await vi.waitFor(reset, { interval: 1_000, timeout: 60_000 });
}

export const user = (userId: string) => ({
  userId,
  password: 'old',
  pin: '5621',
  paymentMethods: { visa: { kind: 'creditcard' } },
});

/**
 * Starts a function with its real time limits, and one on the same table that waits as long as it takes: a repeated
 * request must succeed on a busy machine too.
 */
export async function startPair() {
  // No test waits for the calls of another one, which hang.
  const options = { environments: Number.POSITIVE_INFINITY };
  const limited = await startService({}, undefined, { ...options, limits: true });
  const patient = await startService(limited.environment, undefined, options);
  return { limited, patient, close: () => Promise.all([limited.close(), patient.close()]) };
}

/** Whether `npm test` has a fault in a place: three in each, and each somewhere. */
export function isInSample(fault: number, place: number): boolean {
  const first = (3 * place) % faults.length;
  return (fault - first + faults.length) % faults.length < 3;
}

/**
 * Defines the tests of one fault in one place each.
 *
 * @param choose - the faults for the nth place
 */
export function testFaults(choose: (place: number) => readonly Fault[]): void {
  useQuickArgon2();
  let place = 0;
  const chosen = () => choose(place++);

  describe('between function and table', () => {
    let pair: Awaited<ReturnType<typeof startPair>>;
    /** What disrupts the calls for each user; the tests run concurrently. */
    const plans = new Map<string, (call: ProxyCall) => Promise<boolean>>();
    beforeAll(async () => {
      pair = await startPair();
      pair.limited.proxy.intercept = async (call) => {
        const userId = JSON.parse(call.body).Key?.userId.S;
        return (await plans.get(userId)?.(call)) ?? false;
      };
    });
    afterAll(() => pair.close());

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

    const cases = paths.flatMap(({ path, query, calls }) =>
      durations.flatMap((duration) =>
        Array.from({ length: calls }, (_, index) => index + 1).flatMap((call) =>
          chosen().map((fault) => ({ fault, path, query, duration, call, name: fault.name })),
        ),
      ),
    );

    it.concurrent.each(cases)(
      'a reset $path is atomic and made once: $name, call $call, $duration',
      async ({ fault, query, duration, call, name }) => {
        const userId = `${name} ${query} ${duration} ${call}`;
        await pair.limited.put(user(userId));
        const planned = plan(userId, fault, call, duration);
        await expectAtomicReset(pair.limited, userId, query, planned, pair.patient);
      },
    );

    // A repetition is recognized by its first call.
    const runs = paths.flatMap(({ path, query }) =>
      chosen().map((fault) => ({ fault, path, query, name: fault.name })),
    );
    it.concurrent.each(runs)('a repetition $path writes nothing: $name', async ({ fault, query, name }) => {
      const { limited, patient } = pair;
      const userId = `${name} ${query} again`;
      await limited.put(user(userId));
      const token = await limited.token(userId);
      expect((await patient.reset(token, query)).code).toBe('204');
      const before = await limited.item(userId);
      const planned = plan(userId, fault, 1, 'once');
      expect([204, 501]).toContain((await limited.reset(token, query)).status);
      await planned.until;
      expect(await limited.item(userId)).toEqual(before);
    });

    it.concurrent.each(chosen())(
      'a wrong PIN costs one attempt in all and resets nothing: $name',
      async (fault) => {
        const { limited, patient } = pair;
        const userId = `${fault.name} wrong`;
        await limited.put(user(userId));
        const before = await limited.item(userId);
        const planned = plan(userId, fault, 1, 'once');
        const token = await limited.token(userId);
        const { code } = await limited.reset(token, '?pin=1000');
        expect(['recovery-pin-mismatch', 'internal-error']).toContain(code);
        await planned.until;
        const answer = await patient.reset(token, '?pin=1000');
        expect([answer.code, answer.error?.meta]).toEqual([
          'recovery-pin-mismatch',
          { remainingAttempts: 2 },
        ]);
        const { pinGuesses, ...rest } = (await limited.item(userId)) ?? {};
        expect(rest).toEqual(before);
        expect(pinGuesses?.SS).toHaveLength(1);
      },
    );
  });

  describe('a fault of a single call that the client retries', () => {
    const retried = chosen().filter(({ name }) => /reset|slow|time-out|thr|50/.test(name));
    it.concurrent.each(retried)('does not reach the caller: $name', async ({ name, disrupt }) => {
      // Only a time-out needs the limits. Each has a service of its own, since a client retries only so often.
      const service = await startService({}, undefined, { limits: name.includes('time-out') });
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
    });
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

    it.concurrent.each(chosen())(
      'a reset without a PIN works, and one with a PIN works after recovery: $name',
      async ({ name, disrupt }) => {
        const service = await startService({ PIN_PEPPER: '', PIN_PEPPER_SECRET_ID: name });
        await service.put(user('alice'), user('bob'), user('carol'));
        let calls = 0;
        plans.set(name, (call) => {
          calls++;
          return disrupt(call);
        });
        expect((await service.reset(await service.token('bob'))).code).toBe('204');
        expect(calls).toBe(0);
        const heal = async () => {
          plans.delete(name);
          await waitForRecovery(service, 'carol', '?pin=5621');
        };
        await expectAtomicReset(service, 'alice', '?pin=5621', { until: Promise.resolve(), heal });
        expect(calls).toBeGreaterThan(0);
        await service.close();
      },
    );
  });

  describe('between function and issuer, with no key cached,', () => {
    let signer: TokenSigner;
    beforeAll(async () => {
      signer = await createTokenSigner();
    });

    it.concurrent.each(chosen())(
      'a reset ends in 501 or 204 and never in 401: $name',
      async ({ disrupt }) => {
        const endpoint = await startJwksEndpoint(() => signer.jwks);
        const disruptions: Promise<unknown>[] = [];
        endpoint.intercept = async (call) => {
          disruptions.push(disrupt(call));
          return true;
        };
        const service = await startService({ TOKEN_JWKS: '', TOKEN_JWKS_URI: endpoint.endpoint }, signer);
        await service.put(user('alice'), user('bob'));
        const heal = async () => {
          endpoint.intercept = undefined;
          await waitForRecovery(service, 'bob');
        };
        await expectAtomicReset(service, 'alice', '', { until: Promise.all(disruptions), heal });
        endpoint.close();
        await service.close();
      },
    );
  });
}

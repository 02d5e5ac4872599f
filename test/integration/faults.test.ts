// A sample of the faults in every call that the function makes (faults.slow.test.ts has the others), and faults that last.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { resetPath } from '../support/http-client.ts';
import { startSecretsManager } from '../support/proxy.ts';
import { pepperJson, startService, type TestService } from '../support/service.ts';
import { within } from '../support/within.ts';
import { faults } from './faults/network-faults.ts';
import {
  expectAtomicReset,
  isInSample,
  paths,
  startPair,
  testFaults,
  user,
  waitForRecovery,
} from './faults/places.ts';
import { stateOf } from './reset-state.ts';

testFaults((place) => faults.filter((_, index) => isInSample(index, place)));

it('the sample has every fault', () => {
  const places = Array.from({ length: 12 }, (_, place) => place);
  for (const index of faults.keys()) expect(places.some((place) => isInSample(index, place))).toBe(true);
});

describe('a table that refuses connections makes a reset fail entirely,', () => {
  let pair: Awaited<ReturnType<typeof startPair>>;
  let service: TestService;
  beforeAll(async () => {
    pair = await startPair();
    service = pair.limited;
  });
  afterAll(() => pair.close());

  it.each(paths)('from the first call on, $path', async ({ query }) => {
    await service.put(user('alice'));
    await service.proxy.refuse();
    const fault = { until: Promise.resolve(), heal: () => service.proxy.accept() };
    expect((await expectAtomicReset(service, 'alice', query, fault, pair.patient)).status).toBe(501);
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
    const fault = { until: Promise.resolve(), heal };
    const answer = await expectAtomicReset(service, 'alice', '?pin=5621', fault, pair.patient);
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
      const service = await startService({}, undefined, { limits: true });
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
      expect((await within(1_000, service.handler(event, context))).statusCode).toBe(501);
      expect(service.recorder.lines).toMatchObject([{ code: 'internal-error', reason: 'out of time' }]);
      // Long enough for every retry of the client.
      await sleep(2_000);
      expect(service.proxy.calls).toHaveLength(call);
      expect(stateOf(before ?? {}, await service.item('alice'), query)).toBe('old');
      await service.close();
    },
  );
});

it('a Secrets Manager that refuses connections ends a reset in 501, and no attempt is counted', async () => {
  const secrets = await startSecretsManager(() => pepperJson);
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', secrets.endpoint);
  const service = await startService({ PIN_PEPPER: '', PIN_PEPPER_SECRET_ID: 'refused' });
  await service.put(user('alice'), user('bob'));
  await secrets.refuse();
  const heal = async () => {
    expect((await service.item('alice'))?.pinGuesses).toBeUndefined();
    await secrets.accept();
    await waitForRecovery(service, 'bob', '?pin=5621');
  };
  const fault = { until: Promise.resolve(), heal };
  expect((await expectAtomicReset(service, 'alice', '?pin=5621', fault)).status).toBe(501);
  secrets.close();
  await service.close();
});

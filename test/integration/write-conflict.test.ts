// A table with replicas in several regions refuses a write whose item is being written in another region. Nothing was
// written then, so the write is sent again, and its condition is judged anew (docs/second-region.md).
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ProxyCall } from '../support/proxy.ts';
import { startService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());
beforeEach(async () => {
  await service.put({ userId: 'alice', password: 'old', pin: '5621', paymentMethods: { visa: {} } });
});

function refuse({ response }: ProxyCall): true {
  response.writeHead(400, { 'Content-Type': 'application/x-amz-json-1.0' });
  const __type = 'com.amazonaws.dynamodb.v20120810#ReplicatedWriteConflictException';
  response.end(JSON.stringify({ __type, message: 'conflict' }));
  return true;
}

function refuseFirst(count: number): void {
  let left = count;
  service.proxy.calls.length = 0;
  service.proxy.intercept = async (call) => left-- > 0 && refuse(call);
}

it.each([
  ['', 2],
  ['?pin=5621', 3],
])('a write that conflicts once is sent again (query "%s")', async (query, calls) => {
  const token = await service.token('alice');
  refuseFirst(1);
  expect((await service.reset(token, query)).code).toBe('204');
  // One more if the second ended meanwhile.
  expect(service.proxy.calls.length - calls).toBeOneOf([0, 1]);
  expect((await service.item('alice'))?.passwordHash).toBeUndefined();
});

it('a write that conflicts is judged by the item as the other region left it', async () => {
  const [first, second] = await Promise.all([service.token('alice'), service.token('alice')]);
  let isFirst = true;
  service.proxy.intercept = async (call) => {
    if (!isFirst) return false;
    isFirst = false;
    expect((await service.reset(first, '?pin=5621')).code).toBe('204');
    return refuse(call);
  };
  expect((await service.reset(second)).code).toBe('token-revoked');
  expect(Object.keys((await service.item('alice'))?.paymentMethods?.M ?? {})).toEqual(['visa']);
});

it('a write that conflicts three times is answered 501, and nothing is written', async () => {
  const before = await service.item('alice');
  refuseFirst(3);
  expect((await service.reset(await service.token('alice'))).code).toBe('internal-error');
  expect(service.proxy.calls).toHaveLength(3);
  expect(await service.item('alice')).toEqual(before);
});

it('a wrong PIN whose count conflicts costs one attempt', async () => {
  refuseFirst(2);
  const { error } = await service.reset(await service.token('alice'), '?pin=1000');
  expect(error?.meta).toEqual({ remainingAttempts: 2 });
});

// The mark of a locked recovery PIN: it is set by the request with the third wrong PIN, and by no other.
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { parsePeppers } from '../../lambda/reset/adapters/pepper.ts';
import { createPinVerifier } from '../../lambda/reset/domain/recovery-pin.ts';
import { useQuickArgon2 } from '../support/replaced-crypto.ts';
import { pepperJson, startService, type TestService } from '../support/service.ts';
import { within } from '../support/within.ts';

useQuickArgon2();

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const alice = { userId: 'alice', pin: '5621', password: 'secret', paymentMethods: { visa: {} } };
beforeEach(async () => {
  await service.put(alice);
  service.proxy.intercept = undefined;
  service.recorder.clear();
});

async function attempt(...pins: string[]) {
  const token = await service.token('alice');
  const answers = [];
  for (const pin of pins) answers.push(await service.reset(token, `?pin=${pin}`));
  return answers;
}

/** Makes the table refuse the writes whose request contains a string. */
function refuseWrites(part: string) {
  service.proxy.intercept = async ({ body, response }) => {
    if (!body.includes(part)) return false;
    response.writeHead(400, { 'Content-Type': 'application/x-amz-json-1.0' });
    response.end('{"__type":"com.amazonaws.dynamodb.v20120810#AccessDeniedException"}');
    return true;
  };
}

it('the mark is set with the third wrong PIN, and has the id and the time of that request', async () => {
  await attempt('1000', '1001');
  expect(await service.item('alice')).not.toHaveProperty('pinLock');
  const [third] = await attempt('1002');
  expect(third?.error?.meta).toEqual({ remainingAttempts: 0 });
  expect((await service.item('alice'))?.pinLock).toEqual({
    M: { id: { S: service.invocationId(third) }, at: { S: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/) } },
  });
});

it('the mark costs one round trip when it is set, and none later', async () => {
  await attempt('1000', '1001');
  service.proxy.calls.length = 0;
  await attempt('1002');
  expect(service.proxy.calls).toEqual(['UpdateItem', 'UpdateItem']);
  const marked = await service.item('alice');
  service.proxy.calls.length = 0;
  await attempt('1002', '1000', '1001');
  expect(service.proxy.calls).toEqual(['UpdateItem', 'UpdateItem', 'UpdateItem']);
  expect(await service.item('alice')).toEqual(marked);
});

it('the mark is not set by a third PIN that is right', async () => {
  const answers = await attempt('1000', '1001', '5621');
  expect(answers.at(-1)?.code).toBe('204');
  const item = await service.item('alice');
  expect(item).not.toHaveProperty('pinLock');
  expect(item).not.toHaveProperty('pinGuesses');
});

it('the mark is removed together with the attempts by a reset with the right PIN', async () => {
  // Another request sets the mark between check and reset, as a repeated wrong attempt could at that moment.
  service.proxy.intercept = async ({ body }) => {
    if (!body.includes('SET pinVerifier = :nextVerifier')) return false;
    const pinLock = { M: { id: { S: 'cbgmhslmp1o9or9kh1p0' }, at: { S: '2026-01-01T00:00:00.000Z' } } };
    await service.client.send(
      new UpdateItemCommand({
        TableName: service.tableName,
        Key: { userId: { S: 'alice' } },
        UpdateExpression: 'SET pinLock = :lock',
        ExpressionAttributeValues: { ':lock': pinLock },
      }),
    );
    return false;
  };
  expect((await attempt('5621'))[0]?.code).toBe('204');
  expect(await service.item('alice')).not.toHaveProperty('pinLock');
});

it('the mark stays after a reset without a PIN', async () => {
  await attempt('1000', '1001', '1002');
  const marked = await service.item('alice');
  expect((await service.reset(await service.token('alice'))).code).toBe('204');
  const item = await service.item('alice');
  expect([item?.pinLock, item?.pinGuesses]).toEqual([marked?.pinLock, marked?.pinGuesses]);
});

it('a mark that cannot be set does not change the answer, is logged, and is set by a repetition', async () => {
  await attempt('1000', '1001');
  refuseWrites('SET pinLock');
  const [third] = await attempt('1002');
  expect([third?.code, third?.error?.meta]).toEqual(['recovery-pin-mismatch', { remainingAttempts: 0 }]);
  expect(await service.item('alice')).not.toHaveProperty('pinLock');
  expect(service.recorder.lines).toContainEqual(
    expect.objectContaining({
      level: 'error',
      message: 'A locked recovery PIN could not be marked',
      fault: expect.objectContaining({ name: 'AccessDeniedException' }),
    }),
  );
  service.proxy.intercept = undefined;
  const [again] = await attempt('1002');
  expect((await service.item('alice'))?.pinLock?.M?.id?.S).toBe(service.invocationId(again));
});

it('a mark that hangs delays the answer by little more than a second', async () => {
  const limited = await startService({}, undefined, { limits: true });
  onTestFinished(() => limited.close());
  await limited.put(alice);
  const token = await limited.token('alice');
  for (const pin of ['1000', '1001']) await limited.reset(token, `?pin=${pin}`);
  limited.proxy.calls.length = 0;
  limited.proxy.intercept = async ({ body }) => body.includes('SET pinLock');
  const third = await within(4_000, limited.reset(token, '?pin=1002'));
  expect([third.code, third.error?.meta]).toEqual(['recovery-pin-mismatch', { remainingAttempts: 0 }]);
  // The attempt is counted with one call; of the three that the SDK would make for the mark, the last is not made any more.
  expect(limited.proxy.calls.length).toBeLessThanOrEqual(3);
});

it('the mark is not set on a PIN that the user has just replaced', async () => {
  await attempt('1000', '1001');
  const next = await createPinVerifier(parsePeppers(pepperJson), 'alice', '8305');
  service.proxy.intercept = async ({ body }) => {
    if (!body.includes('SET pinLock')) return false;
    await service.client.send(
      new UpdateItemCommand({
        TableName: service.tableName,
        Key: { userId: { S: 'alice' } },
        UpdateExpression: 'SET pinVerifier = :next',
        ExpressionAttributeValues: { ':next': { S: next } },
      }),
    );
    return false;
  };
  expect((await attempt('1002'))[0]?.code).toBe('recovery-pin-mismatch');
  expect(await service.item('alice')).not.toHaveProperty('pinLock');
});

it('the mark is set once by concurrent and repeated requests with three wrong PINs', async () => {
  const token = await service.token('alice');
  const pins = ['1000', '1001', '1002', '1000', '1001', '1002'];
  await Promise.all(pins.map((pin) => service.reset(token, `?pin=${pin}`)));
  const marked = (await service.item('alice'))?.pinLock;
  expect(marked).toBeDefined();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1_000 });
  onTestFinished(() => void vi.useRealTimers());
  await attempt('1000', '1001', '1002', '1003');
  expect((await service.item('alice'))?.pinLock).toEqual(marked);
});

it('a lock is counted once if the third wrong PIN is sent many times at once', async () => {
  await attempt('1000', '1001');
  const token = await service.token('alice');
  await Promise.all(Array.from({ length: 5 }, () => service.reset(token, '?pin=1002')));
  expect(service.recorder.counted.get('RecoveryPinLocked')).toEqual([1]);
});

it('a lock is counted if the answer to its mark was lost', async () => {
  await attempt('1000', '1001');
  let lost = 0;
  service.proxy.intercept = async ({ body, forward, response }) => {
    if (!body.includes('SET pinLock') || lost++ > 0) return false;
    await forward();
    response.destroy();
    return true;
  };
  await attempt('1002');
  expect(lost).toBe(2);
  expect(service.recorder.counted.get('RecoveryPinLocked')).toEqual([1]);
});

// ADR 1 says what this costs the owner of the PIN.
describe('a right PIN whose reset was interrupted before it was written', () => {
  beforeEach(async () => {
    refuseWrites('SET pinVerifier = :nextVerifier');
    expect((await attempt('5621'))[0]?.code).toBe('internal-error');
    service.proxy.intercept = undefined;
  });

  it('keeps its place: two wrong PINs later the lock is marked, although the right one still works', async () => {
    const answers = await attempt('1000', '1001');
    expect(answers.map(({ error }) => error?.meta?.remainingAttempts)).toEqual([1, 0]);
    expect(await service.item('alice')).toHaveProperty('pinLock');
    expect((await attempt('5621'))[0]?.code).toBe('204');
    const item = await service.item('alice');
    expect([item?.pinLock, item?.pinGuesses]).toEqual([undefined, undefined]);
  });

  it('needs a second place after a rotation of the pepper, and is locked out if there is none', async () => {
    const peppers = { ...JSON.parse(pepperJson), current: 'k2', k2: 'another pepper of the tests, k2!' };
    const rotated = await startService({ ...service.environment, PIN_PEPPER: JSON.stringify(peppers) });
    onTestFinished(() => rotated.close());
    await attempt('1000', '1001');
    const token = await service.token('alice');
    expect((await rotated.reset(token, '?pin=5621')).code).toBe('recovery-pin-locked');
    expect((await service.item('alice'))?.pinGuesses?.SS).toHaveLength(3);
    expect((await rotated.reset(token)).code).toBe('204');
  });
});

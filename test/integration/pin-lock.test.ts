// The mark of a locked recovery PIN: set by whoever finds the third attempt wrong, and by nobody else.
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { nextSecond } from '../../infra/local/next-second.ts';
import { parsePeppers } from '../../lambda/reset/adapters/pepper.ts';
import { createPinVerifier } from '../../lambda/reset/domain/recovery-pin.ts';
import { pepperJson, startService, type TestService } from '../support/service.ts';

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

/** Makes the next marks fail as a table does that is out of order. */
function loseMarks() {
  service.proxy.intercept = async ({ body, response }) => {
    if (!body.includes('SET pinLock')) return false;
    response.writeHead(400, { 'Content-Type': 'application/x-amz-json-1.0' });
    response.end('{"__type":"com.amazonaws.dynamodb.v20120810#AccessDeniedException"}');
    return true;
  };
}

it('is set with the third wrong PIN: the id of that request, and its time', async () => {
  await attempt('1000', '1001');
  expect(await service.item('alice')).not.toHaveProperty('pinLock');
  const [third] = await attempt('1002');
  expect(third?.error?.meta).toEqual({ remainingAttempts: 0 });
  expect((await service.item('alice'))?.pinLock).toEqual({
    M: { id: { S: service.invocationId(third) }, at: { S: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/) } },
  });
});

it('costs one round trip once, and none where it is set already', async () => {
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

it('is not set by a third PIN that is right', async () => {
  const answers = await attempt('1000', '1001', '5621');
  expect(answers.at(-1)?.code).toBe('204');
  const item = await service.item('alice');
  expect(item).not.toHaveProperty('pinLock');
  expect(item).not.toHaveProperty('pinGuesses');
});

it('goes with the attempts when a right PIN finds it there', async () => {
  // Somebody else marks while the right third attempt is on its way, as only a repeated wrong attempt in that instant can.
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

it('stays through a reset without a PIN', async () => {
  await attempt('1000', '1001', '1002');
  const marked = await service.item('alice');
  expect((await service.reset(await service.token('alice'))).code).toBe('204');
  const item = await service.item('alice');
  expect([item?.pinLock, item?.pinGuesses]).toEqual([marked?.pinLock, marked?.pinGuesses]);
});

it('that cannot be set fails no request: the answer is the same, the fault is logged, a repetition repairs it', async () => {
  await attempt('1000', '1001');
  loseMarks();
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

it('that hangs holds the answer up for little more than a second', async () => {
  await attempt('1000', '1001');
  service.proxy.intercept = async ({ body }) => body.includes('SET pinLock');
  const startedAt = Date.now();
  const [third] = await attempt('1002');
  expect([third?.code, third?.error?.meta]).toEqual(['recovery-pin-mismatch', { remainingAttempts: 0 }]);
  expect(Date.now() - startedAt).toBeLessThan(4_000);
});

it('is not set on a PIN that its owner has just replaced', async () => {
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

it('is set once where three wrong PINs come at once, again and again', async () => {
  const token = await service.token('alice');
  const pins = ['1000', '1001', '1002', '1000', '1001', '1002'];
  await Promise.all(pins.map((pin) => service.reset(token, `?pin=${pin}`)));
  const marked = (await service.item('alice'))?.pinLock;
  expect(marked).toBeDefined();
  await nextSecond();
  await attempt('1000', '1001', '1002', '1003');
  expect((await service.item('alice'))?.pinLock).toEqual(marked);
});

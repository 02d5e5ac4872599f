// Items that do not follow docs/data-model.md: they satisfy no requirement by accident, and are counted correctly.
import { type AttributeValue, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startService({ REQUIRED_LINKED_IDENTITY: 'corp' });
});
afterAll(() => service.close());
beforeEach(async () => {
  await service.put({ userId: 'alice', pin: '5621', password: 'old', linkedIdentities: ['corp'] });
  service.recorder.clear();
});

async function setAttribute(name: string, value: AttributeValue): Promise<void> {
  await service.client.send(
    new UpdateItemCommand({
      TableName: service.tableName,
      Key: { userId: { S: 'alice' } },
      UpdateExpression: 'SET #name = :value',
      ExpressionAttributeNames: { '#name': name },
      ExpressionAttributeValues: { ':value': value },
    }),
  );
}

describe.each(['', '?pin=5621'])('a reset (query "%s")', (query) => {
  it.each<[string, AttributeValue]>([
    ['a string that contains the name', { S: 'not-corporate' }],
    ['a string that equals the name', { S: 'corp' }],
    ['bytes that equal the name', { B: Buffer.from('corp') }],
    ['a list', { L: [{ S: 'corp' }] }],
    ['a set of longer names', { SS: ['corporate', 'acorp'] }],
  ])('requires the linked identity in a string set, not in %s', async (_name, value) => {
    await setAttribute('linkedIdentities', value);
    const before = await service.item('alice');
    expect((await service.reset(await service.token('alice'), query)).code).toBe('missing-linked-identity');
    expect(await service.item('alice')).toEqual(before);
  });
});

it.each<[string, AttributeValue]>([
  ['a list', { L: [{ S: 'visa' }, { S: 'sepa' }] }],
  ['a set', { SS: ['visa', 'sepa'] }],
  ['a set of numbers', { NS: ['1', '2'] }],
  ['a set of bytes', { BS: [Buffer.from('visa'), Buffer.from('sepa')] }],
  ['a map', { M: { visa: { M: {} }, sepa: { M: {} } } }],
])('payment methods in %s are cleared and counted', async (_name, value) => {
  await setAttribute('paymentMethods', value);
  expect((await service.reset(await service.token('alice'))).code).toBe('204');
  expect((await service.item('alice'))?.paymentMethods).toEqual({ M: {} });
  expect(service.recorder.lines).toMatchObject([{ code: 'reset', paymentMethodsCleared: 2 }]);
});

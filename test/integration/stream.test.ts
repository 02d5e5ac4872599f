// From resets over HTTP through the table's real stream and the publisher to the events on the bus.
import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import type { PublishedEvent } from '../../infra/local/bus-server.ts';
import { eventsOf } from '../../lambda/publisher/stream-record.ts';
import { type EventPlatform, startEventPlatform } from '../support/event-platform.ts';
import { schemaViolationsOf } from '../support/events.ts';
import { expectNoneOf } from '../support/secrets.ts';
import { startService, type TestService } from '../support/service.ts';
import { openStream, type StreamReader } from './stream-reader.ts';

let service: TestService;
let stream: StreamReader;
let platform: EventPlatform;
beforeAll(async () => {
  service = await startService();
  stream = await openStream(service.client, service.tableName, inject('tableEndpoint'));
  platform = await startEventPlatform();
});
afterAll(async () => {
  stream.close();
  platform.close();
  await service.close();
});

const alice = {
  userId: 'alice',
  pin: '5621',
  password: 'correct horse',
  paymentMethods: { visa: { number: 'PAN-4711' }, sepa: { number: 'PAN-4712' } },
};

beforeEach(async () => {
  await service.put(alice);
  await stream.drain(async () => []);
  platform.published.length = 0;
  platform.answer = undefined;
});
afterEach(() => void vi.useRealTimers());

/** Publishes all stream records since the last call; resolves to the events on the bus. */
async function publishedEvents(): Promise<PublishedEvent[]> {
  platform.published.length = 0;
  await stream.drain((records) => platform.invoke(records));
  for (const event of platform.published)
    expect(schemaViolationsOf(event['detail-type'], event.detail)).toEqual([]);
  return [...platform.published];
}

const typesOf = (events: readonly PublishedEvent[]) => events.map((event) => event['detail-type']);

describe('a reset causes one event', () => {
  it('with the ids of the cleared payment methods, and none when it is repeated', async () => {
    const token = await service.token('alice');
    await service.reset(token);
    const [event, ...others] = await publishedEvents();
    expect(others).toEqual([]);
    const lastReset = (await service.item('alice'))?.lastReset;
    expect(event).toMatchObject({
      source: 'password-reset-test',
      'detail-type': 'PasswordReset',
      detail: {
        resetId: lastReset?.M?.id?.S,
        userId: 'alice',
        pinVerified: false,
        paymentMethodsCleared: ['sepa', 'visa'],
        newPasswordSet: false,
      },
    });
    expect((await service.reset(token)).code).toBe('204');
    expect(await publishedEvents()).toEqual([]);
  });

  it('with an id of its own, even if two have the same Request-Id', async () => {
    const headers = { 'Request-Id': 'cbgmhslmp1o9or9kh1p0' };
    for (let round = 0; round < 2; round++) {
      if (round > 0) vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1_000 });
      expect((await service.reset(await service.token('alice'), '', { headers })).code).toBe('204');
    }
    const ids = (await publishedEvents()).map(({ detail }) => detail.resetId);
    expect(new Set(ids).size).toBe(2);
    expect(ids).not.toContain(headers['Request-Id']);
  });

  it('without cleared payment methods if it has the right PIN', async () => {
    await service.reset(await service.token('alice'), '?pin=5621');
    expect(await publishedEvents()).toMatchObject([
      { detail: { pinVerified: true, paymentMethodsCleared: [] } },
    ]);
  });

  it('for twenty concurrent equal requests', async () => {
    const token = await service.token('alice');
    await Promise.all(Array.from({ length: 20 }, () => service.reset(token)));
    expect(await publishedEvents()).toHaveLength(1);
  });

  it('without any secret of the item', async () => {
    const token = await service.token('alice');
    const secrets = [token, 'argon2', 'PAN-', 'correct horse', '5621'];
    await service.reset(token);
    const item = await service.item('alice');
    secrets.push(item?.lastReset?.M?.token?.S ?? '', item?.pinVerifier?.S ?? '');
    expectNoneOf(secrets, [await publishedEvents(), platform.recorder.lines]);
  });
});

describe('three wrong PINs cause one event', () => {
  it('with the id of the lock, and none for later attempts', async () => {
    const token = await service.token('alice');
    for (const pin of ['1000', '1001', '1002', '1002', '1003', '5621'])
      await service.reset(token, `?pin=${pin}`);
    const lockId = (await service.item('alice'))?.pinLock?.M?.id?.S;
    expect(await publishedEvents()).toMatchObject([
      { 'detail-type': 'RecoveryPinLocked', detail: { lockId } },
    ]);
  });

  it('even if two hundred are sent at once', async () => {
    const token = await service.token('alice');
    await Promise.all(Array.from({ length: 200 }, (_, i) => service.reset(token, `?pin=${1000 + i}`)));
    expect(typesOf(await publishedEvents())).toEqual(['RecoveryPinLocked']);
  });

  it('unless the third PIN is right: then the one event is that of the reset', async () => {
    const token = await service.token('alice');
    for (const pin of ['1000', '1001', '5621']) await service.reset(token, `?pin=${pin}`);
    expect(typesOf(await publishedEvents())).toEqual(['PasswordReset']);
  });

  it('that arrives before the event of a later reset, even if the bus refuses some at first', async () => {
    const token = await service.token('alice');
    for (const pin of ['1000', '1001', '1002']) await service.reset(token, `?pin=${pin}`);
    await service.reset(token);
    let calls = 0;
    platform.answer = async (events) => events.map(() => (calls++ < 7 ? 'ThrottlingException' : undefined));
    const events = await publishedEvents();
    expect(typesOf(events)).toEqual(['RecoveryPinLocked', 'PasswordReset']);
    const sequences = events.map(({ detail }) => String(detail.sequence));
    expect(new Set(sequences).size).toBe(2);
    expect(sequences.toSorted()).toEqual(sequences);
  });
});

it("other services' writes to a user cause no event", async () => {
  await service.reset(await service.token('alice'));
  await publishedEvents();
  platform.published.length = 0;
  const Key = { userId: { S: 'alice' } };
  const updates = [
    'SET paymentMethods.amex = :value',
    'SET passwordHash = :value',
    'SET pinVerifier = :value REMOVE pinGuesses, pinLock',
    'SET tokensValidFrom = :value',
  ];
  for (const UpdateExpression of updates) {
    const ExpressionAttributeValues = { ':value': { S: 'something' } };
    await service.client.send(
      new UpdateItemCommand({
        TableName: service.tableName,
        Key,
        UpdateExpression,
        ExpressionAttributeValues,
      }),
    );
  }
  const Item = { ...(await service.item('alice')), userId: { S: 'copied back' } };
  await service.client.send(new PutItemCommand({ TableName: service.tableName, Item }));
  expect(await stream.drain((records) => platform.invoke(records))).toBe(updates.length + 1);
  expect(platform.published).toEqual([]);
});

it('every reset causes its event while the bus refuses every third call', async () => {
  const users = Array.from({ length: 12 }, (_, i) => `user-${i}`);
  await service.put(...users.map((userId) => ({ ...alice, userId })));
  const ids = new Map<string, string[]>();
  for (let round = 0; round < 2; round++) {
    if (round > 0) vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1_000 });
    const resets = users.map(async (userId) => {
      const answer = await service.reset(await service.token(userId), round === 0 ? '?pin=5621' : '');
      expect(answer.code).toBe('204');
      const id = (await service.item(userId))?.lastReset?.M?.id?.S;
      ids.set(userId, [...(ids.get(userId) ?? []), String(id)]);
    });
    await Promise.all(resets);
  }
  let calls = 0;
  platform.answer = async (events) => events.map(() => (calls++ % 3 === 0 ? 'InternalFailure' : undefined));
  const events = await publishedEvents();
  for (const userId of users) {
    const ofUser = events
      .filter(({ detail }) => detail.userId === userId)
      .map(({ detail }) => detail.resetId);
    expect([...new Set(ofUser)]).toEqual(ids.get(userId));
  }
  expect(new Set(events.map(({ detail }) => detail.userId))).toEqual(new Set(users));
});

it('a stream record has both images, from which its events can be derived again', async () => {
  await service.reset(await service.token('alice'));
  const records = await stream.readAll();
  expect(records.at(-1)?.eventName).toBe('MODIFY');
  expect(eventsOf(records.at(-1) ?? {})).toHaveLength(1);
});

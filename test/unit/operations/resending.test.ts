import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { LetterContent } from '../../../infra/operations/letters.ts';
import { type Resending, resend } from '../../../infra/operations/resending.ts';
import { createEventBus } from '../../../lambda/publisher/event-bus.ts';
import { type EventPlatform, startEventPlatform } from '../../support/event-platform.ts';

let platform: EventPlatform;
let by: Resending;
beforeAll(async () => {
  platform = await startEventPlatform();
  by = {
    streams: new DynamoDBStreamsClient(),
    lambda: new LambdaClient(),
    bus: createEventBus(platform.busEndpoint),
    busArn: 'arn:aws:events:eu-central-1:000000000000:event-bus/bus',
    functionName: 'publisher',
    tableName: 'users',
  };
});
afterAll(() => platform.close());
beforeEach(() => {
  platform.published.length = 0;
  platform.calls.length = 0;
  platform.answer = undefined;
});

function letter(more = {}): LetterContent {
  const entry = {
    EventBusName: by.busArn,
    Source: 'password-reset-test',
    DetailType: 'PasswordReset',
    Detail: '{"resetId":"1"}',
    Time: '2026-03-01T09:30:00.123Z',
    ...more,
  };
  return {
    kind: 'entry',
    reason: 'MalformedDetail',
    entry,
    record: { userId: 'alice', sequenceNumber: '1' },
  };
}

it('puts the event of a letter on the bus as it was', async () => {
  expect(await resend(letter(), by)).toBe('the event is on the bus');
  expect(platform.published).toEqual([
    {
      source: 'password-reset-test',
      'detail-type': 'PasswordReset',
      time: '2026-03-01T09:30:00Z',
      detail: { resetId: '1' },
    },
  ]);
});

it('does not take an event for sent that the bus refused, although the call succeeded', async () => {
  platform.answer = async () => ['ThrottlingException'];
  await expect(resend(letter(), by)).rejects.toThrow('the bus refused the event: ThrottlingException');
});

it("sends an event to the stack's present bus, also if the letter is older than that", async () => {
  const before = 'arn:aws:events:eu-central-1:000000000000:event-bus/before';
  const put = vi.spyOn(by.bus, 'put');
  expect(await resend(letter({ EventBusName: before }), by)).toBe(
    `the event is on the stack's present bus; it was for ${before}`,
  );
  expect(put).toHaveBeenCalledExactlyOnceWith([expect.objectContaining({ EventBusName: by.busArn })]);
  expect(platform.calls).toEqual([1]);
});

it.each<LetterContent>([
  { kind: 'record', reason: 'unreadable', record: { userId: 'alice', sequenceNumber: '1' } },
  { kind: 'unknown' },
])('leaves a letter of the kind $kind to people', async (content) => {
  await expect(async () => resend(content, by)).rejects.toThrow('has to be handled by hand');
});

import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAwsJsonServer, ServiceFault } from '../../../infra/local/aws-json.ts';
import { listen } from '../../../infra/local/listen.ts';
import { createLetterQueue, describeContent } from '../../../infra/operations/letters.ts';

/** The bodies of the messages in the queue that nobody has received. */
const bodies: unknown[] = [];
/** The receipts of the messages that were given back. */
const released: unknown[] = [];
const queue = createAwsJsonServer(async (operation, { ReceiptHandle }) => {
  if (operation === 'ChangeMessageVisibility') {
    if (ReceiptHandle === 'held-too-long') throw new ServiceFault(400, 'InvalidParameterValue');
    released.push(ReceiptHandle);
  }
  return {
    Messages: bodies.splice(0).map((body, i) => ({ MessageId: `m${i}`, Body: JSON.stringify(body) })),
  };
});
let client: SQSClient;
beforeAll(async () => {
  client = new SQSClient({ endpoint: await listen(queue, 0, 'PORT'), md5: false });
});
afterAll(() => queue.close());

it.each([
  { reason: 'odd', record: { sequenceNumber: 7 } },
  { reason: 'odd', record: 'odd' },
  { DDBStreamBatchInfo: { startSequenceNumber: {} } },
  { DDBStreamBatchInfo: true, requestContext: 'odd' },
  [],
  null,
  7,
])('a message %j of somebody else keeps no letter from being taken', async (odd) => {
  bodies.push({ reason: 'unreadable', record: { userId: 'alice', sequenceNumber: '9' } }, odd);
  const letters = await createLetterQueue(client, 'http://queue.example/letters').take();
  expect(letters.map(({ content }) => describeContent(content))).toContain(
    'record 9 of user "alice" (unreadable)',
  );
  expect(letters).toHaveLength(2);
});

it('a batch is described with the numbers of its records, which events that are written by hand need', async () => {
  const DDBStreamBatchInfo = { batchSize: 2, startSequenceNumber: '100', endSequenceNumber: '300' };
  bodies.push({ requestContext: { condition: 'RecordAgeExceeded' }, DDBStreamBatchInfo });
  const [letter] = await createLetterQueue(client, 'http://queue.example/letters').take();
  expect(letter && describeContent(letter.content)).toMatch(/^batch of 2 records, 100 to 300, written /);
});

it("a user's letters are taken in the order of the writes, whatever the length of their numbers", async () => {
  for (const sequenceNumber of ['300', '1000', '20'])
    bodies.push({ reason: 'unreadable', record: { userId: 'alice', sequenceNumber } });
  const letters = await createLetterQueue(client, 'http://queue.example/letters').take();
  const numbers = letters.map(({ content }) => content.kind === 'record' && content.record.sequenceNumber);
  expect(numbers).toEqual(['20', '300', '1000']);
});

it('a letter that can no longer be given back keeps no other from being given back', async () => {
  const letters = ['first', 'held-too-long', 'last'].map((receipt) => ({
    id: receipt,
    sentAt: 0,
    receipt,
    content: { kind: 'unknown' as const },
  }));
  await createLetterQueue(client, 'http://queue.example/letters').release(letters);
  expect(released).toEqual(['first', 'last']);
});

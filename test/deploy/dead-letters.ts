// `npm run dead-letters` against a deployed stage: its queue, its table's stream, its function and its bus.
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, inject, test } from 'vitest';
import { isPassedOn } from '../../infra/operations/stream-range.ts';
import type { DeployedStage } from './deployed-stage.ts';
import { runProgram } from './program.ts';

const stack = 'password-reset-dev';

const deadLettersOf = (name: string, ...args: readonly string[]) =>
  runProgram(
    ['npm', 'run', '-s', 'dead-letters', '--', '--stack', name, ...args],
    inject('emulator').environment,
  );
const deadLetters = (...args: readonly string[]) => deadLettersOf(stack, ...args);

/**
 * The tests.
 *
 * @param stage - returns the stage, once it is deployed
 * @param reset - resets a user's password
 */
export function describeDeadLetters(
  stage: () => DeployedStage,
  reset: (userId: string) => Promise<unknown>,
): void {
  describe('`npm run dead-letters`', () => {
    /** The times that the event of a user's last reset has arrived. */
    async function arrivalsOf(userId: string): Promise<number> {
      const events = await stage().receiveEvents();
      return events.filter(({ detail }) => detail.userId === userId).length;
    }

    test('sends events and batches, keeps what is left to people, and deletes only what was sent', async () => {
      for (const userId of ['batch-first', 'batch-between', 'batch-last']) await stage().putUser({ userId });
      await reset('batch-first');
      await stage().putUser({ userId: 'batch-between' });
      await reset('batch-last');
      await expect.poll(() => arrivalsOf('batch-last'), { timeout: 30_000 }).toBe(1);
      await sendLetter(stage(), await letterOfBatch(stage(), ['batch-first', 'batch-last']));
      await sendLetter(stage(), letterOfEntry(stage(), 'entry'));
      await sendLetter(stage(), { reason: 'unreadable', record: { userId: 'odd', sequenceNumber: '7' } });

      const listed = await deadLetters();
      expect(listed.code).toBe(0);
      const lines = listed.stdout.trim().split('\n');
      expect(lines).toHaveLength(4);
      expect(listed.stdout).toContain('event PasswordReset of user "entry" (MalformedDetail)');
      expect(listed.stdout).toContain('batch of 2 records');

      const sent = await deadLetters('--send');
      expect([sent.code, sent.stderr]).toEqual([
        1,
        'npm run dead-letters: 1 of 3 letters are still in the queue.\n',
      ]);
      expect(sent.stdout).toMatch(/^sent .*: records published: 2, of [3-9]\d* in the stream\.$/m);
      expect(sent.stdout).toMatch(/^sent .*: the event is on the bus\.$/m);
      expect(sent.stdout).toMatch(/^kept .*"odd" \(unreadable\): it has to be handled by hand/m);
      await expect.poll(() => arrivalsOf('batch-first'), { timeout: 30_000 }).toBe(2);
      await expect.poll(() => arrivalsOf('batch-last'), { timeout: 30_000 }).toBe(2);
      await expect.poll(() => arrivalsOf('entry'), { timeout: 30_000 }).toBe(1);

      const left = (await deadLetters()).stdout;
      expect(left).toMatch(/^\S+ {2}\S+ {2}record 7 of user "odd" \(unreadable\)\nTo send them: .*\n$/);
      const [id = ''] = left.split(' ');
      expect((await deadLetters('--delete', id)).stdout).toContain(`deleted  ${id}`);
      expect((await deadLetters()).stdout).toMatch(/^There are no letters, unless another run holds some/);
    });

    test('keeps a batch whose records are no longer in the stream', async () => {
      await stage().putUser({ userId: 'trimmed' });
      await reset('trimmed');
      const letter = await letterOfBatch(stage(), ['trimmed']);
      const startSequenceNumber = '1';
      await sendLetter(stage(), {
        ...letter,
        DDBStreamBatchInfo: { ...letter.DDBStreamBatchInfo, startSequenceNumber },
      });
      const { code, stdout } = await deadLetters('--send');
      expect([code, stdout]).toEqual([
        1,
        expect.stringMatching(/^kept .*the stream no longer has all records of the batch/),
      ]);
      const [id = ''] = (await deadLetters()).stdout.split(' ');
      expect((await deadLetters('--delete', id)).code).toBe(0);
    });

    test('refuses a stack of another project, and a letter that is not there', async () => {
      expect((await deadLettersOf('CDKToolkit')).stderr).toContain(
        'the stack "CDKToolkit" has no output DeadLetterQueue',
      );
      const { code, stderr } = await deadLetters('--delete', 'none');
      expect([code, stderr]).toEqual([1, expect.stringContaining('there is no letter none')]);
    });
  });
}

async function sendLetter({ deployment }: DeployedStage, letter: object): Promise<void> {
  const QueueUrl = deployment.outputs.DeadLetterQueue;
  const client = new SQSClient({ endpoint: inject('emulator').endpoint });
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(letter) }));
}

function letterOfEntry({ deployment }: DeployedStage, userId: string) {
  const entry = {
    EventBusName: deployment.outputs.EventBusArn,
    Source: stack,
    DetailType: 'PasswordReset',
    Detail: JSON.stringify({ version: 1, userId }),
    Time: '2026-03-01T09:30:00.123Z',
  };
  return { reason: 'MalformedDetail', record: { userId, sequenceNumber: '8' }, entry };
}

/** As Lambda writes it, for a batch from the first to the last reset of these users. */
async function letterOfBatch({ deployment }: DeployedStage, userIds: readonly string[]) {
  const { TableName, EventsFunctionName } = deployment.outputs;
  const { endpoint } = inject('emulator');
  const { Table } = await new DynamoDBClient({ endpoint }).send(new DescribeTableCommand({ TableName }));
  const streamArn = String(Table?.LatestStreamArn);
  const streams = new DynamoDBStreamsClient({ endpoint });
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn: streamArn }));
  const shardId = String(StreamDescription?.Shards?.[0]?.ShardId);
  const { ShardIterator } = await streams.send(
    new GetShardIteratorCommand({
      StreamArn: streamArn,
      ShardId: shardId,
      ShardIteratorType: 'TRIM_HORIZON',
    }),
  );
  const { Records = [] } = await streams.send(new GetRecordsCommand({ ShardIterator }));
  const sequences = Records.filter(
    (record) => isPassedOn(record) && userIds.includes(record.dynamodb?.NewImage?.userId?.S ?? ''),
  ).map((record) => String(record.dynamodb?.SequenceNumber));
  return {
    requestContext: {
      requestId: '5f4d1b6e-0c55-4f0e-9a57-2f0d4a0b7c11',
      functionArn: `arn:aws:lambda:eu-central-1:000000000000:function:${EventsFunctionName}:$LATEST`,
      condition: 'RetryAttemptsExhausted',
      approximateInvokeCount: 101,
    },
    version: '1.0',
    timestamp: '2026-03-01T09:30:00.123Z',
    DDBStreamBatchInfo: {
      shardId,
      startSequenceNumber: String(sequences[0]),
      endSequenceNumber: String(sequences.at(-1)),
      approximateArrivalOfFirstRecord: '2026-03-01T09:29:00Z',
      approximateArrivalOfLastRecord: '2026-03-01T09:29:30Z',
      batchSize: sequences.length,
      streamArn,
    },
  };
}

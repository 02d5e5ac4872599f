// `npm run dead-letters`: lists the letters in the dead-letter queue, and sends what they stand for.
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { createEventBus } from '../../lambda/publisher/event-bus.ts';
import { clientOptions } from '../../lambda/shared/aws-client.ts';
import { createQueueClient } from '../../lambda/shared/queue-client.ts';
import { readOptions } from '../command-line/command-options.ts';
import { createProgram, Interruption, type Output } from '../command-line/program.ts';
import { runProgram } from '../command-line/run-program.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { printable } from '../shared/foreign-text.ts';
import { callLimits, callOptions } from './call-options.ts';
import { createLetterQueue, describeContent, type Letter, type LetterQueue } from './letters.ts';
import { groupForSending, type Resending, resend } from './resending.ts';
import { requireOutputs } from './stack-outputs.ts';

const help = `Lists the letters in the dead-letter queue: events that could not be published.

npm run dead-letters -- --stack <name>
    lists them, and changes nothing.
npm run dead-letters -- --stack <name> --send
    sends each event to the bus, has each batch published again from the stream, and deletes the letters of which
    everything was sent. Sending twice does no harm: consumers remove duplicates.
npm run dead-letters -- --stack <name> --delete <id>
    deletes one letter that was handled by hand.

--stack   name of the stack, such as password-reset-prod.

Required permissions: DescribeStacks of CloudFormation; ReceiveMessage, ChangeMessageVisibility and DeleteMessage on the
queue; to send, PutEvents on the bus, GetShardIterator and GetRecords on the table's stream (and kms:Decrypt with the
table's key), and InvokeFunction on the publishing function. Do not run it twice at the same time: a letter that one run
holds is hidden from the other. A run gives its letters back when it ends, also after Ctrl-C; they stay hidden for a
quarter of an hour if it is killed.`;

/** After a run that was killed, the queue is not empty though nothing can be taken. */
const noLetters =
  'There are no letters, unless another run holds some. A run that was killed holds them for a quarter of an hour.';

export const deadLetters = createProgram(
  { name: 'npm run dead-letters', help },
  async (args, _env, { print }, signal) => {
    const options = readOptions(args, {
      stack: { type: 'string' },
      send: { type: 'boolean' },
      delete: { type: 'string' },
    });
    if (!options.stack) throw new UsageError('--stack is missing: pass the name of the stack.');
    if (options.send && options.delete !== undefined)
      throw new UsageError('pass --send or --delete, not both.');
    const outputs = await requireOutputs(options.stack, outputNames, signal);
    const queue = createLetterQueue(createQueueClient(callLimits), outputs.DeadLetterQueue);
    try {
      if (options.send) await sendAll(queue, createResending(outputs), print, signal);
      else if (options.delete !== undefined) await deleteOne(queue, options.delete, print, signal);
      else await list(queue, options.stack, print, signal);
    } catch (error) {
      if (error instanceof Interruption)
        error.message += '; every letter that was not sent is back in the queue.';
      throw error;
    } finally {
      await queue.release();
    }
  },
);

const outputNames = ['DeadLetterQueue', 'EventBusArn', 'EventsFunctionName', 'TableName'] as const;

type Outputs = Readonly<Record<'EventBusArn' | 'EventsFunctionName' | 'TableName', string>>;

function createResending({ EventBusArn, EventsFunctionName, TableName }: Outputs): Resending {
  return {
    streams: new DynamoDBStreamsClient(callOptions),
    // The function may take 60 seconds, and an invocation that is repeated publishes twice.
    lambda: new LambdaClient(clientOptions({ attempts: 1, connecting: 3_000, answering: 70_000 })),
    bus: createEventBus(),
    busArn: EventBusArn,
    functionName: EventsFunctionName,
    tableName: TableName,
  };
}

async function list(queue: LetterQueue, stack: string, print: Output['print'], signal: AbortSignal) {
  let listed = 0;
  for await (const { id, sentAt, content } of takeAll(queue, signal)) {
    await print(`${id}  ${new Date(sentAt).toISOString()}  ${describeContent(content)}`);
    listed += 1;
  }
  await print(listed === 0 ? noLetters : `To send them: npm run dead-letters -- --stack ${stack} --send`);
}

/** Takes letters until there are no more, or the loop over them ends. */
async function* takeAll(queue: LetterQueue, signal: AbortSignal): AsyncGenerator<Letter> {
  for (;;) {
    const portion = await queue.take(signal);
    for (const letter of portion) {
      signal.throwIfAborted();
      yield letter;
    }
    signal.throwIfAborted();
    if (portion.length === 0) return;
  }
}

async function sendAll(queue: LetterQueue, by: Resending, print: Output['print'], signal: AbortSignal) {
  let [taken, kept] = [0, 0];
  for (let portion = await queue.take(signal); portion.length > 0; portion = await queue.take(signal)) {
    taken += portion.length;
    for (const group of groupForSending(portion)) {
      signal.throwIfAborted();
      kept += await sendGroup(group, queue, by, print, signal);
    }
  }
  signal.throwIfAborted();
  if (taken === 0) await print(noLetters);
  if (kept > 0) throw new UsageError(`${kept} of ${taken} letters are still in the queue.`);
}

/** Sends letters, deletes those that were sent completely, and returns the number of the others. */
async function sendGroup(
  group: readonly Letter[],
  queue: LetterQueue,
  by: Resending,
  print: Output['print'],
  signal: AbortSignal,
): Promise<number> {
  const outcomes = await resend(
    group.map(({ content }) => content),
    by,
    signal,
  );
  const left = await queue.delete(group.filter((_letter, i) => outcomes[i] && 'sent' in outcomes[i]));
  const lines = group.map((letter, i) => {
    const outcome = outcomes[i] ?? { kept: 'nothing was sent' };
    const what = `${letter.id}  ${describeContent(letter.content)}`;
    if ('kept' in outcome) return `kept  ${what}: ${outcome.kept.replace(/\.$/, '')}.`;
    return left.includes(letter)
      ? `kept  ${what}: ${outcome.sent}, but the letter could not be deleted.`
      : `sent  ${what}: ${outcome.sent}.`;
  });
  await print(lines.map((line) => printable(line, 1_000)).join('\n'));
  return lines.filter((line) => line.startsWith('kept')).length;
}

async function deleteOne(queue: LetterQueue, id: string, print: Output['print'], signal: AbortSignal) {
  for await (const letter of takeAll(queue, signal)) {
    if (letter.id !== id) continue;
    const [left] = await queue.delete([letter]);
    if (left) throw new UsageError(`the letter ${id} could not be deleted: repeat the command.`);
    await print(`deleted  ${letter.id}  ${describeContent(letter.content)}`);
    return;
  }
  throw new UsageError(`there is no letter ${id}: run the command without --delete to see them.`);
}

if (import.meta.main) await runProgram(deadLetters);

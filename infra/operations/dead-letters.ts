// `npm run dead-letters`: lists the letters in the dead-letter queue, and sends what they stand for.
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createEventBus } from '../../lambda/publisher/event-bus.ts';
import { clientOptions } from '../../lambda/shared/aws-client.ts';
import { readOptions } from '../command-line/command-options.ts';
import { runProgram } from '../command-line/run-program.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { callOptions } from './call-options.ts';
import { createLetterQueue, describeContent, type Letter, type LetterQueue } from './letters.ts';
import { type Resending, resend } from './resending.ts';
import { readOutputs } from './stack-outputs.ts';

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
holds is hidden from the other for a quarter of an hour.`;

/** After a run that was ended halfway, the queue is not empty though nothing can be taken. */
const noLetters =
  'There are no letters but those that another run may have taken in the last quarter of an hour.';

await runProgram('npm run dead-letters', main, help);

async function main() {
  const options = readOptions({
    stack: { type: 'string' },
    send: { type: 'boolean' },
    delete: { type: 'string' },
  });
  if (!options.stack) throw new UsageError('--stack is missing: pass the name of the stack.');
  if (options.send && options.delete !== undefined)
    throw new UsageError('--send and --delete exclude each other.');
  const outputs = await readOutputs(options.stack, [
    'DeadLetterQueue',
    'EventBusArn',
    'EventsFunctionName',
    'TableName',
  ]);
  const queue = createLetterQueue(new SQSClient(callOptions), outputs.DeadLetterQueue);
  const letters = await queue.take();
  const isDone = new Set<Letter>();
  try {
    if (options.send) await sendAll(letters, queue, isDone, createResending(outputs));
    else if (options.delete !== undefined) await deleteOne(letters, queue, isDone, options.delete);
    else list(letters, options.stack);
  } finally {
    await queue.release(letters.filter((letter) => !isDone.has(letter)));
  }
  const left = letters.length - isDone.size;
  if (options.send && left > 0)
    throw new UsageError(`${left} of ${letters.length} letters are still in the queue.`);
}

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

function list(letters: readonly Letter[], stack: string): void {
  for (const { id, sentAt, content } of letters)
    print(`${id}  ${new Date(sentAt).toISOString()}  ${describeContent(content)}`);
  if (letters.length === 0) print(noLetters);
  else print(`To send them: npm run dead-letters -- --stack ${stack} --send`);
}

async function sendAll(
  letters: readonly Letter[],
  queue: LetterQueue,
  isDone: Set<Letter>,
  by: Resending,
): Promise<void> {
  for (const letter of letters) {
    const what = `${letter.id}  ${describeContent(letter.content)}`;
    try {
      const result = await resend(letter.content, by);
      await queue.delete(letter);
      isDone.add(letter);
      print(`sent  ${what}: ${result}.`);
    } catch (error) {
      print(`kept  ${what}: ${(error as Error).message}.`);
    }
  }
  if (letters.length === 0) print(noLetters);
}

async function deleteOne(
  letters: readonly Letter[],
  queue: LetterQueue,
  isDone: Set<Letter>,
  id: string,
): Promise<void> {
  const letter = letters.find((one) => one.id === id);
  if (!letter)
    throw new UsageError(`there is no letter ${id}: run the command without --delete to see them.`);
  await queue.delete(letter);
  isDone.add(letter);
  print(`deleted  ${letter.id}  ${describeContent(letter.content)}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

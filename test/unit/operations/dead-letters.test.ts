// `npm run dead-letters` in this process, against a stack, a queue and a bus of ours.
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Interruption, type Output } from '../../../infra/command-line/program.ts';
import { listen } from '../../../infra/local/listen.ts';
import { deadLetters } from '../../../infra/operations/dead-letters.ts';
import { type EventPlatform, startEventPlatform } from '../../support/event-platform.ts';
import { runInProcess } from '../../support/run-program.ts';
import { type QueueServer, startQueueServer } from './queue-server.ts';

const busArn = 'arn:aws:events:eu-central-1:000000000000:event-bus/bus';
let queue: QueueServer;
let platform: EventPlatform;
let stack: Server;
beforeEach(async () => {
  queue = await startQueueServer();
  platform = await startEventPlatform();
  stack = createStack({
    DeadLetterQueue: 'https://sqs.eu-central-1.amazonaws.com/000000000000/dead-letters',
    EventBusArn: busArn,
    EventsFunctionName: 'publisher',
    TableName: 'users',
  });
  vi.stubEnv('AWS_ENDPOINT_URL_CLOUDFORMATION', await listen(stack, 0, 'PORT'));
  // The queue's URL has a host of AWS, which must not be called.
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', queue.endpoint);
  vi.stubEnv('AWS_ENDPOINT_URL_EVENTBRIDGE', platform.busEndpoint);
});
afterEach(() => {
  queue.close();
  platform.close();
  stack.close();
  stack.closeAllConnections();
});

/** CloudFormation, with one stack. */
function createStack(outputs: Readonly<Record<string, string>>): Server {
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  const stack = `<StackName>dev</StackName><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>${members.join('')}</Outputs>`;
  return createServer((_request, response) =>
    response.end(
      `<DescribeStacksResponse><DescribeStacksResult><Stacks><member>${stack}</member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
    ),
  );
}

const eventLetter = (userId: string) => ({
  reason: 'MalformedDetail',
  record: { userId, sequenceNumber: '8' },
  entry: {
    EventBusName: busArn,
    Source: 'dev',
    DetailType: 'PasswordReset',
    Detail: JSON.stringify({ userId }),
    Time: '2026-03-01T09:30:00.123Z',
  },
});
const handLetter = { reason: 'unreadable', record: { userId: 'odd', sequenceNumber: '9' } };

const run = (...args: readonly string[]) => runInProcess(deadLetters, ['--stack', 'dev', ...args]);

/** Runs it with an output that does something at its first line. */
async function runWith(args: readonly string[], onLine: (controller: AbortController) => void) {
  const controller = new AbortController();
  const lines: string[] = [];
  const write = async (line: string) => {
    lines.push(line);
    if (lines.length === 1) onLine(controller);
    return true;
  };
  const output: Output = { print: write, warn: write };
  const code = await deadLetters(['--stack', 'dev', ...args], {}, output, controller.signal);
  return { code, lines };
}

it('lists the letters, and gives them back at once', async () => {
  queue.fill([handLetter, eventLetter('alice')]);
  const { code, stdout } = await run();
  expect(code).toBe(0);
  expect(stdout.trim().split('\n')).toEqual([
    `${queue.stored[1]?.id}  2026-01-01T00:00:00.000Z  event PasswordReset of user "alice" (MalformedDetail)`,
    `${queue.stored[0]?.id}  2026-01-01T00:00:00.000Z  record 9 of user "odd" (unreadable)`,
    'To send them: npm run dead-letters -- --stack dev --send',
  ]);
  expect(queue.visible()).toEqual([handLetter, eventLetter('alice')]);
});

it.each([[[]], [['--send']]])('says that there are none, with %j', async (args) => {
  expect(await run(...args)).toEqual({
    code: 0,
    stdout:
      'There are no letters, unless another run holds some. A run that was killed holds them for a quarter of an hour.\n',
    stderr: '',
  });
});

it('sends events, ten in a call, deletes what was sent, and gives back what was not', async () => {
  const users = Array.from({ length: 12 }, (_, i) => `user-${i}`);
  const refused = eventLetter('refused');
  platform.answer = async (events) =>
    events.map(({ detail }) => (detail.userId === 'refused' ? 'MalformedDetail' : undefined));
  queue.fill([...users.map((user) => eventLetter(user)), refused, handLetter]);
  const { code, stdout, stderr } = await run('--send');
  expect([code, stderr]).toEqual([1, 'npm run dead-letters: 2 of 14 letters are still in the queue.\n']);
  expect(platform.published.map(({ detail }) => detail.userId)).toEqual(users);
  expect(platform.calls).toEqual([10, 3]);
  expect(stdout.match(/^sent .*: the event is on the bus\.$/gm)).toHaveLength(12);
  expect(stdout).toMatch(/^kept .*user "refused" .*: the bus refused the event: MalformedDetail\.$/m);
  expect(stdout).toMatch(/^kept .*"odd" \(unreadable\): it has to be handled by hand: .*[^.]\.$/m);
  expect(queue.visible()).toEqual([refused, handLetter]);
});

it('sends the others if the queue has messages that only look like letters', async () => {
  const { entry, ...rest } = eventLetter('odd');
  const batch = {
    streamArn: 'a',
    shardId: 's',
    startSequenceNumber: '1',
    endSequenceNumber: '1',
    batchSize: 1,
  };
  const odd = [
    { reason: 'r', record: { userId: 'u' }, entry: { DetailType: 'D' } },
    ...Object.keys(entry).map((name) => ({ ...rest, entry: { ...entry, [name]: 5 } })),
    { ...rest, entry: { ...entry, Time: 'soon' } },
    { ...rest, entry: 'odd' },
    { reason: { toString: 1 }, record: {} },
    { reason: 'r', record: null },
    { reason: 'r', record: 'odd' },
    ...['userId', 'sequenceNumber'].map((name) => ({ ...handLetter, record: { [name]: { toString: 1 } } })),
    ...[...Object.keys(batch), 'approximateArrivalOfLastRecord'].map((name) => ({
      DDBStreamBatchInfo: { ...batch, [name]: { toString: 1 } },
    })),
    { DDBStreamBatchInfo: batch, requestContext: { condition: { toString: 1 } } },
    { DDBStreamBatchInfo: batch, requestContext: { functionArn: 5 } },
  ];
  const more = eventLetter('more');
  queue.fill([
    eventLetter('alice'),
    ...odd,
    { ...more, entry: { ...more.entry, Resources: 5, TraceHeader: {} } },
    eventLetter('bob'),
  ]);
  const listed = (await run()).stdout.match(/^.*not a letter of this service$/gm);
  expect(listed).toHaveLength(odd.length);
  const { code, stdout } = await run('--send');
  expect(code).toBe(1);
  expect(platform.published.map(({ detail }) => detail.userId).sort()).toEqual(['alice', 'bob', 'more']);
  expect(stdout.match(/^kept .*not a letter of this service: it has to be handled by hand/gm)).toHaveLength(
    odd.length,
  );
  expect(queue.visible()).toEqual(odd);
});

it('prints nothing that could control the terminal or fake a line', async () => {
  const text = '\u001b[2J\u009b1A\u202e\u2028\nsent  all of them';
  const { entry, ...rest } = eventLetter(text);
  const letters = [
    { ...rest, reason: text, entry: { ...entry, DetailType: text, EventBusName: text } },
    { reason: text, record: { userId: text, sequenceNumber: text } },
    {
      requestContext: { condition: text, functionArn: text },
      DDBStreamBatchInfo: {
        ...{ streamArn: text, shardId: text, batchSize: 1, approximateArrivalOfFirstRecord: text },
        ...{ startSequenceNumber: text, endSequenceNumber: text, approximateArrivalOfLastRecord: text },
      },
    },
  ];
  queue.fill(letters);
  for (const args of [[], ['--send'], ['--delete', String(queue.stored[2]?.id)]]) {
    const { stdout } = await run(...args);
    expect(stdout).not.toMatch(/^sent {2}all|(?!\n)[\p{C}\u2028]/mu);
    expect(stdout).toContain('sent  all of them');
  }
});

it('sends all letters, a hundred at a time', async () => {
  queue.fill(Array.from({ length: 103 }, (_, i) => eventLetter(`user-${i}`)));
  expect(await run('--send')).toMatchObject({ code: 0, stderr: '' });
  expect(platform.published).toHaveLength(103);
  expect(queue.stored).toEqual([]);
  // The first were sent and deleted before the last were taken.
  const operations = queue.calls.map(([operation]) => operation);
  expect(operations.indexOf('DeleteMessageBatch')).toBe(10);
});

it('keeps a letter whose event was sent, if it cannot be deleted', async () => {
  queue.fill([eventLetter('alice')]);
  queue.refuse = (operation) => operation === 'DeleteMessageBatch';
  const { code, stdout } = await run('--send');
  expect([code, stdout]).toEqual([
    1,
    expect.stringMatching(/^kept .*: the event is on the bus, but the letter could not be deleted\.\n$/),
  ]);
  expect(queue.visible()).toEqual([eventLetter('alice')]);
});

it('deletes one letter, and gives back the others', async () => {
  queue.fill([handLetter, eventLetter('alice')]);
  const id = String(queue.stored[0]?.id);
  expect(await run('--delete', id)).toEqual({
    code: 0,
    stdout: `deleted  ${id}  record 9 of user "odd" (unreadable)\n`,
    stderr: '',
  });
  expect(queue.visible()).toEqual([eventLetter('alice')]);
  expect(await run('--delete', id)).toMatchObject({
    code: 1,
    stderr: `npm run dead-letters: there is no letter ${id}: run the command without --delete to see them.\n`,
  });
  queue.refuse = (operation) => operation === 'DeleteMessageBatch';
  const left = String(queue.stored[0]?.id);
  expect((await run('--delete', left)).stderr).toBe(
    `npm run dead-letters: the letter ${left} could not be deleted: repeat the command.\n`,
  );
  expect(queue.visible()).toEqual([eventLetter('alice')]);
});

describe('hides no letter', () => {
  const letters = [eventLetter('a'), handLetter, ...Array.from({ length: 11 }, () => eventLetter('b'))];

  it.each([
    ['its reader goes away', 'output closed', 1, 'its output was closed'],
    ['it gets Ctrl-C', 'SIGINT', 130, 'interrupted by SIGINT'],
  ] as const)('when %s while it lists', async (_how, reason, code, why) => {
    queue.fill(letters);
    const result = await runWith([], (controller) => controller.abort(new Interruption(reason)));
    expect(result.code).toBe(code);
    expect(result.lines.slice(1)).toEqual([
      `npm run dead-letters: ${why}; every letter that was not sent is back in the queue.`,
    ]);
    expect(queue.visible()).toEqual(letters);
  });

  it('when it is interrupted while it sends', async () => {
    queue.fill(letters);
    const result = await runWith(['--send'], (controller) => controller.abort(new Interruption('SIGTERM')));
    expect(result.code).toBe(143);
    expect(platform.published).toHaveLength(10);
    expect(queue.visible()).toHaveLength(letters.length - 10);
    expect(queue.stored).toHaveLength(letters.length - 10);
  });

  it('when it is interrupted while it takes', async () => {
    queue.fill(letters);
    const controller = new AbortController();
    queue.refuse = (operation) => {
      if (operation === 'ReceiveMessage') controller.abort(new Interruption('SIGINT'));
      return false;
    };
    for (const args of [[], ['--send'], ['--delete', 'x']]) {
      const write = async () => true;
      const code = await deadLetters(
        ['--stack', 'dev', ...args],
        {},
        { print: write, warn: write },
        controller.signal,
      );
      expect(code).toBe(130);
    }
    expect(platform.published).toEqual([]);
    expect(queue.visible()).toEqual(letters);
  });

  it('when the queue refuses the next taking', async () => {
    queue.fill(letters);
    queue.refuse = (operation) => operation === 'ReceiveMessage' && queue.calls.length === 1;
    const { code, stderr } = await run('--send');
    expect([code, stderr]).toEqual([1, expect.stringContaining('these credentials may not do this')]);
    expect(queue.visible()).toEqual(letters);
  });
});

it.each([
  [[], '--stack is missing: pass the name of the stack.'],
  [['--stack', 'dev', '--send', '--delete', 'x'], 'pass --send or --delete, not both.'],
  [['--stack', 'dev', '--sned'], 'There is no option --sned: did you mean --send? --help lists the options.'],
])('refuses the options %j', async (args, message) => {
  expect(await runInProcess(deadLetters, args)).toEqual({
    code: 1,
    stdout: '',
    stderr: `npm run dead-letters: ${message}\n`,
  });
});

it('refuses a stack that lacks outputs, and names them', async () => {
  const other = createStack({ TableName: 'users', DeadLetterQueue: '' });
  vi.stubEnv('AWS_ENDPOINT_URL_CLOUDFORMATION', await listen(other, 0, 'PORT'));
  expect((await run()).stderr).toContain(
    'the stack "dev" has no output DeadLetterQueue, EventBusArn, EventsFunctionName: pass a deployed stack',
  );
  other.closeAllConnections();
  other.close();
});

// What the SDK really does with our limits, over real sockets: how often it calls, and how long it pauses in between.
import { createServer, type ServerResponse } from 'node:http';
import { Agent } from 'node:https';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { listen } from '../../../infra/local/listen.ts';
import { type CallLimits, clientOptions } from '../../../lambda/shared/aws-client.ts';

const server = createServer((request, response) => {
  arrivals.push(performance.now());
  request.resume().on('end', () => respond(response));
});
let endpoint: string;
let client: DynamoDBClient;
/** When each call arrived, in milliseconds. */
let arrivals: number[];
let respond: (response: ServerResponse) => unknown;

beforeAll(async () => {
  endpoint = await listen(server, 0, 'PORT');
  client = createClient({ attempts: 3, connecting: 10_000, answering: 10_000 });
});
afterAll(() => {
  client.destroy();
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  arrivals = [];
});

const createClient = (limits: CallLimits) => new DynamoDBClient({ endpoint, ...clientOptions(limits) });

const answering = (status: number, __type: string) => (response: ServerResponse) => {
  response.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify({ __type, message: __type }));
};
const losing = (response: ServerResponse) => response.socket?.destroy();

/** Sends a write; resolves to the name of the error, if there is one, and what the SDK tells about its attempts. */
async function write(by = client): Promise<{ name?: string; attempts?: number; totalRetryDelay?: number }> {
  const command = new UpdateItemCommand({ TableName: 'users', Key: { userId: { S: 'alice' } } });
  try {
    return (await by.send(command)).$metadata;
  } catch (error) {
    const { name, code, $metadata } = error as Error & { code?: string; $metadata: object };
    return { name: code ?? name, ...$metadata };
  }
}

const temporary: [string, (response: ServerResponse) => unknown][] = [
  ['ThrottlingException', answering(400, 'ThrottlingException')],
  ['ProvisionedThroughputExceededException', answering(400, 'ProvisionedThroughputExceededException')],
  ['TransactionInProgressException', answering(400, 'TransactionInProgressException')],
  ['TransactionConflictException', answering(400, 'TransactionConflictException')],
  ['ReplicatedWriteConflictException', answering(400, 'ReplicatedWriteConflictException')],
  ['InternalServerError', answering(500, 'InternalServerError')],
  ['ECONNRESET', losing],
];

describe('a call that fails for the moment', () => {
  it.each(temporary)(
    'is tried three times, with pauses of up to 100 and 200 ms: %s',
    async (name, answer) => {
      respond = answer;
      vi.spyOn(Math, 'random').mockReturnValue(1 - Number.EPSILON);
      expect(await write()).toMatchObject({ name, attempts: 3, totalRetryDelay: 99 + 199 });
      const [first = 0, second = 0, third = 0, ...more] = arrivals;
      // A timer may fire a millisecond early.
      expect([second - first >= 98, third - second >= 198, more]).toEqual([true, true, []]);
    },
  );

  it('is tried three times, however many have failed before', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    for (let call = 1; call <= 100; call++) {
      respond = temporary[call % temporary.length]?.[1] ?? losing;
      await write();
      expect(arrivals).toHaveLength(3 * call);
    }
  });

  it('succeeds at a later attempt', async () => {
    respond = (response) => (arrivals.length < 3 ? losing(response) : answering(200, '')(response));
    expect(await write()).toMatchObject({ httpStatusCode: 200, attempts: 3 });
  });
});

it('an attempt that is not answered in time fails', async () => {
  respond = () => {};
  const hasty = createClient({ attempts: 1, connecting: 10_000, answering: 100 });
  expect(await write(hasty)).toMatchObject({ name: 'ETIMEDOUT' });
  hasty.destroy();
});

it('calls go through the agent that is given', () => {
  const agent = new Agent();
  expect(clientOptions({ attempts: 1, connecting: 1, answering: 1, agent }).requestHandler.httpsAgent).toBe(
    agent,
  );
});

it.each(['ConditionalCheckFailedException', 'AccessDeniedException', 'ValidationException'])(
  'a call that would fail again is made once: %s',
  async (name) => {
    respond = answering(400, name);
    expect(await write()).toMatchObject({ name, attempts: 1, totalRetryDelay: 0 });
    expect(arrivals).toHaveLength(1);
  },
);

// What is sent to EventBridge and SQS, and how their answers are read: the real clients against local HTTP servers.
import dns from 'node:dns';
import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AwsJsonServer, ServiceFault, startAwsJsonServer } from '../../../infra/local/aws-json.ts';
import { listen } from '../../../infra/local/listen.ts';
import { createDeadLetterQueue } from '../../../lambda/publisher/dead-letter-queue.ts';
import { createEventBus } from '../../../lambda/publisher/event-bus.ts';
import { acceptMessage, queueUrl } from '../../support/event-platform.ts';
import { sendInterimResponses } from '../../support/keep-busy.ts';
import { within } from '../../support/within.ts';

/** The operation and the input of each call. */
let calls: [string, Record<string, unknown>][];
let answer: () => Promise<unknown>;
let server: AwsJsonServer;
beforeEach(async () => {
  calls = [];
  server = await startAwsJsonServer((...call) => {
    calls.push(call);
    return answer();
  });
});
afterEach(() => server.stop());

const entry = {
  EventBusName: 'platform',
  Source: 'password-reset',
  DetailType: 'PasswordReset',
  Detail: '{"version":1}',
  Time: new Date(1_700_000_000_000),
};

const letter = { reason: 'unreadable', record: { userId: 'alice', sequenceNumber: '1' } };

describe('the event bus', () => {
  it('receives events unchanged', async () => {
    answer = async () => ({ Entries: [{ EventId: '1' }, { EventId: '2' }] });
    const other = { ...entry, Detail: '{}' };
    expect(await createEventBus(server.endpoint).put([entry, other])).toEqual([undefined, undefined]);
    const Time = 1_700_000_000;
    expect(calls).toEqual([
      [
        'PutEvents',
        {
          Entries: [
            { ...entry, Time },
            { ...other, Time },
          ],
        },
      ],
    ]);
  });

  it("is found by the SDK's own endpoint settings unless an endpoint is given", async () => {
    answer = async () => ({ Entries: [{ EventId: '1' }] });
    vi.stubEnv('AWS_ENDPOINT_URL_EVENTBRIDGE', server.endpoint);
    expect(await createEventBus().put([entry])).toEqual([undefined]);
    vi.unstubAllEnvs();
    expect(calls).toHaveLength(1);
  });

  it.each([
    [{ EventId: '1' }, undefined],
    [{ EventId: '1', ErrorCode: '' }, undefined],
    [{ ErrorCode: 'InvalidArgument' }, { code: 'InvalidArgument', isPermanent: true, isOfCall: false }],
    [{ ErrorCode: 'MalformedDetail' }, { code: 'MalformedDetail', isPermanent: true, isOfCall: false }],
    [
      { ErrorCode: 'ThrottlingException' },
      { code: 'ThrottlingException', isPermanent: false, isOfCall: false },
    ],
    [
      { EventId: '1', ErrorCode: 'InternalFailure' },
      { code: 'InternalFailure', isPermanent: false, isOfCall: false },
    ],
    [{ EventId: '' }, { code: 'NoAnswer', isPermanent: false, isOfCall: false }],
    [{}, { code: 'NoAnswer', isPermanent: false, isOfCall: false }],
  ])('that answers %j for an event: its refusal is %j', async (result, refusal) => {
    answer = async () => ({ Entries: [{ EventId: '0' }, result] });
    expect(await createEventBus(server.endpoint).put([entry, entry])).toEqual([undefined, refusal]);
  });

  it.each([
    [{ Entries: [{ EventId: '1' }] }, [undefined, 'NoAnswer']],
    [{ Entries: [] }, ['NoAnswer', 'NoAnswer']],
    [{}, ['NoAnswer', 'NoAnswer']],
  ])('that answers %j has refused each event that has no entry in the answer', async (output, codes) => {
    answer = async () => output;
    const refusals = await createEventBus(server.endpoint).put([entry, entry]);
    expect(refusals.map((refusal) => refusal?.code)).toEqual(codes);
  });

  it.each<[number, string, boolean]>([
    [400, 'ValidationException', true],
    [413, 'RequestEntityTooLargeException', true],
    [400, 'ThrottlingException', false],
    [403, 'AccessDeniedException', false],
    [500, 'InternalException', false],
  ])('that answers one event with %d %s refuses it, permanently: %j', async (status, code, isPermanent) => {
    answer = async () => {
      throw new ServiceFault(status, code);
    };
    const bus = createEventBus(server.endpoint);
    const isOfCall = !isPermanent;
    expect(await bus.put([entry])).toEqual([{ code, isPermanent, isOfCall }]);
    // Of several events, the answer does not say which one was refused.
    expect(await bus.put([entry, entry])).toEqual(Array(2).fill({ code, isPermanent: false, isOfCall }));
    expect(calls).toHaveLength(2);
  });

  it('that cannot be reached counts as refusing every event', async () => {
    server.stop();
    expect(await createEventBus(server.endpoint).put([entry, entry])).toEqual(
      Array(2).fill({ code: 'ECONNREFUSED', isPermanent: false, isOfCall: true }),
    );
  });

  it('that cannot be called counts as refusing every event', async () => {
    expect(await createEventBus('nowhere').put([entry])).toEqual([
      { code: 'ERR_INVALID_URL', isPermanent: false, isOfCall: true },
    ]);
  });
});

describe('without an endpoint of their own', () => {
  /** The host names that are looked up; every lookup fails. */
  const hosts: string[] = [];
  beforeEach(() => {
    hosts.length = 0;
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    vi.spyOn(dns, 'lookup').mockImplementation(((host: string, ...rest: unknown[]) => {
      hosts.push(host);
      (rest.at(-1) as (error: Error) => void)(new Error('nowhere'));
    }) as never);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  it.each([
    ['false', 'events.eu-central-1.amazonaws.com', 'sqs.eu-central-1.amazonaws.com'],
    ['true', 'events-fips.eu-central-1.amazonaws.com', 'sqs-fips.eu-central-1.amazonaws.com'],
  ])('bus and queue follow AWS_USE_FIPS_ENDPOINT=%s', async (value, busHost, queueHost) => {
    vi.stubEnv('AWS_USE_FIPS_ENDPOINT', value);
    await createEventBus().put([entry]);
    expect(hosts).toEqual([busHost]);
    await expect(createDeadLetterQueue(queueUrl)(letter)).rejects.toThrow('nowhere');
    expect(new Set(hosts)).toEqual(new Set([busHost, queueHost]));
  });
});

describe.concurrent('a service without a complete answer', () => {
  /** Starts a server that answers its first call with `respond`, and each later call as SQS does. */
  async function startServer(respond: (response: ServerResponse) => unknown) {
    const inputs: unknown[] = [];
    const server = createServer(async (request, response) => {
      const input = JSON.parse(await text(request));
      inputs.push(input);
      if (inputs.length === 1) respond(response);
      else response.end(JSON.stringify(acceptMessage(input.MessageBody)));
    });
    const stop = () => {
      server.close();
      server.closeAllConnections();
    };
    return { inputs, url: await listen(server, 0, 'PORT'), stop };
  }

  it.each<[string, string, (response: ServerResponse) => unknown]>([
    ['never answers', 'ETIMEDOUT', () => undefined],
    ['never ends its answer', 'TimeoutError', (response) => response.write('{"Entries":')],
    ['keeps sending interim responses', 'ETIMEDOUT', sendInterimResponses],
  ])('times out if it %s; the bus is not called again then', async (_what, code, respond) => {
    const { inputs, url, stop } = await startServer(respond);
    expect(await createEventBus(url).put([entry])).toEqual([{ code, isPermanent: false, isOfCall: true }]);
    expect(inputs).toHaveLength(1);
    stop();
  });

  /** Sends a byte of an answer now and then, so that the socket's idle time-out never fires. */
  function trickle(response: ServerResponse): void {
    const timer = setInterval(() => response.write(' '), 200);
    trickling++;
    response.on('close', () => {
      trickling--;
      clearInterval(timer);
    });
  }
  let trickling = 0;

  it('times out within four seconds, the pause before the call included, if its answer trickles', async () => {
    const { inputs, url, stop } = await startServer(trickle);
    const longest = 4_000 - 800;
    const { url: queueEndpoint, stop: stopQueue } = await startServer(trickle);
    const putting = within(longest, createEventBus(url).put([entry]));
    const sending = within(longest, createDeadLetterQueue(queueUrl, queueEndpoint)(letter));
    const [put, sent] = await Promise.allSettled([putting, sending]);
    expect(put).toMatchObject({ value: [{ code: 'OUT_OF_TIME', isPermanent: false }] });
    expect(sent).toMatchObject({ reason: { code: 'OUT_OF_TIME' } });
    // Both answers are given up, and not only waited for no longer.
    await vi.waitFor(() => expect(trickling).toBe(0));
    expect(inputs).toHaveLength(1);
    stop();
    stopQueue();
  });

  it('times out if it does not answer; the queue is called again then', async () => {
    const { inputs, url, stop } = await startServer(() => undefined);
    await createDeadLetterQueue(queueUrl, url)(letter);
    expect(inputs).toEqual(Array(2).fill(inputs[0]));
    stop();
  });
});

// What EventBridge and SQS are sent, and what is made of their answers: the real clients against stand-ins over HTTP.
import { createHash } from 'node:crypto';
import dns from 'node:dns';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAwsJsonServer, ServiceFault } from '../../../infra/local/aws-json.ts';
import { listen } from '../../../infra/local/listen.ts';
import { createDeadLetterQueue, createEventBus } from '../../../lambda/publisher/event-bus.ts';
import { keepBusy } from '../../support/keep-busy.ts';

/** Operation and input of each call. */
let calls: [string, Record<string, unknown>][];
let answer: () => Promise<unknown>;
let endpoint: string;
const open: Server[] = [];
beforeEach(async () => {
  calls = [];
  const server = createAwsJsonServer((...call) => {
    calls.push(call);
    return answer();
  });
  open.push(server);
  endpoint = await listen(server, 0, 'PORT');
});
afterEach(() => open.splice(0).forEach(stop));

function stop(server: Server): void {
  server.close();
  server.closeAllConnections();
}

const entry = {
  EventBusName: 'platform',
  Source: 'password-reset',
  DetailType: 'PasswordReset',
  Detail: '{"version":1}',
  Time: new Date(1_700_000_000_000),
};

const letter = { reason: 'unreadable', record: { userId: 'alice', sequenceNumber: '1' } };

/** What SQS says of a message that it has taken; the client checks the digest. */
function acceptanceOf(input: Record<string, unknown> | undefined) {
  const digest = createHash('md5').update(String(input?.MessageBody)).digest('hex');
  return { MessageId: '1', MD5OfMessageBody: digest };
}

describe('the bus', () => {
  it('gets events as they are', async () => {
    answer = async () => ({ Entries: [{ EventId: '1' }, { EventId: '2' }] });
    const other = { ...entry, Detail: '{}' };
    expect(await createEventBus(endpoint).put([entry, other])).toEqual([undefined, undefined]);
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

  it('is where the SDK finds it unless told', async () => {
    answer = async () => ({ Entries: [{ EventId: '1' }] });
    vi.stubEnv('AWS_ENDPOINT_URL_EVENTBRIDGE', endpoint);
    expect(await createEventBus().put([entry])).toEqual([undefined]);
    vi.unstubAllEnvs();
    expect(calls).toHaveLength(1);
  });

  it.each([
    [{ EventId: '1' }, undefined],
    [{ EventId: '1', ErrorCode: '' }, undefined],
    [{ ErrorCode: 'InvalidArgument' }, { code: 'InvalidArgument', isPermanent: true }],
    [{ ErrorCode: 'MalformedDetail' }, { code: 'MalformedDetail', isPermanent: true }],
    [{ ErrorCode: 'ThrottlingException' }, { code: 'ThrottlingException', isPermanent: false }],
    [
      { EventId: '1', ErrorCode: 'InternalFailure' },
      { code: 'InternalFailure', isPermanent: false },
    ],
    [{ EventId: '' }, { code: 'NoAnswer', isPermanent: false }],
    [{}, { code: 'NoAnswer', isPermanent: false }],
  ])('answers %j: %j', async (result, refusal) => {
    answer = async () => ({ Entries: [{ EventId: '0' }, result] });
    expect(await createEventBus(endpoint).put([entry, entry])).toEqual([undefined, refusal]);
  });

  it.each([
    [{ Entries: [{ EventId: '1' }] }, [undefined, 'NoAnswer']],
    [{ Entries: [] }, ['NoAnswer', 'NoAnswer']],
    [{}, ['NoAnswer', 'NoAnswer']],
  ])('has taken no event without saying so: %j', async (output, codes) => {
    answer = async () => output;
    const refusals = await createEventBus(endpoint).put([entry, entry]);
    expect(refusals.map((refusal) => refusal?.code)).toEqual(codes);
  });

  it.each<[number, string, boolean]>([
    [400, 'ValidationException', true],
    [413, 'RequestEntityTooLargeException', true],
    [400, 'ThrottlingException', false],
    [403, 'AccessDeniedException', false],
    [500, 'InternalException', false],
  ])('refuses a call with %d %s: for good is %j, for one event', async (status, code, isPermanent) => {
    answer = async () => {
      throw new ServiceFault(status, code);
    };
    const bus = createEventBus(endpoint);
    expect(await bus.put([entry])).toEqual([{ code, isPermanent }]);
    // And of several none can be told to be at fault.
    expect(await bus.put([entry, entry])).toEqual(Array(2).fill({ code, isPermanent: false }));
    expect(calls).toHaveLength(2);
  });

  it('refuses every event where it cannot be reached', async () => {
    open.splice(0).forEach(stop);
    expect(await createEventBus(endpoint).put([entry, entry])).toEqual(
      Array(2).fill({ code: 'Error', isPermanent: false }),
    );
  });

  it('refuses every event where no call can be made', async () => {
    expect(await createEventBus('nowhere').put([entry])).toEqual([{ code: 'TypeError', isPermanent: false }]);
  });
});

const queueUrl = 'https://sqs.eu-central-1.amazonaws.com/000000000000/letters';

describe('at AWS', () => {
  /** The hosts that are looked for, each of which is nowhere. */
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
  ])('bus and queue are where AWS_USE_FIPS_ENDPOINT=%s says', async (value, busHost, queueHost) => {
    vi.stubEnv('AWS_USE_FIPS_ENDPOINT', value);
    await createEventBus().put([entry]);
    expect(hosts).toEqual([busHost]);
    await expect(createDeadLetterQueue(queueUrl)(letter)).rejects.toThrow('nowhere');
    expect(new Set(hosts)).toEqual(new Set([busHost, queueHost]));
  });
});

describe('the dead-letter queue', () => {
  it('gets a letter as JSON', async () => {
    answer = async () => acceptanceOf(calls[0]?.[1]);
    await createDeadLetterQueue(queueUrl, endpoint)(letter);
    expect(calls).toEqual([['SendMessage', { QueueUrl: queueUrl, MessageBody: JSON.stringify(letter) }]]);
  });

  it('is where the SDK finds it unless told', async () => {
    answer = async () => acceptanceOf(calls[0]?.[1]);
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', endpoint);
    await createDeadLetterQueue(queueUrl)(letter);
    vi.unstubAllEnvs();
    expect(calls).toHaveLength(1);
  });

  it('gets no more of a letter than it takes: the event whole up to 256 KiB, else the record', async () => {
    const send = createDeadLetterQueue(queueUrl, endpoint);
    answer = async () => acceptanceOf(calls.at(-1)?.[1]);
    const bodyOf = async (Detail: string) => {
      await send({ ...letter, entry: { ...entry, Detail } });
      return String(calls.at(-1)?.[1].MessageBody);
    };
    const empty = Buffer.byteLength(await bodyOf(''));
    expect(JSON.parse(await bodyOf('x'.repeat(262_144 - empty)))).toHaveProperty('entry');
    for (const detail of [
      'x'.repeat(262_145 - empty),
      'ä'.repeat(Math.ceil((262_145 - empty) / 2)),
      '"'.repeat(200_000),
    ]) {
      expect(JSON.parse(await bodyOf(detail))).toEqual({ reason: 'too-large', record: letter.record });
    }
  });

  it('gets the two characters escaped that it refuses and JSON does not escape', async () => {
    answer = async () => acceptanceOf(calls[0]?.[1]);
    const odd = { reason: 'unreadable', record: { userId: 'a\uffff\ufffeä', sequenceNumber: '1' } };
    await createDeadLetterQueue(queueUrl, endpoint)(odd);
    const body = String(calls[0]?.[1].MessageBody);
    expect(body).toContain('"a\\uffff\\ufffeä"');
    expect(JSON.parse(body)).toEqual(odd);
  });

  it('is asked three times', async () => {
    answer = async () => {
      if (calls.length < 3) throw new ServiceFault(500, 'InternalError');
      return acceptanceOf(calls[0]?.[1]);
    };
    await createDeadLetterQueue(queueUrl, endpoint)(letter);
    expect(calls).toHaveLength(3);
  });

  it('tells where it refuses a letter', async () => {
    answer = async () => {
      throw new ServiceFault(403, 'AccessDenied');
    };
    await expect(createDeadLetterQueue(queueUrl, endpoint)(letter)).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });
});

describe.concurrent('a service that is silent', { timeout: 10_000 }, () => {
  /** Starts a server whose first call is answered as told, and the next as SQS does. */
  async function startSilently(respond: (response: ServerResponse) => unknown) {
    const asked: unknown[] = [];
    const silent = createServer(async (request, response) => {
      const input = JSON.parse(await text(request));
      asked.push(input);
      if (asked.length === 1) respond(response);
      else response.end(JSON.stringify(acceptanceOf(input)));
    });
    return { asked, silent, url: await listen(silent, 0, 'PORT') };
  }

  it.each<[string, (response: ServerResponse) => unknown]>([
    ['never answers', () => undefined],
    ['never ends its answer', (response) => response.write('{"Entries":')],
    ['keeps saying that it is working on it', keepBusy],
  ])('is given up and, as the bus, not asked again where it %s', async (_what, respond) => {
    const { asked, silent, url } = await startSilently(respond);
    expect(await createEventBus(url).put([entry])).toEqual([{ code: 'TimeoutError', isPermanent: false }]);
    expect(asked).toHaveLength(1);
    stop(silent);
  });

  /** Sends a byte of an answer now and then, so that no time-out of the socket's ever passes. */
  function trickle(response: ServerResponse): void {
    const timer = setInterval(() => response.write(' '), 200);
    response.on('close', () => clearInterval(timer));
  }

  it('is given up within four seconds, pause before it included, where its answer trickles', async () => {
    const { asked, silent, url } = await startSilently(trickle);
    const startedAt = Date.now();
    expect(await createEventBus(url).put([entry])).toMatchObject([{ isPermanent: false }]);
    const { silent: queue, url: queueEndpoint } = await startSilently(trickle);
    const letterSentAt = Date.now();
    await expect(createDeadLetterQueue(queueUrl, queueEndpoint)(letter)).rejects.toThrow();
    expect(asked).toHaveLength(1);
    const longest = 4_000 - 800;
    expect([letterSentAt - startedAt, Date.now() - letterSentAt].filter((ms) => ms > longest)).toEqual([]);
    stop(silent);
    stop(queue);
  });

  it('is given up and, as the queue, asked again', async () => {
    const { asked, silent, url } = await startSilently(() => undefined);
    await createDeadLetterQueue(queueUrl, url)(letter);
    expect(asked).toEqual(Array(2).fill(asked[0]));
    stop(silent);
  });
});

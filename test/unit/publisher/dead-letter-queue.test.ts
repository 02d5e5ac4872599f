// What is sent to SQS, and how its answers are read: the real client against local HTTP servers.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AwsJsonServer, ServiceFault, startAwsJsonServer } from '../../../infra/local/aws-json.ts';
import { createDeadLetterQueue } from '../../../lambda/publisher/dead-letter-queue.ts';
import { acceptMessage, queueUrl } from '../../support/event-platform.ts';

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

describe('the dead-letter queue', () => {
  it('receives a dead letter as JSON', async () => {
    answer = async () => acceptMessage(calls[0]?.[1].MessageBody);
    await createDeadLetterQueue(queueUrl, server.endpoint)(letter);
    expect(calls).toEqual([['SendMessage', { QueueUrl: queueUrl, MessageBody: JSON.stringify(letter) }]]);
  });

  it("is found by the SDK's own endpoint settings unless an endpoint is given", async () => {
    answer = async () => acceptMessage(calls[0]?.[1].MessageBody);
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', server.endpoint);
    await createDeadLetterQueue(queueUrl)(letter);
    vi.unstubAllEnvs();
    expect(calls).toHaveLength(1);
  });

  it('receives the whole event up to 256 KiB, and only a pointer to the record above that', async () => {
    const send = createDeadLetterQueue(queueUrl, server.endpoint);
    answer = async () => acceptMessage(calls.at(-1)?.[1].MessageBody);
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

  it('receives U+FFFE and U+FFFF, which SQS refuses, as JSON escapes', async () => {
    answer = async () => acceptMessage(calls[0]?.[1].MessageBody);
    const odd = { reason: 'unreadable', record: { userId: 'a\uffff\ufffeä', sequenceNumber: '1' } };
    await createDeadLetterQueue(queueUrl, server.endpoint)(odd);
    const body = String(calls[0]?.[1].MessageBody);
    expect(body).toContain('"a\\uffff\\ufffeä"');
    expect(JSON.parse(body)).toEqual(odd);
  });

  it('is called up to three times', async () => {
    answer = async () => {
      if (calls.length < 3) throw new ServiceFault(500, 'InternalError');
      return acceptMessage(calls[0]?.[1].MessageBody);
    };
    await createDeadLetterQueue(queueUrl, server.endpoint)(letter);
    expect(calls).toHaveLength(3);
  });

  it('that refuses a dead letter makes sending fail with its error', async () => {
    answer = async () => {
      throw new ServiceFault(403, 'AccessDenied');
    };
    await expect(createDeadLetterQueue(queueUrl, server.endpoint)(letter)).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });
});

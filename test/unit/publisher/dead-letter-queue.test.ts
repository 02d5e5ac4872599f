// What is sent to SQS, and how its answers are read: the real client against local HTTP servers.
import { createHash } from 'node:crypto';
import type { Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAwsJsonServer, ServiceFault } from '../../../infra/local/aws-json.ts';
import { listen } from '../../../infra/local/listen.ts';
import { createDeadLetterQueue } from '../../../lambda/publisher/dead-letter-queue.ts';

/** The operation and the input of each call. */
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

/** What SQS answers when it accepts a message; the client checks the digest. */
function acceptanceOf(input: Record<string, unknown> | undefined) {
  const digest = createHash('md5').update(String(input?.MessageBody)).digest('hex');
  return { MessageId: '1', MD5OfMessageBody: digest };
}

const queueUrl = 'https://sqs.eu-central-1.amazonaws.com/000000000000/letters';

describe('the dead-letter queue', () => {
  it('receives a dead letter as JSON', async () => {
    answer = async () => acceptanceOf(calls[0]?.[1]);
    await createDeadLetterQueue(queueUrl, endpoint)(letter);
    expect(calls).toEqual([['SendMessage', { QueueUrl: queueUrl, MessageBody: JSON.stringify(letter) }]]);
  });

  it("is found by the SDK's own endpoint settings unless an endpoint is given", async () => {
    answer = async () => acceptanceOf(calls[0]?.[1]);
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', endpoint);
    await createDeadLetterQueue(queueUrl)(letter);
    vi.unstubAllEnvs();
    expect(calls).toHaveLength(1);
  });

  it('receives the whole event up to 256 KiB, and only a pointer to the record above that', async () => {
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

  it('receives U+FFFE and U+FFFF, which SQS refuses, as JSON escapes', async () => {
    answer = async () => acceptanceOf(calls[0]?.[1]);
    const odd = { reason: 'unreadable', record: { userId: 'a\uffff\ufffeä', sequenceNumber: '1' } };
    await createDeadLetterQueue(queueUrl, endpoint)(odd);
    const body = String(calls[0]?.[1].MessageBody);
    expect(body).toContain('"a\\uffff\\ufffeä"');
    expect(JSON.parse(body)).toEqual(odd);
  });

  it('is called up to three times', async () => {
    answer = async () => {
      if (calls.length < 3) throw new ServiceFault(500, 'InternalError');
      return acceptanceOf(calls[0]?.[1]);
    };
    await createDeadLetterQueue(queueUrl, endpoint)(letter);
    expect(calls).toHaveLength(3);
  });

  it('that refuses a dead letter makes sending fail with its error', async () => {
    answer = async () => {
      throw new ServiceFault(403, 'AccessDenied');
    };
    await expect(createDeadLetterQueue(queueUrl, endpoint)(letter)).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });
});

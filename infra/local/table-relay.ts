// A relay in front of a table engine: it sees every update with the item before and after it, as a stream would, and
// returns the item with a failed condition where the engine (dynalite) does not.
import { createServer, type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { StreamRecord } from '../../lambda/publisher/stream-record.ts';
import { listen } from './listen.ts';

export interface TableRelay {
  /** Base URL, as `AWS_ENDPOINT_URL_DYNAMODB` takes it. */
  readonly endpoint: string;
  stop(): void;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

interface Update {
  readonly TableName: string;
  readonly Key: Readonly<Record<string, AttributeValue>>;
  readonly ReturnValuesOnConditionCheckFailure?: 'ALL_OLD' | 'NONE';
}

/**
 * Starts a relay. Updates of one item go through one after the other, so that what is read around a write belongs to it.
 *
 * @param target - the engine's base URL, without TLS
 * @param port - 0 for any free one
 * @param onChange - told of each update that changed its item, if given; the update's answer does not wait for it
 */
export async function startTableRelay(
  target: string,
  port: number,
  onChange?: (change: StreamRecord) => void,
): Promise<TableRelay> {
  const lastOfItem = new Map<string, Promise<unknown>>();
  let sequenceNumber = 0;

  const server = createServer(async (incoming, response) => {
    try {
      const body = await buffer(incoming);
      const isUpdate = operationOf(incoming) === 'UpdateItem';
      const answer = await (isUpdate ? inTurn(incoming, body) : passOn(target, incoming, body));
      response.writeHead(answer.status, answer.headers).end(answer.body);
    } catch {
      response.destroy();
    }
  });

  function inTurn(incoming: IncomingMessage, body: Buffer): Promise<Answer> {
    const update = JSON.parse(body.toString()) as Update;
    const item = JSON.stringify([update.TableName, update.Key]);
    const turn = (lastOfItem.get(item) ?? Promise.resolve()).then(() => carryOut(incoming, body, update));
    const ended = turn
      .catch(() => {})
      .finally(() => {
        if (lastOfItem.get(item) === ended) lastOfItem.delete(item);
      });
    lastOfItem.set(item, ended);
    return turn;
  }

  async function carryOut(incoming: IncomingMessage, body: Buffer, update: Update): Promise<Answer> {
    const before = onChange && (await readItem(target, incoming, update));
    const answer = await passOn(target, incoming, body);
    if (answer.status !== 200) return withItem(answer, incoming, update);
    if (onChange === undefined) return answer;
    const after = await readItem(target, incoming, update);
    if (JSON.stringify(before) !== JSON.stringify(after)) {
      const dynamodb = { OldImage: before, NewImage: after, SequenceNumber: String(++sequenceNumber) };
      onChange({ eventName: before === undefined ? 'INSERT' : 'MODIFY', dynamodb });
    }
    return answer;
  }

  /** Adds the item to the answer of a failed condition (`ReturnValuesOnConditionCheckFailure`), if it is not there. */
  async function withItem(answer: Answer, incoming: IncomingMessage, update: Update): Promise<Answer> {
    const said = JSON.parse(answer.body.toString()) as { __type?: string; Item?: unknown };
    const isWanted = update.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' && said.Item === undefined;
    if (!isWanted || !said.__type?.endsWith('#ConditionalCheckFailedException')) return answer;
    const body = Buffer.from(JSON.stringify({ ...said, Item: await readItem(target, incoming, update) }));
    // The checksum was that of the body before.
    const { 'x-amz-crc32': _, ...headers } = answer.headers;
    return { ...answer, headers: { ...headers, 'content-length': String(body.length) }, body };
  }

  return {
    endpoint: await listen(server, port, 'DYNAMODB_PORT'),
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function operationOf({ headers }: IncomingMessage): string {
  return String(headers['x-amz-target']).split('.')[1] ?? '';
}

/** Reads with the caller's own credentials, by which an engine may tell databases apart. */
async function readItem(target: string, incoming: IncomingMessage, { TableName, Key }: Update) {
  const body = Buffer.from(JSON.stringify({ TableName, Key, ConsistentRead: true }));
  const answer = await passOn(target, incoming, body, 'DynamoDB_20120810.GetItem');
  return (JSON.parse(answer.body.toString()) as { Item?: Record<string, AttributeValue> }).Item;
}

async function passOn(
  target: string,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  operation = headers['x-amz-target'],
): Promise<Answer> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const changed = { ...headers, 'x-amz-target': operation, 'content-length': String(body.length) };
    const outgoing = request(new URL(url ?? '/', target), { method, headers: changed }, resolve);
    outgoing.on('error', reject);
    outgoing.end(body);
  });
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await buffer(answer) };
}

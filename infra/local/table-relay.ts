// A relay in front of a table engine that adds what engines may lack: it reports every update with the item before and
// after it, like DynamoDB Streams, and adds the item to the answer of a failed condition, which dynalite does not do.
import { createServer, type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { StreamRecord } from '../../lambda/publisher/stream-record.ts';
import { isFromWebPage, listen, refuseRequests } from './listen.ts';

export interface TableRelay {
  /** Base URL, for `AWS_ENDPOINT_URL_DYNAMODB`. */
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
 * Starts a relay. Updates of the same item are sent one after the other, so that the item read before and after a write
 * shows the effect of that write only.
 *
 * @param target - the engine's base URL, without TLS
 * @param port - 0 for any free port
 * @param onChange - called after each update that has changed its item
 */
export async function startTableRelay(
  target: string,
  port: number,
  onChange?: (change: StreamRecord) => void,
): Promise<TableRelay> {
  const lastUpdateOfItem = new Map<string, Promise<unknown>>();
  let sequenceNumber = 0;

  const server = createServer(async (incoming, response) => {
    try {
      const body = await buffer(incoming);
      const isUpdate = readOperation(incoming) === 'UpdateItem';
      const answer = await (isUpdate ? enqueueUpdate(incoming, body) : forward(target, incoming, body));
      response.writeHead(answer.status, answer.headers).end(answer.body);
    } catch {
      response.destroy();
    }
  });

  refuseRequests(server, isFromWebPage);

  function enqueueUpdate(incoming: IncomingMessage, body: Buffer): Promise<Answer> {
    const update = JSON.parse(body.toString()) as Update;
    const item = JSON.stringify([update.TableName, update.Key]);
    const previous = lastUpdateOfItem.get(item) ?? Promise.resolve();
    const answer = previous.then(() => forwardUpdate(incoming, body, update));
    const ended = answer
      .catch(() => {})
      .finally(() => {
        if (lastUpdateOfItem.get(item) === ended) lastUpdateOfItem.delete(item);
      });
    lastUpdateOfItem.set(item, ended);
    return answer;
  }

  async function forwardUpdate(incoming: IncomingMessage, body: Buffer, update: Update): Promise<Answer> {
    const before = onChange && (await readItem(target, incoming, update));
    const answer = await forward(target, incoming, body);
    if (answer.status !== 200) return addItem(answer, incoming, update);
    if (onChange === undefined) return answer;
    const after = await readItem(target, incoming, update);
    if (JSON.stringify(before) !== JSON.stringify(after)) {
      const dynamodb = { OldImage: before, NewImage: after, SequenceNumber: String(++sequenceNumber) };
      onChange({ eventName: before === undefined ? 'INSERT' : 'MODIFY', dynamodb });
    }
    return answer;
  }

  /** Adds the item to the answer of a failed condition (`ReturnValuesOnConditionCheckFailure`), if it is missing. */
  async function addItem(answer: Answer, incoming: IncomingMessage, update: Update): Promise<Answer> {
    const output = JSON.parse(answer.body.toString()) as { __type?: string; Item?: unknown };
    const isMissing = update.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' && output.Item === undefined;
    if (!isMissing || !output.__type?.endsWith('#ConditionalCheckFailedException')) return answer;
    const body = Buffer.from(JSON.stringify({ ...output, Item: await readItem(target, incoming, update) }));
    // The checksum of the old body is no longer right.
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

function readOperation({ headers }: IncomingMessage): string {
  return String(headers['x-amz-target']).split('.')[1] ?? '';
}

/** Reads the item with the headers of the request: an engine may have a separate database per access key. */
async function readItem(target: string, incoming: IncomingMessage, { TableName, Key }: Update) {
  const body = Buffer.from(JSON.stringify({ TableName, Key, ConsistentRead: true }));
  const answer = await forward(target, incoming, body, 'DynamoDB_20120810.GetItem');
  return (JSON.parse(answer.body.toString()) as { Item?: Record<string, AttributeValue> }).Item;
}

async function forward(
  target: string,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  operation = headers['x-amz-target'],
): Promise<Answer> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoingHeaders = { ...headers, 'x-amz-target': operation, 'content-length': String(body.length) };
    // The path is not resolved as a URL: with `//another.host/`, any web page could use this as a proxy to any host.
    const outgoing = request(target, { method, path: url ?? '/', headers: outgoingHeaders }, resolve);
    outgoing.on('error', reject);
    outgoing.end(body);
  });
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await buffer(answer) };
}

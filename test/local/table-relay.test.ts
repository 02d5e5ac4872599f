// The relay in front of the local table: its change records must equal those of a stream, and what it adds to an answer
// must equal DynamoDB's.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, request } from 'node:http';
import {
  DeleteTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { listen } from '../../infra/local/listen.ts';
import { ensureTable, startDynalite } from '../../infra/local/table.ts';
import { startTableRelay, type TableRelay } from '../../infra/local/table-relay.ts';
import type { StreamRecord } from '../../lambda/publisher/stream-record.ts';

const TableName = `relayed-${randomUUID()}`;
const changes: StreamRecord[] = [];
let relay: TableRelay;
let client: DynamoDBClient;
beforeAll(async () => {
  relay = await startTableRelay(inject('tableEndpoint'), 0, (change) => changes.push(change));
  client = new DynamoDBClient({ endpoint: relay.endpoint, maxAttempts: 1 });
  await ensureTable(client, TableName);
});
afterAll(async () => {
  await client.send(new DeleteTableCommand({ TableName }));
  client.destroy();
  relay.stop();
});
beforeEach(() => {
  changes.length = 0;
});

function update(userId: string, value: string, ConditionExpression?: string) {
  return client.send(
    new UpdateItemCommand({
      TableName,
      Key: { userId: { S: userId } },
      UpdateExpression: 'SET lastValue = :value ADD steps :one',
      ...(ConditionExpression && { ConditionExpression }),
      ExpressionAttributeValues: { ':value': { S: value }, ':one': { N: '1' } },
      ReturnValues: 'ALL_NEW',
    }),
  );
}

it('the relay forwards calls and answers unchanged', async () => {
  await client.send(
    new PutItemCommand({ TableName, Item: { userId: { S: 'ä €' }, set: { SS: ['a', 'b'] } } }),
  );
  const { Item } = await client.send(
    new GetItemCommand({ TableName, Key: { userId: { S: 'ä €' } }, ConsistentRead: true }),
  );
  expect(Item).toEqual({ userId: { S: 'ä €' }, set: { SS: ['a', 'b'] } });
  expect(changes).toEqual([]);
});

it('the relay reports an update with both images, and whether the item is new', async () => {
  await update('alice', 'first');
  const { Attributes } = await update('alice', 'second');
  expect(changes).toMatchObject([
    { eventName: 'INSERT', dynamodb: { NewImage: { lastValue: { S: 'first' } } } },
    { eventName: 'MODIFY', dynamodb: { OldImage: { lastValue: { S: 'first' } }, NewImage: Attributes } },
  ]);
});

it('the relay reports no change if the condition fails', async () => {
  await expect(update('bob', 'never', 'attribute_exists(userId)')).rejects.toThrow(
    expect.objectContaining({ name: 'ConditionalCheckFailedException' }),
  );
  expect(changes).toEqual([]);
});

it('the relay returns the item of a failed condition to callers that request it', async () => {
  await update('erin', 'first');
  const failing = (userId: string, wanted?: 'ALL_OLD') =>
    client.send(
      new UpdateItemCommand({
        TableName,
        Key: { userId: { S: userId } },
        UpdateExpression: 'SET lastValue = :value',
        ConditionExpression: 'lastValue = :value',
        ExpressionAttributeValues: { ':value': { S: 'second' } },
        ...(wanted && { ReturnValuesOnConditionCheckFailure: wanted }),
      }),
    );
  const Item = { userId: { S: 'erin' }, lastValue: { S: 'first' }, steps: { N: '1' } };
  await expect(failing('erin', 'ALL_OLD')).rejects.toMatchObject({ Item });
  await expect(failing('erin')).rejects.toMatchObject({ Item: undefined });
  await expect(failing('nobody', 'ALL_OLD')).rejects.toMatchObject({ Item: undefined });
});

it('the relay reports each of many concurrent updates, in their order', async () => {
  const values = Array.from({ length: 25 }, (_, i) => `value ${i}`);
  await Promise.all(values.map((value) => update('carol', value)));
  const images = changes.map(({ dynamodb }) => [dynamodb?.OldImage?.steps?.N, dynamodb?.NewImage?.steps?.N]);
  expect(images).toEqual(values.map((_value, i) => [i === 0 ? undefined : String(i), String(i + 1)]));
  const reported = changes.map(({ dynamodb }) => dynamodb?.NewImage?.lastValue?.S);
  expect(reported.toSorted()).toEqual(values.toSorted());
});

it('the relay closes the connection if the engine does not answer', async () => {
  const lost = await startTableRelay('http://127.0.0.1:9', 0, () => {});
  const caller = new DynamoDBClient({ endpoint: lost.endpoint, maxAttempts: 1 });
  await expect(caller.send(new GetItemCommand({ TableName, Key: { userId: { S: 'x' } } }))).rejects.toThrow();
  caller.destroy();
  lost.stop();
});

it.each<[string, Readonly<Record<string, string>>]>([
  ['whose name resolves to this machine (DNS rebinding)', { Host: 'evil.example:8000' }],
  ['of another origin', { Origin: 'https://evil.example' }],
  ['in a file or a sandbox', { Origin: 'null' }],
])('neither the relay nor dynalite answers a web page %s', async (_whose, headers) => {
  const dynalite = await startDynalite(0);
  for (const endpoint of [relay.endpoint, dynalite.endpoint]) {
    for (const method of ['POST', 'OPTIONS']) {
      const { statusCode, headers: answered } = await new Promise<IncomingMessage>((resolve) => {
        const target = { 'x-amz-target': 'DynamoDB_20120810.ListTables', ...headers };
        request(endpoint, { method, headers: target, agent: false }, resolve).end('{}');
      });
      expect(statusCode).toBe(403);
      expect(answered).not.toHaveProperty('access-control-allow-origin');
    }
  }
  await dynalite.stop();
});

it('the relay calls its engine and no other host, whatever path a request has', async () => {
  const callsOfOther: unknown[] = [];
  const other = createServer(({ url }, response) => {
    callsOfOther.push(url);
    response.end();
  });
  const { host } = new URL(await listen(other, 0, 'PORT'));
  const { port } = new URL(relay.endpoint);
  for (const path of [`//${host}/secret`, `http://${host}/secret`, `/\\\\${host}/secret`]) {
    await new Promise((resolve) => {
      const headers = { 'x-amz-target': 'DynamoDB_20120810.GetItem' };
      request({ host: '127.0.0.1', port, path, headers }, (answer) => answer.resume().on('end', resolve))
        .on('error', resolve)
        .end();
    });
  }
  expect(callsOfOther).toEqual([]);
  other.close();
});

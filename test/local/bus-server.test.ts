// The local bus: no program that comes to its port by mistake, such as a port scanner, may end `npm start`.
import { connect } from 'node:net';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AwsJsonServer } from '../../infra/local/aws-json.ts';
import { type PublishedEvent, startEventBus } from '../../infra/local/bus-server.ts';

const taken: PublishedEvent[] = [];
let bus: AwsJsonServer;
let client: EventBridgeClient;
beforeAll(async () => {
  bus = await startEventBus(async (events) => {
    taken.push(...events);
    return events.map(() => undefined);
  });
  client = new EventBridgeClient({ endpoint: bus.endpoint, maxAttempts: 1 });
});
afterAll(() => {
  client.destroy();
  bus.stop();
});

/** Vitest fails a run in which a rejection was not handled, and Node would end the process. */
async function expectToTakeEvents(id: string): Promise<void> {
  const entry = { Source: 'test', DetailType: 'Test', Detail: JSON.stringify({ id }), Time: new Date(0) };
  const { FailedEntryCount } = await client.send(new PutEventsCommand({ Entries: [entry] }));
  expect(FailedEntryCount).toBe(0);
  expect(taken.at(-1)?.detail).toEqual({ id });
}

it.each([
  ['no body', 'GET', undefined, 400],
  ['a body that is not JSON', 'POST', '{', 400],
  ['JSON without events', 'POST', 'null', 500],
])('the bus refuses a request with %s, and goes on', async (_what, method, body, status) => {
  const signal = AbortSignal.timeout(5_000);
  const answer = await fetch(bus.endpoint, { method, signal, ...(body !== undefined && { body }) });
  expect(answer.status).toBe(status);
  await expectToTakeEvents(`after ${status}`);
});

it('the bus takes no events of a web page', async () => {
  const { length } = taken;
  const body = JSON.stringify({ Entries: [] });
  const answer = await fetch(bus.endpoint, {
    method: 'POST',
    headers: { Origin: 'https://evil.example' },
    body,
  });
  expect(answer.status).toBe(403);
  expect(taken).toHaveLength(length);
});

it('the bus goes on after a client that hangs up in the middle of a body', async () => {
  const { port } = new URL(bus.endpoint);
  await new Promise<void>((resolve) => {
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.write('POST / HTTP/1.1\r\nHost: bus\r\nContent-Length: 100\r\n\r\n{', () => {
        socket.destroy();
        resolve();
      });
    });
  });
  await expectToTakeEvents('after half a body');
});

// What can go wrong with one call over a network, as a proxy does it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProxyCall } from './proxy.ts';

export interface Fault {
  readonly name: string;
  spoil(call: ProxyCall): Promise<unknown>;
}

/** Longer than a client of the function waits for one answer, in milliseconds. */
const tooLong = 1_300;

const unavailable = { status: 503, body: '' };
const internal = failure(500, 'InternalServerError');
const throttled = failure(400, 'ThrottlingException');
const exceeded = failure(400, 'ProvisionedThroughputExceededException');
const denied = failure(400, 'AccessDeniedException');

/** Faults of services that speak AWS's JSON protocol; most tell nothing of whether the call was carried out. */
export const faults: readonly Fault[] = [
  { name: 'reset before it was carried out', spoil: cut },
  { name: 'reset after it was carried out', spoil: (call) => call.forward().then(() => cut(call)) },
  { name: 'slow', spoil: (call) => sleep(300).then(() => deliver(call)) },
  { name: 'time-out before it was carried out', spoil: async () => {} },
  { name: 'time-out after it was carried out', spoil: (call) => call.forward() },
  { name: 'carried out long after the time-out', spoil: (call) => sleep(tooLong).then(() => deliver(call)) },
  { name: 'throttled', spoil: (call) => respond(call, throttled) },
  { name: 'throughput exceeded', spoil: (call) => respond(call, exceeded) },
  { name: 'access denied', spoil: (call) => respond(call, denied) },
  { name: '500 before it was carried out', spoil: (call) => respond(call, internal) },
  {
    name: '500 after it was carried out',
    spoil: (call) => call.forward().then(() => respond(call, internal)),
  },
  { name: '503 without a body', spoil: (call) => respond(call, unavailable) },
  { name: 'garbage', spoil: (call) => respond(call, { status: 200, body: '<html>Welcome</html>' }) },
  {
    name: 'garbage after it was carried out',
    spoil: (call) => call.forward().then(() => respond(call, { status: 200, body: '\0\x01\x02' })),
  },
  { name: 'an error that is garbage', spoil: (call) => respond(call, { status: 400, body: 'no' }) },
  { name: 'an empty answer', spoil: (call) => respond(call, { status: 200, body: '' }) },
  { name: 'an empty object', spoil: (call) => respond(call, { status: 200, body: '{}' }) },
  { name: 'half an answer, then cut', spoil: (call) => half(call, true) },
  { name: 'half an answer, then nothing', spoil: (call) => half(call, false) },
];

function failure(status: number, type: string) {
  return {
    status,
    body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: type }),
  };
}

async function cut({ response }: ProxyCall): Promise<void> {
  response.socket?.destroy();
}

async function deliver({ forward, response }: ProxyCall): Promise<void> {
  const { status, headers, body } = await forward();
  response.writeHead(status, headers).end(body);
}

async function respond(
  { response }: ProxyCall,
  { status, body }: { status: number; body: string },
): Promise<void> {
  response.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.0' }).end(body);
}

async function half({ forward, response }: ProxyCall, thenCut: boolean): Promise<void> {
  const { status, body } = await forward();
  // An empty object is what a write without return values answers.
  const headers = { 'Content-Type': 'application/x-amz-json-1.0', 'Content-Length': body.length };
  response.writeHead(status, headers);
  response.write(body.subarray(0, body.length / 2), () => thenCut && response.destroy());
}

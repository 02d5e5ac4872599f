// Faults of one call over a network, which a proxy causes.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProxyCall } from '../../support/proxy.ts';

export interface Fault {
  readonly name: string;
  disrupt(call: ProxyCall): Promise<unknown>;
}

/** Milliseconds; longer than the function's clients wait for one answer. */
const tooLong = 1_300;

const unavailable = { status: 503, body: '' };
const internal = failure(500, 'InternalServerError');
const throttled = failure(400, 'ThrottlingException');
const exceeded = failure(400, 'ProvisionedThroughputExceededException');
const denied = failure(400, 'AccessDeniedException');

/** Faults of services with AWS's JSON protocol; most do not show whether the call was carried out. */
export const faults: readonly Fault[] = [
  { name: 'connection reset, call not carried out', disrupt: cut },
  {
    name: 'connection reset, call carried out',
    disrupt: (call) => call.forward().then(() => cut(call)),
  },
  { name: 'slow answer', disrupt: (call) => sleep(300).then(() => deliver(call)) },
  { name: 'time-out, call not carried out', disrupt: async () => {} },
  { name: 'time-out, call carried out', disrupt: (call) => call.forward() },
  {
    name: 'time-out, call carried out later',
    disrupt: (call) => sleep(tooLong).then(() => deliver(call)),
  },
  { name: 'throttled', disrupt: (call) => respond(call, throttled) },
  { name: 'throughput exceeded', disrupt: (call) => respond(call, exceeded) },
  { name: 'access denied', disrupt: (call) => respond(call, denied) },
  { name: '500, call not carried out', disrupt: (call) => respond(call, internal) },
  {
    name: '500, call carried out',
    disrupt: (call) => call.forward().then(() => respond(call, internal)),
  },
  { name: '503 without a body', disrupt: (call) => respond(call, unavailable) },
  {
    name: 'answer that is not JSON',
    disrupt: (call) => respond(call, { status: 200, body: '<html>Welcome</html>' }),
  },
  {
    name: 'answer that is not JSON, call carried out',
    disrupt: (call) => call.forward().then(() => respond(call, { status: 200, body: '\0\x01\x02' })),
  },
  { name: '400 that is not JSON', disrupt: (call) => respond(call, { status: 400, body: 'no' }) },
  { name: 'empty answer', disrupt: (call) => respond(call, { status: 200, body: '' }) },
  { name: 'empty object', disrupt: (call) => respond(call, { status: 200, body: '{}' }) },
  { name: 'half an answer, then a connection reset', disrupt: (call) => half(call, true) },
  { name: 'half an answer, then silence', disrupt: (call) => half(call, false) },
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
  // A write without return values is answered with an empty object.
  const headers = { 'Content-Type': 'application/x-amz-json-1.0', 'Content-Length': body.length };
  response.writeHead(status, headers);
  response.write(body.subarray(0, body.length / 2), () => thenCut && response.destroy());
}

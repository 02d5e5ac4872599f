// A client that sends requests unchanged, byte for byte, and checks every answer against the contract.
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import type { JsonApiError } from '../../lambda/reset/http/json-api.ts';
import type { Handler } from '../../lambda/reset/http/pipeline.ts';
import { jsonApiViolationsOf } from './json-api-schema.ts';
import { violationsOf } from './openapi.ts';

export interface HttpRequest {
  readonly method?: string;
  /** Path and query, sent unchanged. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The error of an error document, `undefined` for a 204. */
  readonly error: JsonApiError | undefined;
  /** `204`, or the error's code: what most tests assert. */
  readonly code: string;
}

/** A request with a JSON body that has all other headers too: what the function may keep of them is seen in item and event. */
export const everyHeader = {
  'Content-Type': 'application/json',
  'Request-Id': 'cbgmhslmp1o9or9kh1p0',
};

export const resetPath = '/user/2021-2/user/password/reset';

/** Sends a request to the service, reads the whole answer, and checks it against the contract. */
export async function send(baseUrl: string, request: HttpRequest): Promise<HttpAnswer> {
  const answer = await exchange(baseUrl, request);
  const { method = 'PUT', path } = request;
  if (method !== 'HEAD') assertContract(answer, method, path.replace(/[?#].*/s, ''));
  return answer;
}

/** Sends a request to the service or to a stand-in, and reads the whole answer. */
export async function exchange(
  baseUrl: string,
  { method = 'PUT', path, headers = {}, body }: HttpRequest,
): Promise<HttpAnswer> {
  const { hostname, port } = new URL(baseUrl);
  // Node itself sends the body of a GET or DELETE without a length, so it would count as the next request.
  const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    const outgoing = request(
      {
        hostname,
        port,
        method,
        path,
        headers: { ...length, ...headers } as Record<string, string | string[]>,
      },
      resolve,
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
  return toAnswer(response.statusCode ?? 0, response.headers as Record<string, string>, await text(response));
}

/** Converts an answer of the handler or of a server into what tests check. */
export function toAnswer(status: number, headers: Record<string, string>, body: string): HttpAnswer {
  const lowerCase = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const error = body === '' ? undefined : (JSON.parse(body) as { errors: [JsonApiError] }).errors[0];
  return { status, headers: lowerCase, body, error, code: error?.code ?? String(status) };
}

/** Calls a handler with an event, and checks the answer like `send`. */
export async function invoke(handler: Handler, event: unknown, context: unknown = {}): Promise<HttpAnswer> {
  const { statusCode, headers, body } = await handler(event, context);
  const answer = toAnswer(statusCode, headers, body);
  assertContract(answer);
  return answer;
}

const xid = /^[0-9a-v]{19}[0g]$/;

/** Expects what holds for every answer: it matches the contract's document and JSON:API, and its error has the Request-Id's xid. */
export function assertContract(
  { status, headers, body, error }: HttpAnswer,
  method = 'PUT',
  path = resetPath,
): void {
  expect(violationsOf({ status, headers, body }, method, path)).toEqual([]);
  expect(headers['request-id']).toMatch(xid);
  if (status === 204) return;
  expect(jsonApiViolationsOf(JSON.parse(body))).toEqual([]);
  expect(error?.id).toBe(headers['request-id']);
}

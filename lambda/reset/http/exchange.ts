// One request in the pipeline: every field that it gathers, and which step sets it. middy calls it `event`.
import type { MiddlewareObj, Request } from '@middy/core';
import type { ServiceError } from '../domain/errors.ts';
import type { AccessToken, ResetOutcome } from '../domain/reset-password.ts';
import { type ApiRequest, type ApiResponse, parseApiGatewayEvent } from './api-gateway.ts';
import type { RequestBody } from './request-body.ts';

export interface Exchange extends ApiRequest {
  /** Milliseconds since the epoch. Set by request-log. */
  startedAt: number;
  /** The id of the request in the answer, its errors and the log: a 20-character xid. Set by request-id. */
  requestId: string;
  /** The id of the request in the user's item: a random UUID that no caller can choose or guess. Set by request-id. */
  invocationId: string;
  /** Aborted when the request runs out of time and is answered. Set by the pipeline. */
  signal: AbortSignal;
  /** The claims of the token. Set by verify-token. */
  accessToken: AccessToken;
  /**
   * Derives a 32-byte key for a purpose from the token (HMAC-SHA-256, RFC 2104); without the token nobody can compute
   * it. Set by verify-token.
   */
  deriveKey: (purpose: string) => Buffer;
  /** The parsed body; an empty object if the request has none. Set by the handler. */
  content: RequestBody;
  /** The result, if the request was not refused. Set by the handler. */
  outcome?: ResetOutcome;
  /** The error with which the request was refused. Set by json-api-errors. */
  refusal?: ServiceError;
}

/** A middleware that checks a request before the handler. */
export type Check = Required<Pick<MiddlewareObj<Exchange, ApiResponse>, 'before'>>;

/**
 * A middleware that sees every answer. Its hooks return no promise, because middy would wait for it without a limit: the
 * early time-out ends only the handler.
 */
export interface Wrapper {
  readonly before?: Hook;
  readonly after?: Hook;
  readonly onError?: Hook;
}

export type Hook = (request: Request<Exchange, ApiResponse>) => undefined;

/**
 * Creates the exchange of an invocation.
 *
 * @param event - the event of the invocation, of any type
 */
export function createExchange(event: unknown): Exchange {
  // The order of the pipeline guarantees that a field is set before a step reads it. Only steps that see refused
  // requests (log, metrics, error documents) have to expect unset fields.
  return parseApiGatewayEvent(event) as Exchange;
}

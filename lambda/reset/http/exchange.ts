// A request on its way through the pipeline: everything that is known of it, and which step finds it out.
import type { MiddlewareObj } from '@middy/core';
import type { ServiceError } from '../domain/errors.ts';
import type { AccessToken, NewPassword, ResetOutcome } from '../domain/reset-password.ts';
import { type ApiRequest, type ApiResponse, parseApiGatewayEvent } from './api-gateway.ts';
import type { RequestBody } from './request-body.ts';

export interface Exchange extends ApiRequest {
  /** Milliseconds since the epoch. Set by request-log. */
  startedAt: number;
  /** A 20 character xid that names the request in the answer, in its errors and in the log. Set by request-id. */
  requestId: string;
  /** A random UUID that names what the request does to the user's item; no caller can choose or guess it. Set by request-id. */
  invocationId: string;
  /** What the token says of its bearer. Set by verify-token. */
  accessToken: AccessToken;
  /**
   * Makes 32 bytes for a purpose that nobody can make who does not hold the very token (HMAC-SHA-256, RFC 2104). Set by
   * verify-token.
   */
  deriveKey: (purpose: string) => Buffer;
  /** What the body says, nothing where there is none. Set by parse-body. */
  content: RequestBody;
  /** Four ASCII digits; `undefined` where the request has none. Set by parse-pin. */
  pin: string | undefined;
  /** What is to be stored of a new password; `undefined` where the request has none. Set by parse-new-password. */
  newPassword: NewPassword | undefined;
  /** What the reset came to. Set by the handler. */
  outcome?: ResetOutcome;
  /** What the request was refused with. Set by json-api-errors. */
  refusal?: ServiceError;
}

/** One step of the pipeline. */
export type Step = MiddlewareObj<Exchange, ApiResponse>;

/**
 * Opens the exchange of an event.
 *
 * @param event - whatever the function was invoked with
 */
export function openExchange(event: unknown): Exchange {
  // The pipeline's order puts each step that sets a field in front of those that read it. Only what looks at a request that
  // was refused on the way (log, metrics, error documents) has to expect gaps.
  return parseApiGatewayEvent(event) as Exchange;
}

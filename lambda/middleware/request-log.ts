// One structured log line per request. What is logged is listed here one by one; nothing else ever is.
import type { Logger } from '@aws-lambda-powertools/logger';
import type { MiddlewareObj } from '@middy/core';
import type { ApiResponse } from '../api-gateway.ts';
import { kindOf, type ServiceError } from '../errors.ts';
import type { AccessToken, ResetOutcome } from '../reset-password.ts';
import type { Identified } from './request-id.ts';

/** What there is to tell of a request by the time it is answered. */
export interface Reportable extends Identified {
  accessToken?: AccessToken;
  outcome?: ResetOutcome;
  refusal?: ServiceError;
}

/**
 * Logs a request once it is answered: its two ids, outcome code, status, user id, whether a PIN was verified, how many
 * payment methods were cleared, and the milliseconds it took.
 *
 * @param logger - writes to the function's log
 * @param now - milliseconds since the epoch
 */
export function requestLog(
  logger: Pick<Logger, 'info' | 'error'>,
  now: () => number,
): MiddlewareObj<Reportable & { startedAt: number }, ApiResponse> {
  const hook = ({
    event,
    response,
  }: {
    event: Reportable & { startedAt: number };
    response?: ApiResponse | null | undefined;
  }) => {
    const { id, invocationId, accessToken, outcome, refusal } = event;
    const line = {
      requestId: id,
      invocationId,
      code: refusal?.code ?? (outcome?.replayed ? 'replayed' : 'reset'),
      status: response?.statusCode,
      userId: accessToken?.userId,
      pinVerified: outcome?.pinVerified ?? false,
      paymentMethodsCleared: outcome?.paymentMethodsCleared ?? 0,
      durationMs: now() - event.startedAt,
      reason: refusal?.reason,
    };
    if (refusal?.code === 'internal-error')
      logger.error('request', { ...line, fault: describeFault(refusal.cause) });
    else logger.info('request', line);
  };
  return {
    before({ event }) {
      event.startedAt = now();
    },
    after: hook,
    onError: hook,
  };
}

interface Fault {
  readonly name: string;
  /** Such as `ECONNREFUSED`. */
  readonly code?: string;
  /** Of an AWS service's answer. */
  readonly httpStatus?: number;
  readonly frames?: readonly string[];
}

/**
 * Says where and with which kind of error something failed. Messages are left out: libraries quote what they were
 * given, and that may be a token or a PIN.
 */
export function describeFault(thrown: unknown): Fault {
  if (!(thrown instanceof Error)) return { name: kindOf(thrown) };
  const { code, $metadata } = thrown as { code?: unknown; $metadata?: { httpStatusCode?: number } };
  const frames = framesOf(thrown);
  return {
    name: kindOf(thrown),
    ...(typeof code === 'string' && { code }),
    ...($metadata?.httpStatusCode !== undefined && { httpStatus: $metadata.httpStatusCode }),
    ...(frames.length > 0 && { frames }),
  };
}

/**
 * The frames of an error's stack, which come behind a heading that quotes name and message as they were when the stack was
 * first read, with a code if it is one of Node's. Where the message is another now, nothing tells where the heading ends.
 */
function framesOf({ message, stack }: Error): string[] {
  const behindName = String(stack).replace(/^[\w.]+( \[\w+\])?(: )?/, '');
  const quoted = String(message);
  const frames = behindName.slice(quoted.length);
  const isWhole = behindName.startsWith(quoted) && frames.startsWith('\n    at ');
  return isWhole ? frames.trim().split(/\n\s*/) : [];
}

// The pipeline: its order from top to bottom is the order of the checks.
import middy from '@middy/core';
import { describeFault } from '../../shared/describe-fault.ts';
import type { Reporting } from '../../shared/telemetry.ts';
import { ServiceError } from '../domain/errors.ts';
import { type ResetDependencies, resetPassword, type VerifyAccessToken } from '../domain/reset-password.ts';
import type { ApiResponse } from './api-gateway.ts';
import { createExchange, type Exchange } from './exchange.ts';
import { addHeaders } from './middleware/add-headers.ts';
import { corsHeaders } from './middleware/cors-headers.ts';
import { jsonApiErrors } from './middleware/json-api-errors.ts';
import { matchRoute } from './middleware/match-route.ts';
import { outcomeMetrics } from './middleware/outcome-metrics.ts';
import { parseBody } from './middleware/parse-body.ts';
import { parseNewPassword } from './middleware/parse-new-password.ts';
import { parsePin } from './middleware/parse-pin.ts';
import { requestId } from './middleware/request-id.ts';
import { requestLog } from './middleware/request-log.ts';
import { verifyToken } from './middleware/verify-token.ts';

export interface HandlerDependencies extends Omit<ResetDependencies, 'reportFault'>, Reporting {
  /** Paths of the operation, such as `/user/2021-2/user/password/reset`. */
  readonly paths: readonly string[];
  /** Origins of the web pages that may read answers (CORS). */
  readonly corsOrigins: readonly string[];
  readonly verifyAccessToken: VerifyAccessToken;
  /** Characters: the minimum for a new password. */
  readonly minPasswordLength: number;
  /** URL of a page with an anchor for each error code; undefined: errors have no link. */
  readonly documentationUrl: string | undefined;
  /** Headers of every answer that announce the end of this API; empty: none. */
  readonly deprecation: Readonly<Record<string, string>>;
}

export type Handler = (event: unknown, context: unknown) => Promise<ApiResponse>;

/** Milliseconds before the function's timeout at which a hanging request is answered 501. */
const timeoutEarlyInMillis = 500;

/**
 * Creates the Lambda handler for events of an API Gateway REST API. The handler answers every event and never throws.
 *
 * @param dependencies - configuration, and access to table, keys, clock, log and metrics
 */
export function createHandler(dependencies: HandlerDependencies): Handler {
  const { paths, corsOrigins, verifyAccessToken, minPasswordLength, documentationUrl, deprecation } =
    dependencies;
  const { logger, metrics, now } = dependencies;
  const reportFault = (message: string, fault: unknown) =>
    logger.error(message, { fault: describeFault(fault) });
  const checks = middy<Exchange, ApiResponse>({ timeoutEarlyInMillis: 0 })
    .use(matchRoute(paths))
    .use(verifyToken(verifyAccessToken))
    .use(parseBody(minPasswordLength))
    .use(parseNewPassword(minPasswordLength))
    .use(parsePin())
    .handler(async (event) => {
      const { invocationId, accessToken, pin, newPassword, signal } = event;
      const reset = { invocationId, accessToken, pin, newPassword, signal };
      event.outcome = await resetPassword(reset, { ...dependencies, reportFault });
      return { statusCode: 204, headers: {}, body: '' };
    });
  const pipeline = middy<Exchange, ApiResponse>({ timeoutEarlyInMillis, timeoutEarlyResponse })
    .use(requestLog(logger, now))
    .use(outcomeMetrics(metrics))
    .use(requestId())
    .use(addHeaders(() => ({ 'Cache-Control': 'no-store', ...deprecation })))
    .use(addHeaders(corsHeaders(corsOrigins)))
    .use(jsonApiErrors(documentationUrl))
    // Whatever can wait is inside, because middy ends only its handler at the early time-out, and no hook.
    .handler((event, context, { signal }) => checks(Object.assign(event, { signal }), context));
  return (event, context) => pipeline(createExchange(event), Object(context));
}

function timeoutEarlyResponse(): never {
  throw new ServiceError('internal-error', { reason: 'out of time' });
}

// The pipeline. Requests are checked from top to bottom; answers pass the wrappers of `answer` from bottom to top, because
// middy runs `after` and `onError` hooks in reverse.
import middy from '@middy/core';
import { describeFault } from '../../shared/describe-fault.ts';
import type { Reporting } from '../../shared/telemetry.ts';
import { ServiceError } from '../domain/errors.ts';
import { prepareNewPassword } from '../domain/new-password.ts';
import { type ResetDependencies, resetPassword, type VerifyAccessToken } from '../domain/reset-password.ts';
import type { ApiResponse } from './api-gateway.ts';
import { createExchange, type Exchange } from './exchange.ts';
import { addHeaders } from './middleware/add-headers.ts';
import { corsHeaders } from './middleware/cors-headers.ts';
import { jsonApiErrors } from './middleware/json-api-errors.ts';
import { outcomeMetrics } from './middleware/outcome-metrics.ts';
import { requestId } from './middleware/request-id.ts';
import { requestLog } from './middleware/request-log.ts';
import { verifyToken } from './middleware/verify-token.ts';
import { parseRecoveryPin } from './pin-parameter.ts';
import { parseRequestBody } from './request-body.ts';

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
  const answer = middy<Exchange, ApiResponse>({ timeoutEarlyInMillis, timeoutEarlyResponse })
    .use(requestLog(logger, now))
    .use(outcomeMetrics(metrics))
    .use(requestId())
    .use(addHeaders(() => ({ 'Cache-Control': 'no-store', ...deprecation })))
    .use(addHeaders(corsHeaders(corsOrigins)))
    .use(jsonApiErrors(documentationUrl))
    // Everything that can hang is in this handler, because middy's early time-out does not end hooks.
    .handler((exchange, context, { signal }) => check(Object.assign(exchange, { signal }), context));
  const check = middy<Exchange, ApiResponse>({ timeoutEarlyInMillis: 0 })
    .before(({ event: exchange }) => matchRoute(exchange, paths))
    .use(verifyToken(verifyAccessToken))
    .handler(async (exchange) => {
      const { headers, query } = exchange;
      exchange.content = parseRequestBody(exchange.body, headers.get('content-type'), minPasswordLength);
      const newPassword = await hashNewPassword(exchange, minPasswordLength);
      const pin = parseRecoveryPin({ query, headers, body: exchange.content });
      const reset = { ...exchange, pin, newPassword };
      exchange.outcome = await resetPassword(reset, { ...dependencies, reportFault });
      return { statusCode: 204, headers: {}, body: '' };
    });
  return (event, context) => answer(createExchange(event), Object(context));
}

/** @throws ServiceError `not-found` for anything but a PUT to one of the paths */
function matchRoute({ method, path }: Exchange, paths: readonly string[]): void {
  if (method !== 'PUT' || !paths.includes(path)) throw new ServiceError('not-found');
}

/** @throws ServiceError `password-too-short`, `password-too-long` or `password-compromised` */
async function hashNewPassword(
  { content: { password }, accessToken, deriveKey }: Exchange,
  minLength: number,
) {
  if (password === undefined) return undefined;
  return prepareNewPassword(password, accessToken.userId, minLength, deriveKey);
}

function timeoutEarlyResponse(): never {
  throw new ServiceError('internal-error', { reason: 'out of time' });
}

// Writes one structured log line per request, with the fields listed here and no others.
import type { Logger } from '@aws-lambda-powertools/logger';
import { describeFault } from '../../../shared/describe-fault.ts';
import type { Exchange, Hook, Wrapper } from '../exchange.ts';

/**
 * Logs an answered request: its three ids, outcome code, status, user id, whether a PIN was verified, how many payment
 * methods were cleared, and the duration in milliseconds.
 *
 * @param logger - writes to the function's log
 * @param now - milliseconds since the epoch
 */
export function requestLog(logger: Pick<Logger, 'info' | 'error'>, now: () => number): Wrapper {
  const hook: Hook = ({ event: exchange, response, context }) => {
    const { requestId, invocationId, accessToken, outcome, refusal }: Partial<Exchange> = exchange;
    const line = {
      requestId,
      invocationId,
      // The gateway's access log and Lambda's own lines have the same id.
      functionRequestId: context.awsRequestId,
      code: refusal?.code ?? outcome?.code,
      status: response?.statusCode,
      userId: accessToken?.userId,
      pinVerified: outcome?.pinVerified ?? false,
      paymentMethodsCleared: outcome?.paymentMethodsCleared ?? 0,
      durationMs: now() - exchange.startedAt,
      reason: refusal?.reason,
    };
    if (refusal?.code === 'internal-error')
      logger.error('request', { ...line, fault: describeFault(refusal.cause) });
    else logger.info('request', line);
  };
  return {
    before({ event: exchange }) {
      exchange.startedAt = now();
    },
    after: hook,
    onError: hook,
  };
}

// Counts the outcomes of requests as CloudWatch metrics in the embedded metric format.
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { MetricsSink } from '../../../shared/telemetry.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import type { ResetOutcome } from '../../domain/reset-password.ts';
import type { Exchange, Hook, Wrapper } from '../exchange.ts';

/** Clients normally make a first call without a token, so `token-missing` is not counted. */
const metricByCode: Partial<Record<ErrorCode | ResetOutcome['code'], string>> = {
  reset: 'PasswordReset',
  'token-invalid': 'TokenRejected',
  'token-expired': 'TokenRejected',
  'token-revoked': 'TokenRejected',
  'authentication-too-old': 'TokenRejected',
  'recovery-pin-mismatch': 'RecoveryPinMismatch',
  'internal-error': 'InternalError',
};

/**
 * Publishes the metrics of an answered request: `PasswordReset`, `PaymentMethodsCleared`, `RecoveryPinMismatch`,
 * `RecoveryPinLocked`, `TokenRejected`, `InternalError`. `PaymentMethodsCleared` gets one sample per reset without a
 * PIN, so its sample count is the number of those resets.
 */
export function outcomeMetrics(metrics: MetricsSink): Wrapper {
  const hook: Hook = ({ event: exchange }) => {
    const counts = Object.entries(countAnswer(exchange));
    for (const [name, count] of counts) metrics.addMetric(name, MetricUnit.Count, count);
    if (counts.length > 0) metrics.publishStoredMetrics();
  };
  return { after: hook, onError: hook };
}

function countAnswer({ outcome, refusal }: Exchange): Record<string, number> {
  const code = refusal?.code ?? outcome?.code;
  const metric = code && metricByCode[code];
  if (metric === undefined) return {};
  return {
    [metric]: 1,
    // A refused request has no outcome, and a replayed one has no metric.
    ...(outcome?.pinVerified === false && { PaymentMethodsCleared: outcome.paymentMethodsCleared }),
    ...(refusal?.isNewLock && { RecoveryPinLocked: 1 }),
  };
}

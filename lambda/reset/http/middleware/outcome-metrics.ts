// Counts the outcomes of requests as CloudWatch metrics in the embedded metric format.
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { MetricsSink } from '../../../shared/telemetry.ts';
import type { ErrorCode, ServiceError } from '../../domain/errors.ts';
import type { ResetOutcome } from '../../domain/reset-password.ts';
import type { Exchange, Step } from '../exchange.ts';

/** Clients normally make a first call without a token, so `token-missing` is not counted. */
const metricByCode: Partial<Record<ErrorCode, string>> = {
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
export function outcomeMetrics(metrics: MetricsSink): Step {
  const hook = ({ event: { outcome, refusal } }: { event: Exchange }) => {
    const counts = refusal ? countRefusal(refusal) : countReset(outcome);
    for (const [name, count] of Object.entries(counts)) metrics.addMetric(name, MetricUnit.Count, count);
    if (Object.keys(counts).length > 0) metrics.publishStoredMetrics();
  };
  return { after: hook, onError: hook };
}

function countRefusal({ code, data }: ServiceError): Record<string, number> {
  const metric = metricByCode[code];
  if (metric === undefined) return {};
  // Counted once for each PIN: with each request, one user could raise the alarm for many.
  return { [metric]: 1, ...(data.newLocks === 1 && { RecoveryPinLocked: 1 }) };
}

function countReset(outcome: ResetOutcome | undefined): Record<string, number> {
  if (outcome === undefined || outcome.replayed) return {};
  if (outcome.pinVerified) return { PasswordReset: 1 };
  return { PasswordReset: 1, PaymentMethodsCleared: outcome.paymentMethodsCleared };
}

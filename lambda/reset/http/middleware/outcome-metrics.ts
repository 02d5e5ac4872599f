// Counts what requests came to, as CloudWatch metrics in the embedded metric format.
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { MetricsSink } from '../../../shared/telemetry.ts';
import type { ErrorCode, ServiceError } from '../../domain/errors.ts';
import type { ResetOutcome } from '../../domain/reset-password.ts';
import type { Exchange, Step } from '../exchange.ts';

/** A first call without any token is how clients start, so `token-missing` is not counted. */
const metricOfRefusal: Partial<Record<ErrorCode, string>> = {
  'token-invalid': 'TokenRejected',
  'token-expired': 'TokenRejected',
  'token-revoked': 'TokenRejected',
  'authentication-too-old': 'TokenRejected',
  'recovery-pin-mismatch': 'RecoveryPinMismatch',
  'recovery-pin-locked': 'RecoveryPinLocked',
  'internal-error': 'InternalError',
};

/**
 * Publishes the metrics of a request once it is answered: `PasswordReset`, `PaymentMethodsCleared`,
 * `RecoveryPinMismatch`, `RecoveryPinLocked`, `TokenRejected`, `InternalError`. `PaymentMethodsCleared` has one sample
 * for each reset without a PIN, so that its sample count is the number of those resets.
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
  const metric = metricOfRefusal[code];
  if (metric === undefined) return {};
  // The attempt that uses up the last attempt is the one that locks the PIN.
  return { [metric]: 1, ...(data.remainingAttempts === 0 && { RecoveryPinLocked: 1 }) };
}

function countReset(outcome: ResetOutcome | undefined): Record<string, number> {
  if (outcome === undefined || outcome.replayed) return {};
  if (outcome.pinVerified) return { PasswordReset: 1 };
  return { PasswordReset: 1, PaymentMethodsCleared: outcome.paymentMethodsCleared };
}

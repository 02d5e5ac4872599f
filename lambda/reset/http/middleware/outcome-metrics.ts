// Counts what requests came to, as CloudWatch metrics in the embedded metric format.
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { MiddlewareObj } from '@middy/core';
import type { ErrorCode } from '../../domain/errors.ts';
import type { ResetOutcome } from '../../domain/reset-password.ts';
import type { Reportable } from './request-log.ts';

/** The part of Powertools' `Metrics` that is used. */
export interface MetricsSink {
  addMetric(name: string, unit: (typeof MetricUnit)['Count'], value: number): unknown;
  publishStoredMetrics(): unknown;
}

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
export function outcomeMetrics(metrics: MetricsSink): MiddlewareObj<Reportable> {
  const hook = ({ event: { outcome, refusal } }: { event: Reportable }) => {
    const counts = refusal ? countRefusal(refusal.code, refusal.meta) : countReset(outcome);
    for (const [name, count] of Object.entries(counts)) metrics.addMetric(name, MetricUnit.Count, count);
    if (Object.keys(counts).length > 0) metrics.publishStoredMetrics();
  };
  return { after: hook, onError: hook };
}

function countRefusal(code: ErrorCode, meta: Readonly<Record<string, unknown>> = {}): Record<string, number> {
  const metric = metricOfRefusal[code];
  if (metric === undefined) return {};
  // The attempt that uses up the last attempt is the one that locks the PIN.
  return { [metric]: 1, ...(meta.remainingAttempts === 0 && { RecoveryPinLocked: 1 }) };
}

function countReset(outcome: ResetOutcome | undefined): Record<string, number> {
  if (outcome === undefined || outcome.replayed) return {};
  if (outcome.pinVerified) return { PasswordReset: 1 };
  return { PasswordReset: 1, PaymentMethodsCleared: outcome.paymentMethodsCleared };
}

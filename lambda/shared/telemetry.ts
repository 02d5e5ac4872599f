// Where deployed functions report to.
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, type MetricUnit } from '@aws-lambda-powertools/metrics';

/** The part of Powertools' `Metrics` that is used. */
export interface MetricsSink {
  addMetric(name: string, unit: (typeof MetricUnit)['Count'], value: number): unknown;
  publishStoredMetrics(): unknown;
}

/** Where a function reports to. */
export interface Reporting {
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly metrics: MetricsSink;
}

/**
 * Makes what a deployed function reports to: its log, with the metrics embedded.
 *
 * @param options - `serviceName` names the deployment in both
 */
export function createReporting({ serviceName }: { readonly serviceName: string }): Reporting {
  return {
    logger: new Logger({ serviceName }),
    metrics: new Metrics({ namespace: 'PasswordReset', serviceName }),
  };
}

// Log and metrics of the deployed functions.
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, type MetricUnit } from '@aws-lambda-powertools/metrics';

/** The part of Powertools' `Metrics` that is used. */
export interface MetricsSink {
  addMetric(name: string, unit: (typeof MetricUnit)['Count'], value: number): unknown;
  publishStoredMetrics(): unknown;
}

/** The log and the metrics of a function. */
export interface Reporting {
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly metrics: MetricsSink;
}

/**
 * Creates the log and the metrics of a deployed function; the metrics are embedded in the log.
 *
 * @param options - `serviceName` identifies the deployment in both
 */
export function createReporting({ serviceName }: { readonly serviceName: string }): Reporting {
  return {
    logger: new Logger({ serviceName }),
    metrics: new Metrics({ namespace: 'PasswordReset', serviceName }),
  };
}

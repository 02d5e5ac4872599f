// Where deployed functions report to.
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { Reporting } from '../reset/http/pipeline.ts';

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

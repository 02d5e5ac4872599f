// The one place that makes clients of Amazon SQS.
import { SQSClient } from '@aws-sdk/client-sqs';
import { type CallLimits, clientOptions } from './aws-client.ts';

/**
 * Creates a client for the queues in the account and region of the AWS SDK's environment variables.
 *
 * @param endpoint - URL of SQS; default: AWS
 */
export function createQueueClient(limits: CallLimits, endpoint?: string): SQSClient {
  return new SQSClient({
    ...clientOptions(limits),
    // Otherwise the host of the queue URL takes precedence over AWS_ENDPOINT_URL_SQS and AWS_USE_FIPS_ENDPOINT.
    useQueueUrlAsEndpoint: false,
    ...(endpoint && { endpoint }),
  });
}

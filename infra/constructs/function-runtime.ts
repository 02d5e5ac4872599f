// What all functions have in common: the runtime, and how they log.
import { RemovalPolicy } from 'aws-cdk-lib';
import { ApplicationLogLevel, LoggingFormat, Runtime, SystemLogLevel } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Settings } from '../settings.ts';

export const runtimeProps = {
  runtime: Runtime.NODEJS_24_X,
  loggingFormat: LoggingFormat.JSON,
  applicationLogLevelV2: ApplicationLogLevel.INFO,
  // Start and end of every call say nothing that the service's own line does not; failed ones are warnings.
  systemLogLevelV2: SystemLogLevel.WARN,
} as const;

/** The log of one function, which nothing else writes to. */
export function createFunctionLog(scope: Construct, settings: Settings): LogGroup {
  return new LogGroup(scope, 'Logs', {
    retention: settings.logRetention,
    removalPolicy: settings.keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
}

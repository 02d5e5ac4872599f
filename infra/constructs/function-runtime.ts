// Runtime and logging of all functions.
import { ApplicationLogLevel, LoggingFormat, Runtime, SystemLogLevel } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Settings } from '../settings/settings.ts';
import { removalPolicyOfData } from './removal-policy.ts';

export const runtimeProps = {
  runtime: Runtime.NODEJS_24_X,
  loggingFormat: LoggingFormat.JSON,
  applicationLogLevelV2: ApplicationLogLevel.INFO,
  // Hides the lines for start and end of each invocation. Failed invocations are logged as warnings.
  systemLogLevelV2: SystemLogLevel.WARN,
} as const;

/** Creates the log group of one function. */
export function createFunctionLog(scope: Construct, settings: Settings): LogGroup {
  return new LogGroup(scope, 'Logs', {
    retention: settings.logRetention,
    removalPolicy: removalPolicyOfData(settings),
  });
}

// What all functions have in common: the runtime, how they log, and where their package comes from.
import { join } from 'node:path';
import { RemovalPolicy, Stage } from 'aws-cdk-lib';
import { ApplicationLogLevel, LoggingFormat, Runtime, SystemLogLevel } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { type Bundle, bundleFunction } from './bundle.ts';
import type { Settings } from './settings.ts';

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

/**
 * Bundles a function into the cloud assembly that is being built, usually `cdk.out`.
 *
 * @param name - of the module in `lambda/` that is the entry point, without its ending
 */
export function bundleInto(scope: Construct, { stage }: Settings, name: string): Bundle {
  const assembly = Stage.of(scope);
  if (!assembly) throw new Error('a function has to be in an app');
  return bundleFunction(join(assembly.outdir, 'bundle', stage, name), `lambda/${name}.ts`);
}

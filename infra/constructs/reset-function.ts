// The Lambda function, the alias that traffic goes to, and exactly the rights it needs.
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Alias,
  Architecture,
  Code,
  type IVersion,
  Function as LambdaFunction,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { variableNames } from '../../lambda/reset/config.ts';
import type { Bundle } from '../bundling/bundle-function.ts';
import type { Settings } from '../settings.ts';
import { createFunctionLog, runtimeProps } from './function-runtime.ts';
import type { Pepper } from './pepper-secret.ts';
import type { UserTable } from './users-table.ts';

export interface ResetFunctionProps {
  readonly settings: Settings;
  readonly bundle: Bundle;
  readonly users: UserTable;
  /** Undefined where the pepper is given inline. */
  readonly pepper: Pepper | undefined;
}

/** The function under the alias `live`. */
export class ResetFunction extends Construct {
  readonly function: LambdaFunction;
  readonly alias: Alias;
  /** Names the stage's function in its log lines and metrics. */
  readonly serviceName: string;
  readonly logGroup: LogGroup;
  /** Where the source map of the deployed bundle lies, an `s3:` URL. */
  readonly sourceMapUrl: string;

  constructor(scope: Construct, id: string, { settings, bundle, users, pepper }: ResetFunctionProps) {
    super(scope, id);
    this.logGroup = createFunctionLog(this, settings);
    this.serviceName = `password-reset-${settings.stage}`;
    this.function = new LambdaFunction(this, 'Function', {
      ...runtimeProps,
      description: 'PUT user/password/reset',
      code: Code.fromAsset(bundle.codeFolder),
      handler: 'index.handler',
      // SAM runs the function in a container of this machine.
      architecture: settings.isLocal && process.arch === 'x64' ? Architecture.X86_64 : Architecture.ARM_64,
      // The answer to a request is worked out by then, or the function says 501 itself shortly before. The gateway
      // waits for 29 seconds, so that a cold start on top of it still fits.
      timeout: Duration.seconds(10),
      // One whole processor: Argon2id keeps one busy for 20 to 30 ms, and twice that at half the memory for the same
      // price. A second one would have nothing to do.
      memorySize: 1769,
      ...(settings.reservedConcurrency && { reservedConcurrentExecutions: settings.reservedConcurrency }),
      environment: {
        ...environmentOf(settings, users, pepper),
        POWERTOOLS_SERVICE_NAME: this.serviceName,
      },
      role: this.#role(users, pepper),
      tracing: Tracing.ACTIVE,
      logGroup: this.logGroup,
      // The version before is what a rollback goes back to, so deployments must not delete it.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
    });
    // The library's own types do not meet `exactOptionalPropertyTypes`.
    const version = this.function.currentVersion as IVersion;
    this.alias = new Alias(this, 'Live', { aliasName: 'live', version });
    this.sourceMapUrl = new Asset(this, 'SourceMap', { path: bundle.sourceMapFolder }).s3ObjectUrl;
  }

  /** Lambda's usual role may write to every log group of the account; this one writes to its own. */
  #role(users: UserTable, pepper: Pepper | undefined): Role {
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.logGroup.grantWrite(role);
    users.grantReset(role);
    if (pepper) {
      role.addToPolicy(
        new PolicyStatement({
          actions: ['secretsmanager:GetSecretValue'],
          resources: [pepper.secret.secretArn],
        }),
      );
    }
    Validations.of(role.node.findChild('DefaultPolicy')).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'X-Ray has no resources to name: PutTraceSegments and PutTelemetryRecords are granted on "*" or not at all.',
    });
    return role;
  }
}

function environmentOf(
  settings: Settings,
  users: UserTable,
  pepper: Pepper | undefined,
): Record<string, string> {
  return {
    // SAM overrides only those variables that a template declares.
    ...(settings.isLocal && Object.fromEntries(variableNames.map((name) => [name, '']))),
    ...settings.variables,
    TABLE_NAME: users.table.tableName,
    ...(pepper && { PIN_PEPPER_SECRET_ID: pepper.secret.secretArn }),
  };
}

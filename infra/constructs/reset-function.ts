// The Lambda function behind the API, its alias, and a role with the minimal permissions.
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
import type { Settings } from '../settings/settings.ts';
import { createFunctionLog, runtimeProps } from './function-runtime.ts';
import type { Pepper } from './pepper-secret.ts';
import type { UserTable } from './users-table.ts';

export interface ResetFunctionProps {
  readonly settings: Settings;
  readonly bundle: Bundle;
  readonly users: UserTable;
  /** Undefined if the pepper keys are set inline. */
  readonly pepper: Pepper | undefined;
}

/** The function, with an alias `live` that receives the traffic. */
export class ResetFunction extends Construct {
  readonly function: LambdaFunction;
  readonly alias: Alias;
  /** Identifies the stage in log lines and metrics. */
  readonly serviceName: string;
  readonly logGroup: LogGroup;
  /** `s3:` URL of the deployed bundle's source map. */
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
      // SAM runs the function in a container on this machine.
      architecture: settings.isLocal && process.arch === 'x64' ? Architecture.X86_64 : Architecture.ARM_64,
      // The function answers 501 itself half a second before this timeout. The gateway waits for 29 seconds, which is
      // enough for a cold start in addition.
      timeout: Duration.seconds(10),
      // Exactly one vCPU. Argon2id has one lane: with less memory a reset with a PIN takes longer, and with more it only costs
      // more (docs/scale.md, "Memory size").
      memorySize: 1769,
      ...(settings.reservedConcurrency && { reservedConcurrentExecutions: settings.reservedConcurrency }),
      environment: {
        ...buildEnvironment(settings, users, pepper),
        POWERTOOLS_SERVICE_NAME: this.serviceName,
        // Threads for Argon2 and for look-ups of host names, which get at most half of them. A look-up cannot be aborted:
        // with libuv's four, two that hang for Secrets Manager would keep the function from finding the table.
        UV_THREADPOOL_SIZE: '32',
      },
      role: this.#createRole(users, pepper),
      tracing: Tracing.ACTIVE,
      logGroup: this.logGroup,
      // A rollback needs the previous version, so deployments must not delete it. A deployment that fails takes its own
      // version back: if that stayed, Lambda would refuse to publish the same code again in the next attempt.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE },
    });
    Validations.of(this.function).acknowledge({
      id: 'Serverless-LambdaDLQ',
      reason:
        'The queue of a function takes asynchronous calls that failed. API Gateway calls synchronously, and its caller ' +
        'gets the failure.',
    });
    // The types of aws-cdk-lib do not satisfy `exactOptionalPropertyTypes`.
    const version = this.function.currentVersion as IVersion;
    this.alias = new Alias(this, 'Live', { aliasName: 'live', version });
    this.sourceMapUrl = new Asset(this, 'SourceMap', { path: bundle.sourceMapFolder }).s3ObjectUrl;
  }

  /** Unlike CDK's default role, this one can write only to the log group of this function. */
  #createRole(users: UserTable, pepper: Pepper | undefined): Role {
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
        'X-Ray does not support resource-level permissions for PutTraceSegments and PutTelemetryRecords.',
    });
    return role;
  }
}

function buildEnvironment(
  settings: Settings,
  users: UserTable,
  pepper: Pepper | undefined,
): Record<string, string> {
  return {
    // SAM can override only variables that the template declares.
    ...(settings.isLocal && Object.fromEntries(variableNames.map((name) => [name, '']))),
    // SAM's image sets it to the name of a file, and the logger warns about that at each cold start.
    ...(settings.isLocal && { TZ: 'UTC' }),
    ...settings.variables,
    TABLE_NAME: users.table.tableName,
    ...(pepper && { PIN_PEPPER_SECRET_ID: pepper.secret.secretArn }),
  };
}

// How a new version takes over from the old one.
import { Validations } from 'aws-cdk-lib';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { LambdaDeploymentConfig, LambdaDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

export interface CanaryRolloutProps {
  readonly alias: Alias;
  /** Any of them takes all traffic back to the old version. */
  readonly alarms: readonly IAlarm[];
}

/** A tenth of the traffic for five minutes, then all of it. */
export class CanaryRollout extends Construct {
  constructor(scope: Construct, id: string, { alias, alarms }: CanaryRolloutProps) {
    super(scope, id);
    const group = new LambdaDeploymentGroup(this, 'Group', {
      alias,
      alarms: [...alarms],
      deploymentConfig: LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
      autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: true },
    });
    Validations.of(group).acknowledge({
      id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited]',
      reason:
        "The role is CodeDeploy's, not the function's, and the construct attaches the policy to any role. It moves " +
        'aliases and reads alarms.',
    });
  }
}

// The gradual rollout of a new version of the function.
import { Validations } from 'aws-cdk-lib';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { LambdaDeploymentConfig, LambdaDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

export interface CanaryRolloutProps {
  readonly alias: Alias;
  /** If any of them goes off during the rollout, all traffic returns to the old version. */
  readonly alarms: readonly IAlarm[];
}

/** Gives a new version a tenth of the traffic for five minutes, then all of it. */
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
        'The role is for CodeDeploy and not for the function, and the construct attaches the policy to any role. The ' +
        'policy allows moving aliases and reading alarms.',
    });
  }
}

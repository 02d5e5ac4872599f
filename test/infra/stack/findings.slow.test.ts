// What cdk-nag and the CDK find in the stack.
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import { documentedOperations } from '../../support/openapi.ts';
import { required, type Synthesis, synthesize, synthesizeStage, synthesizeStages } from './synthesis.ts';

const stages = await synthesizeStages('prod', 'dev', 'local');

describe.each(stages)('the stage %s', (_stage, synthesis) => {
  test('has no open cdk-nag finding and no warning, so that the synthesis prints nothing', () => {
    expect(findingsOf(synthesis)).toEqual([]);
    expect(warningsOf(synthesis)).toEqual([]);
  });
});

describe('a stage with all optional settings', () => {
  test('has no open cdk-nag finding and no warning', async () => {
    const synthesis = await synthesizeStage('full');
    expect(findingsOf(synthesis)).toEqual([]);
    expect(warningsOf(synthesis)).toEqual([]);
  });
});

test('a stage that publishes to an existing bus has no open cdk-nag finding', async () => {
  expect(findingsOf(await synthesize({ stage: 'dev', ...required, eventBusName: 'platform' }))).toEqual([]);
});

test('exactly these findings of cdk-nag are acknowledged', () => {
  const policy = 'Policy::arn:<AWS::Partition>:iam::aws:policy/service-role';
  const ofEachMethod = (stack: string) =>
    documentedOperations
      .map(({ method, path }) => `${stack}/Api/Api/Default/user/2021-2${path}/${method}`)
      .flatMap((at) => [`AwsSolutions-APIG4 at ${at}`, `AwsSolutions-COG4 at ${at}`]);
  const inEveryStage = (stage: string, stack: string) => [
    `AwsSolutions-IAM5[Resource::*] at ${stack}/Function/Role/DefaultPolicy`,
    `AwsSolutions-APIG2 at ${stack}/Api/Api/Resource`,
    `AwsSolutions-APIG6 at ${stack}/Api/Api/DeploymentStage.${stage}`,
    `Serverless-APIGWXrayEnabled at ${stack}/Api/Api/DeploymentStage.${stage}`,
    `Serverless-LambdaDLQ at ${stack}/Function/Function`,
    ...ofEachMethod(stack),
  ];
  const streams = 'Resource::<UsersTable6D91A5EE.Arn>/stream/*';
  const whereDeployed = (stack: string) => [
    `AwsSolutions-SQS3 at ${stack}/Events/DeadLetters`,
    `Serverless-SQSRedrivePolicy at ${stack}/Events/DeadLetters`,
    `Serverless-LambdaDLQ at ${stack}/Events/Function`,
    `Serverless-LambdaTracing at ${stack}/Events/Function`,
    `AwsSolutions-IAM5[${streams}] at ${stack}/Events/Role/DefaultPolicy`,
    `AwsSolutions-SMG4 at ${stack}/Pepper/Secret`,
    `AwsSolutions-IAM4[${policy}/AmazonAPIGatewayPushToCloudWatchLogs] at ${stack}/Api/Api/CloudWatchRole`,
    `AwsSolutions-IAM4[${policy}/AWSCodeDeployRoleForLambdaLimited] at ${stack}/Rollout/Group`,
  ];
  const withoutFirewall = (stage: string, stack: string) => [
    `AwsSolutions-APIG3 at ${stack}/Api/Api/DeploymentStage.${stage}`,
  ];
  const withMail = (stack: string) => [
    `Serverless-SNSRedrivePolicy at ${stack}/Observability/Alarms/oncall@example.com`,
  ];
  for (const [stage, synthesis] of stages) {
    const stack = `password-reset-${stage}`;
    const expected = [
      ...(stage === 'prod' ? withMail(stack) : []),
      ...inEveryStage(stage, stack),
      ...(stage === 'local' ? [] : whereDeployed(stack)),
      ...(stage === 'prod' ? [] : withoutFirewall(stage, stack)),
    ];
    expect(acknowledgements(synthesis).toSorted()).toEqual(expected.toSorted());
  }
});

/** The findings of cdk-nag, as `rule at path`. */
function findingsOf({ app }: Synthesis): string[] {
  return [new AwsSolutionsChecks(app), new ServerlessChecks(app)]
    .flatMap((checks) => checks.validateScope(app).violations)
    .flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
    );
}

/** The warnings of the CDK, as `text at path`. */
function warningsOf({ stack }: Synthesis): string[] {
  return stack.node
    .findAll()
    .flatMap(({ node }) =>
      node.metadata
        .filter(({ type }) => type === 'aws:cdk:warning')
        .map(({ data }) => `${data} at ${node.path}`),
    );
}

/** The acknowledged findings of cdk-nag, as `rule at path`. */
function acknowledgements({ stack }: Synthesis): string[] {
  return stack.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.keys(data))
      .map((rule) => `${rule.replace('Annotation::', '')} at ${node.path}`),
  );
}

// The stack as a whole: its names, roles, logs and outputs, and what each stage leaves out.
import { describe, expect, test } from 'vitest';
import { allOf, synthesizeStage, synthesizeStages, theOne } from './synthesis.ts';

const dev = await synthesizeStage('dev');
const local = await synthesizeStage('local');

/** The retention times of infra/settings/stages.ts that docs/deploy.md tells too, written down a second time on purpose. */
const logDays = { prod: 365, dev: 30, local: 7 };

describe.each(await synthesizeStages('prod', 'dev', 'local'))('the stage %s', (stage, stack) => {
  test('leaves names to CloudFormation', () => {
    for (const type of ['AWS::DynamoDB::Table', 'AWS::Lambda::Function', 'AWS::SecretsManager::Secret']) {
      for (const [, { Properties }] of allOf(stack, type)) {
        expect(Object.keys(Properties)).not.toContain(
          type === 'AWS::SecretsManager::Secret' ? 'Name' : `${type.split('::')[2]}Name`,
        );
      }
    }
  });

  test('has a retention time for every log', () => {
    const groups = allOf(stack, 'AWS::Logs::LogGroup');
    expect(groups.length).toBeGreaterThanOrEqual(2);
    for (const [, { Properties }] of groups) expect(Properties.RetentionInDays).toBe(logDays[stage]);
  });

  test('has only roles that AWS services can assume', () => {
    const services = allOf(stack, 'AWS::IAM::Role').map(([, { Properties }]) => {
      const { Statement } = Properties.AssumeRolePolicyDocument as { Statement: unknown[] };
      expect(Statement).toEqual([
        { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: expect.any(String) } },
      ]);
      return (Statement[0] as { Principal: { Service: string } }).Principal.Service;
    });
    const deployed = [
      'apigateway.amazonaws.com',
      'codedeploy.amazonaws.com',
      'lambda.amazonaws.com',
      'lambda.amazonaws.com',
    ];
    expect(services.sort()).toEqual(stage === 'local' ? ['lambda.amazonaws.com'] : deployed);
  });

  test('has outputs for endpoint, table, function, dashboard and source map', () => {
    expect(Object.keys(stack.outputs)).toEqual(
      expect.arrayContaining(['Endpoint', 'TableName', 'FunctionName', 'Dashboard', 'SourceMap']),
    );
  });
});

describe('the stack of production', () => {
  test('has termination protection', async () => {
    expect((await synthesizeStage('prod')).stack.terminationProtection).toBe(true);
    expect(dev.stack.terminationProtection).toBe(false);
  });
});

test('the stack of development can be deleted, and deployed in an account with ten executions in all', () => {
  expect(theOne(dev, 'AWS::DynamoDB::Table')[1]).toMatchObject({
    DeletionPolicy: 'Delete',
    Properties: { DeletionProtectionEnabled: false },
  });
  expect(theOne(dev, 'AWS::Lambda::Function', 'Function')[1].Properties).not.toHaveProperty(
    'ReservedConcurrentExecutions',
  );
  expect(allOf(dev, 'AWS::WAFv2::WebACL')).toEqual([]);
});

describe('the stage for SAM', () => {
  test('has no resource that SAM cannot emulate', () => {
    expect(allOf(local, 'AWS::CodeDeploy::DeploymentGroup')).toEqual([]);
    expect(allOf(local, 'AWS::ApiGateway::Account')).toEqual([]);
    expect(JSON.stringify(local.resources)).not.toContain('"MOCK"');
  });
});

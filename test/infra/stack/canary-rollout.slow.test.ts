// How a new version gets its traffic.
import { describe, expect, test } from 'vitest';
import {
  alarmName,
  allOf,
  required,
  type Synthesis,
  synthesize,
  synthesizeStage,
  synthesizeStages,
  theOne,
} from './synthesis.ts';

describe.each(await synthesizeStages('prod', 'dev'))('the deployed stage %s', (_stage, stack) => {
  test('shifts traffic by canary, and rolls back on an alarm of the service', () => {
    const [group, { Properties }] = theOne(stack, 'AWS::CodeDeploy::DeploymentGroup');
    expect(Properties).toMatchObject({
      DeploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
      AutoRollbackConfiguration: {
        Enabled: true,
        Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST', 'DEPLOYMENT_STOP_ON_ALARM'],
      },
    });
    const { Alarms, Enabled } = Properties.AlarmConfiguration as {
      Alarms: { Name: { Ref: string } }[];
      Enabled: boolean;
    };
    expect(Enabled).toBe(true);
    expect(Alarms.map(({ Name }) => alarmName(Name.Ref))).toEqual(['ErrorsOfFiveMinutes', 'SlowP99']);
    const [, alias] = theOne(stack, 'AWS::Lambda::Alias');
    expect(alias.UpdatePolicy).toMatchObject({
      CodeDeployLambdaAliasUpdate: { DeploymentGroupName: { Ref: group } },
    });
  });
});

describe('the stack of production', () => {
  test('with rollout=at-once, gives a new version all traffic at once, whatever alarm rings', async () => {
    const atOnce = await synthesize({ stage: 'prod', ...required, rollout: 'at-once' });
    expect(theOne(atOnce, 'AWS::Lambda::Alias')[1].UpdatePolicy).toBeUndefined();
    expect(Object.values(atOnce.resources).filter(({ Type }) => Type.startsWith('AWS::CodeDeploy'))).toEqual(
      [],
    );
    // The alarms stay, and ring.
    const alarms = (stack: Synthesis) => allOf(stack, 'AWS::CloudWatch::Alarm').map(([id]) => id);
    expect(alarms(atOnce)).toEqual(alarms(await synthesizeStage('prod')));
  });
});

// The alarm on requests that are refused before they reach the function, which has no log of them.
import { expect, test } from 'vitest';
import { allOf, type Synthesis, synthesizeStage, theOne } from './synthesis.ts';

const prod = await synthesizeStage('prod');
const dev = await synthesizeStage('dev');
const [, { Properties: filter }] = theOne(prod, 'AWS::Logs::MetricFilter');

test('refusals by throttle and firewall, and of paths that are not served, are counted in the access log', () => {
  const [accessLog] = theOne(prod, 'AWS::Logs::LogGroup', 'ApiAccessLog');
  expect(filter.LogGroupName).toEqual({ Ref: accessLog });
  const types = [...String(filter.FilterPattern).matchAll(/\(\$\.errorType = "(\w+)"\)/g)].map(
    ([, type]) => type,
  );
  expect(types).toEqual(expect.arrayContaining(['THROTTLED', 'WAF_FILTERED', 'INVALID_SIGNATURE']));
  // Scanners ask for any path, without a token.
  expect(types).not.toContain('MISSING_AUTHENTICATION_TOKEN');
  const answered = allOf(prod, 'AWS::ApiGateway::GatewayResponse').map(
    ([, { Properties }]) => Properties.ResponseType,
  );
  expect(answered).toEqual(expect.arrayContaining(types));
});

test('each stage of an account has a count of its own', () => {
  const nameOf = (stack: Synthesis) => {
    const { MetricTransformations } = theOne(stack, 'AWS::Logs::MetricFilter')[1].Properties;
    return (MetricTransformations as [{ MetricName: string }])[0].MetricName;
  };
  expect([nameOf(dev), nameOf(prod)]).toEqual([
    'RequestRefused-password-reset-dev',
    'RequestRefused-password-reset-prod',
  ]);
});

test('the alarm rings at a tenth of the requests, and not for a few of them', () => {
  const [, { Properties }] = theOne(prod, 'AWS::CloudWatch::Alarm', 'ObservabilityRefusedRequests');
  const metrics = Properties.Metrics as { Id: string; Expression?: string; MetricStat?: object }[];
  const { Expression } = metrics.find((one) => one.Expression) ?? {};
  const refusals = (refused: number, calls?: number) =>
    new Function('IF', 'FILL', 'refused', 'calls', `return ${Expression}`)(
      (condition: boolean, yes: number, no: number) => (condition ? yes : no),
      (value: number | undefined, otherwise: number) => value ?? otherwise,
      refused,
      calls,
    );
  expect(Properties).toMatchObject({
    Threshold: 100,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    TreatMissingData: 'notBreaching',
  });
  // Nobody gets through any more.
  expect(refusals(100)).toBe(100);
  expect(refusals(99)).toBeLessThan(100);
  // A tenth.
  expect(refusals(1_000, 9_000)).toBe(1_000);
  // One address is too fast while everybody else is served.
  expect(refusals(1_000, 9_100)).toBe(0);
  const measured = metrics.flatMap(({ MetricStat }) => MetricStat ?? []);
  expect(measured).toMatchObject([
    { Metric: { Namespace: 'PasswordReset', MetricName: 'RequestRefused-password-reset-prod' }, Period: 900 },
    { Metric: { Namespace: 'AWS/Lambda', MetricName: 'Invocations' }, Period: 900 },
  ]);
});

test('the log of the firewall is an output', () => {
  const [log] = theOne(prod, 'AWS::Logs::LogGroup', 'FirewallLogs');
  expect(prod.outputs.FirewallLog?.Value).toEqual({ Ref: log });
  expect(dev.outputs).not.toHaveProperty('FirewallLog');
});

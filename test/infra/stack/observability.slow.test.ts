// The alarms and the dashboard.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { alarmName, allOf, required, synthesize, synthesizeStage, theOne } from './synthesis.ts';

const prod = await synthesizeStage('prod');
const dev = await synthesizeStage('dev');

describe('the alarms', () => {
  const alarms = Object.fromEntries(
    allOf(prod, 'AWS::CloudWatch::Alarm').map(([id, { Properties }]) => [alarmName(id), Properties]),
  );
  const own = { Namespace: 'PasswordReset', Dimensions: [{ Name: 'service', Value: 'password-reset-prod' }] };

  test.each([
    [
      'SlowP99',
      {
        Namespace: 'AWS/Lambda',
        MetricName: 'Duration',
        ExtendedStatistic: 'p99',
        Period: 60,
        Threshold: 2000,
        EvaluationPeriods: 5,
        DatapointsToAlarm: 3,
      },
    ],
    [
      'Throttles',
      {
        Namespace: 'AWS/Lambda',
        MetricName: 'Throttles',
        Statistic: 'Sum',
        Period: 60,
        Threshold: 1,
        EvaluationPeriods: 5,
        DatapointsToAlarm: 3,
      },
    ],
    ['LockedPins', { ...own, MetricName: 'RecoveryPinLocked', Statistic: 'Sum', Period: 900, Threshold: 10 }],
    [
      'ResetsWithoutPin',
      { ...own, MetricName: 'PaymentMethodsCleared', Statistic: 'SampleCount', Period: 900, Threshold: 200 },
    ],
    [
      'RejectedTokens',
      { ...own, MetricName: 'TokenRejected', Statistic: 'Sum', Period: 900, Threshold: 1000 },
    ],
    [
      'LateEvents',
      {
        Namespace: 'AWS/Lambda',
        MetricName: 'IteratorAge',
        Dimensions: [
          { Name: 'FunctionName', Value: { Ref: theOne(prod, 'AWS::Lambda::Function', 'Events')[0] } },
        ],
        Statistic: 'Maximum',
        Period: 60,
        Threshold: 300_000,
        EvaluationPeriods: 3,
        DatapointsToAlarm: 2,
      },
    ],
    [
      'DeadLetters',
      {
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Statistic: 'Maximum',
        Period: 60,
        Threshold: 1,
        // A queue that nobody uses has no metrics after some hours, and still has its letters.
        TreatMissingData: 'ignore',
      },
    ],
    ['RefusedEvents', { ...own, MetricName: 'EventRefused', Statistic: 'Sum', Period: 900, Threshold: 50 }],
  ])('include %s with its metric and the topic', (name, expected) => {
    const [topic] = theOne(prod, 'AWS::SNS::Topic');
    expect(alarms[name]).toMatchObject({
      EvaluationPeriods: 1,
      DatapointsToAlarm: 1,
      TreatMissingData: 'notBreaching',
      ...expected,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      AlarmActions: [{ Ref: topic }],
      OKActions: [{ Ref: topic }],
      AlarmDescription: expect.stringContaining(`docs/runbook.md, "${name}"`),
    });
  });

  test('have other thresholds in development', () => {
    const thresholds = allOf(dev, 'AWS::CloudWatch::Alarm').map(([id, { Properties }]) => [
      alarmName(id),
      Properties.Threshold,
    ]);
    expect(Object.fromEntries(thresholds)).toEqual({
      ErrorsOfHour: 1.44,
      ErrorsOfFiveMinutes: 1.44,
      ErrorsOfSixHours: 0.6,
      ErrorsOfHalfHour: 0.6,
      SlowP99: 3000,
      Throttles: 1,
      LockedPins: 20,
      ResetsWithoutPin: 100,
      RejectedTokens: 500,
      RefusedRequests: 50,
      LateEvents: 300_000,
      MissingEvents: 3,
      DeadLetters: 1,
      RefusedEvents: 50,
    });
  });

  test('each have a section in the runbook if they notify somebody', async () => {
    const runbook = readFileSync('docs/runbook.md', 'utf8');
    const parts = [...runbook.matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
    const domain = {
      domainName: 'api.example.com',
      certificateArn: `arn:aws:acm:eu-central-1:${'1'.repeat(12)}:certificate/0`,
    };
    const full = await synthesize({ stage: 'prod', ...required, ...domain });
    const notifying = ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm']
      .flatMap((type) => allOf(full, type))
      .filter(([, { Properties }]) => Properties.AlarmActions);
    expect(notifying.map(([id]) => alarmName(id)).sort()).toEqual(parts.sort());
    expect(parts).toHaveLength(12);
    for (const [id, { Properties }] of notifying) {
      expect(Properties.AlarmDescription).toContain(`docs/runbook.md, "${alarmName(id)}"`);
      expect(Properties.OKActions).toEqual(Properties.AlarmActions);
    }
  });

  /** The value of an alarm's metric math for values of its metrics; undefined: no data points. */
  function mathOf(name: string, values: Record<string, number | undefined>): number {
    const { Metrics } = alarms[name] as {
      Metrics: { Id: string; Expression?: string; MetricStat?: { Period: number }; ReturnData?: boolean }[];
    };
    const { Expression } = Metrics.find((metric) => metric.Expression) ?? {};
    const ids = Metrics.filter((metric) => !metric.Expression).map(({ Id }) => Id);
    expect(ids.sort()).toEqual(Object.keys(values).sort());
    const IF = (condition: boolean, yes: number, no: number) => (condition ? yes : no);
    const FILL = (value: number | undefined, otherwise: number) => value ?? otherwise;
    return new Function('IF', 'FILL', ...ids, `return ${Expression}`)(
      IF,
      FILL,
      ...ids.map((id) => values[id]),
    );
  }

  describe('on internal errors', () => {
    test.each([
      ['ErrorsOfHour', 3_600, 1.44],
      ['ErrorsOfFiveMinutes', 300, 1.44],
      ['ErrorsOfSixHours', 21_600, 0.6],
      ['ErrorsOfHalfHour', 1_800, 0.6],
    ])(
      '%s compares the share of 501 with the rate at which the error budget burns',
      (name, seconds, threshold) => {
        const { Metrics, Threshold, ...alarm } = alarms[name] ?? {};
        expect(Threshold).toBe(threshold);
        expect(alarm).toMatchObject({
          ComparisonOperator: 'GreaterThanOrEqualToThreshold',
          TreatMissingData: 'notBreaching',
          EvaluationPeriods: 1,
        });
        // It notifies nobody: InternalErrors does.
        expect(alarm).not.toHaveProperty('AlarmActions');
        const stats = (
          Metrics as { MetricStat?: { Metric: object; Period: number; Stat: string } }[]
        ).flatMap(({ MetricStat }) => MetricStat ?? []);
        const metric = (MetricName: string) => ({
          Metric: expect.objectContaining({ Namespace: 'AWS/ApiGateway', MetricName }),
          Period: seconds,
          Stat: 'Sum',
        });
        expect(stats).toEqual([metric('5XXError'), metric('Count')]);
      },
    );

    test('do not ring for one or two errors, however few the requests are, but for three of a few', () => {
      for (const name of ['ErrorsOfHour', 'ErrorsOfFiveMinutes', 'ErrorsOfSixHours', 'ErrorsOfHalfHour']) {
        expect(mathOf(name, { errors: 1, requests: 1 })).toBe(0);
        expect(mathOf(name, { errors: 2, requests: 2 })).toBe(0);
        expect(mathOf(name, { errors: 3, requests: 4 })).toBe(75);
        expect(mathOf(name, { errors: 3, requests: 10_000 })).toBeCloseTo(0.03);
      }
    });

    test('ring for a version that gets a tenth of the requests and fails at more than one in seven of them', () => {
      const requests = 3_000;
      const errors = requests / 10 / 6.9;
      const threshold = Number(alarms.ErrorsOfFiveMinutes?.Threshold);
      expect(mathOf('ErrorsOfFiveMinutes', { errors, requests })).toBeGreaterThan(threshold);
      expect(mathOf('ErrorsOfFiveMinutes', { errors: errors / 2, requests })).toBeLessThan(threshold);
    });

    test('notify if both windows of a burn rate ring: hour and five minutes, or six hours and half an hour', () => {
      const [, { Properties }] = theOne(prod, 'AWS::CloudWatch::CompositeAlarm');
      const arn = (name: string) => {
        const [id] = allOf(prod, 'AWS::CloudWatch::Alarm').find(([one]) => alarmName(one) === name) ?? [];
        return { 'Fn::GetAtt': [id, 'Arn'] };
      };
      expect(Properties.AlarmRule).toEqual({
        'Fn::Join': [
          '',
          [
            '((ALARM("',
            arn('ErrorsOfHour'),
            '") AND ALARM("',
            arn('ErrorsOfFiveMinutes'),
            '")) OR (ALARM("',
            arn('ErrorsOfSixHours'),
            '") AND ALARM("',
            arn('ErrorsOfHalfHour'),
            '")))',
          ],
        ],
      });
      expect(Properties.AlarmActions).toEqual([{ Ref: theOne(prod, 'AWS::SNS::Topic')[0] }]);
    });
  });

  test('on missing events compare counts of both functions over six hours, and ring even if there is no event', () => {
    const { Metrics, ...alarm } = alarms.MissingEvents ?? {};
    expect(alarm).toMatchObject({
      Threshold: 3,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      EvaluationPeriods: 1,
      TreatMissingData: 'ignore',
    });
    const stats = (Metrics as { MetricStat?: unknown }[]).flatMap(({ MetricStat }) => MetricStat ?? []);
    const metric = (MetricName: string) => ({ Metric: { ...own, MetricName }, Period: 21_600, Stat: 'Sum' });
    expect(stats).toEqual(['PasswordReset', 'EventPublished', 'EventSetAside'].map(metric));
    const missing = (resets: number, published?: number, setAside?: number) =>
      mathOf('MissingEvents', { resets, published, setAside });
    // Nothing is read.
    expect(missing(3)).toBe(3);
    expect(missing(2)).toBe(2);
    expect(missing(1_000, 850)).toBe(150);
    // Events are on their way, were published twice, are of locked PINs, or are in the dead-letter queue.
    expect(missing(1_000, 950)).toBe(0);
    expect(missing(10, 25)).toBe(0);
    expect(missing(10, 4, 6)).toBe(0);
  });

  test('include one for the certificate of a domain name, which rings a month before it expires', async () => {
    const certificateArn = `arn:aws:acm:eu-central-1:${'1'.repeat(12)}:certificate/0`;
    const named = await synthesize({
      stage: 'dev',
      ...required,
      domainName: 'api.example.com',
      certificateArn,
    });
    const [, { Properties }] = theOne(named, 'AWS::CloudWatch::Alarm', 'ObservabilityCertificateExpiry');
    expect(Properties).toMatchObject({
      Namespace: 'AWS/CertificateManager',
      MetricName: 'DaysToExpiry',
      Dimensions: [{ Name: 'CertificateArn', Value: certificateArn }],
      Statistic: 'Minimum',
      Period: 86_400,
      Threshold: 30,
      ComparisonOperator: 'LessThanOrEqualToThreshold',
      TreatMissingData: 'ignore',
    });
    expect(alarms).not.toHaveProperty('CertificateExpiry');
  });

  test('reach the mail address through a topic that accepts only CloudWatch, over TLS', () => {
    expect(theOne(prod, 'AWS::SNS::Subscription')[1].Properties).toMatchObject({
      Protocol: 'email',
      Endpoint: 'oncall@example.com',
    });
    const { Statement } = theOne(prod, 'AWS::SNS::TopicPolicy')[1].Properties.PolicyDocument as {
      Statement: unknown[];
    };
    expect(Statement).toEqual([
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      expect.objectContaining({
        Effect: 'Allow',
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      }),
    ]);
    expect(allOf(dev, 'AWS::SNS::Subscription')).toEqual([]);
  });

  test('have their metrics on the dashboard, with those of the resets', () => {
    const body = JSON.stringify(theOne(prod, 'AWS::CloudWatch::Dashboard')[1].Properties.DashboardBody);
    for (const metric of [
      'PasswordReset',
      'PaymentMethodsCleared',
      'RecoveryPinMismatch',
      'RecoveryPinLocked',
      'TokenRejected',
      'InternalError',
      'EventPublished',
      'EventRefused',
      'EventSetAside',
      'IteratorAge',
      'ApproximateNumberOfMessagesVisible',
      '5XXError',
      'Duration',
      'Throttles',
    ]) {
      expect(body).toContain(metric);
    }
  });
});

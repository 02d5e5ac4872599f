// Alarms, the topic that they notify, and the dashboard.
import { Duration, Stack, Validations } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmBase,
  AlarmRule,
  AlarmState,
  ComparisonOperator,
  CompositeAlarm,
  Dashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  Metric,
  TextWidget,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Settings } from '../settings/settings.ts';
import { errorBudget } from '../settings/stages.ts';
import type { ResetEvents } from './event-publishing.ts';
import type { ResetApi } from './reset-api.ts';
import type { ResetFunction } from './reset-function.ts';
import type { UserTable } from './users-table.ts';

export interface ObservabilityProps {
  readonly settings: Settings;
  readonly api: ResetApi;
  readonly reset: ResetFunction;
  readonly users: UserTable;
  /** Undefined if the stage publishes no events. */
  readonly events: ResetEvents | undefined;
}

interface AlarmSpec {
  readonly metric: IMetric;
  readonly threshold: number;
  /** The first sentence of the alarm's description. */
  readonly meaning: string;
  /** How many of the latest periods must be above the threshold; default: one of one. */
  readonly badPeriods?: { readonly of: number; readonly atLeast: number };
  /** Default: the threshold is the smallest value that raises the alarm. */
  readonly comparison?: ComparisonOperator;
  /** Default: not breaching, because without traffic there are no data points. */
  readonly missingData?: TreatMissingData;
}

/**
 * How fast the error budget may burn before somebody is called. At a burn rate of 1 the budget of 30 days lasts 30 days.
 * One hour at a rate of 14.4 uses 2 % of it, and six hours at a rate of 6 use 5 %. The long window shows that it matters,
 * the short one that it still goes on (https://sre.google/workbook/alerting-on-slos/).
 */
const burnRates = [
  { rate: 14.4, windows: { Hour: Duration.hours(1), FiveMinutes: Duration.minutes(5) } },
  { rate: 6, windows: { SixHours: Duration.hours(6), HalfHour: Duration.minutes(30) } },
];

type Metrics = ReturnType<typeof createMetrics>;
type EventMetrics = ReturnType<typeof createEventMetrics>;

/** Alarms and dashboard for the metrics of AWS and the custom metrics of the functions. */
export class Observability extends Construct {
  readonly topic: Topic;
  /**
   * The alarms that roll back a deployment: what a bad version does within the minutes of a canary. A version that gets a
   * tenth of the requests and fails at more than one in seven of them burns the budget at the fast rate. Alarms for locked
   * PINs, refused tokens, resets without a PIN and throttles are not among them: callers cause these, and an attack must
   * not roll back the fix that is being deployed against it.
   */
  readonly rollbackAlarms: readonly Alarm[];
  readonly dashboardUrl: string;

  constructor(scope: Construct, id: string, { settings, api, reset, users, events }: ObservabilityProps) {
    super(scope, id);
    const metrics = createMetrics(api, reset, users);
    this.topic = this.#createTopic(settings.alarmMail);
    this.rollbackAlarms = this.#addTechnicalAlarms(metrics, settings);
    this.#addAbuseAlarms(metrics, settings);
    this.#addRefusalAlarm(metrics, settings);
    const eventMetrics = events && createEventMetrics(events, reset);
    if (eventMetrics) this.#addEventAlarms(eventMetrics, metrics, settings);
    if (settings.domain) this.#addCertificateAlarm(settings.domain.certificateArn);
    this.dashboardUrl = this.#addDashboard(metrics, eventMetrics, settings);
  }

  #createTopic(alarmMail: string | undefined): Topic {
    const topic = new Topic(this, 'Alarms', { displayName: Stack.of(this).stackName, enforceSSL: true });
    // `enforceSSL` adds a topic policy. That replaces the default policy, which allows CloudWatch to publish.
    topic.grantPublish(
      new ServicePrincipal('cloudwatch.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    if (alarmMail) {
      Validations.of(topic.addSubscription(new EmailSubscription(alarmMail))).acknowledge({
        id: 'Serverless-SNSRedrivePolicy',
        reason:
          'Nobody would look into a queue of mails that could not be delivered, and the alarm itself goes on showing its state.',
      });
    }
    return topic;
  }

  /** Returns those that roll back a deployment. */
  #addTechnicalAlarms(metrics: Metrics, { alarms }: Settings): Alarm[] {
    const fiveMinutes = this.#addErrorAlarms(metrics, alarms.internalErrors);
    const slow = this.#addAlarm('SlowP99', {
      metric: metrics.durationP99.with({ period: Duration.minutes(1) }),
      threshold: alarms.p99Duration,
      meaning: 'One reset in a hundred takes too long.',
      badPeriods: { of: 5, atLeast: 3 },
    });
    this.#addAlarm('Throttles', {
      metric: metrics.functionThrottles.with({ period: Duration.minutes(1) }),
      threshold: 1,
      meaning:
        'Lambda refused to execute the function: its reserved concurrency or that of the account is used up.',
      badPeriods: { of: 5, atLeast: 3 },
    });
    return [fiveMinutes, slow];
  }

  /**
   * Adds an alarm for each window, and the composite alarm that notifies if both windows of a burn rate ring. Returns the
   * alarm of the last five minutes.
   */
  #addErrorAlarms(metrics: Metrics, minErrors: number): Alarm {
    const parts = burnRates.map(({ rate, windows }) =>
      Object.entries(windows).map(
        ([name, window]) =>
          new Alarm(this, `ErrorsOf${name}`, {
            metric: new MathExpression({
              expression: `IF(errors >= ${minErrors}, 100 * errors / requests, 0)`,
              usingMetrics: {
                errors: metrics.serverErrors.with({ period: window }),
                requests: metrics.requests.with({ period: window }),
              },
              period: window,
              label: 'percentage of requests answered 501',
            }),
            threshold: Number((rate * errorBudget).toFixed(2)),
            comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluationPeriods: 1,
            treatMissingData: TreatMissingData.NOT_BREACHING,
            alarmDescription: `Part of the alarm InternalErrors: burn rate ${rate}.`,
          }),
      ),
    );
    const isRinging = (alarm: Alarm) => AlarmRule.fromAlarm(alarm, AlarmState.ALARM);
    const composite = new CompositeAlarm(this, 'InternalErrors', {
      alarmRule: AlarmRule.anyOf(...parts.map((windows) => AlarmRule.allOf(...windows.map(isRinging)))),
      alarmDescription: describe(
        'InternalErrors',
        'So many requests are answered 501, by the function or because it failed, that the objective is in danger.',
      ),
    });
    this.#notify(composite);
    return parts[0]?.[1] as Alarm;
  }

  #addCertificateAlarm(CertificateArn: string): void {
    this.#addAlarm('CertificateExpiry', {
      metric: new Metric({
        namespace: 'AWS/CertificateManager',
        metricName: 'DaysToExpiry',
        dimensionsMap: { CertificateArn },
        statistic: 'Minimum',
        period: Duration.days(1),
      }),
      threshold: 30,
      comparison: ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
      meaning: 'The certificate of the domain name expires within 30 days, and was not renewed.',
      // A new certificate has no data points for some hours, and an expired one has none any more: the alarm stays as it is.
      missingData: TreatMissingData.IGNORE,
    });
  }

  #addAbuseAlarms(metrics: Metrics, { alarms }: Settings): void {
    this.#addAlarm('LockedPins', {
      metric: metrics.lockedPins,
      threshold: alarms.lockedPins,
      meaning: 'Unusually many recovery PINs were locked: somebody may be guessing PINs.',
    });
    this.#addAlarm('ResetsWithoutPin', {
      metric: metrics.resetsWithoutPin,
      threshold: alarms.resetsWithoutPin,
      meaning: 'Unusually many resets without a PIN, each of which clears payment methods.',
    });
    this.#addAlarm('RejectedTokens', {
      metric: metrics.rejectedTokens,
      threshold: alarms.rejectedTokens,
      meaning:
        'Unusually many tokens are refused: they are forged, or the issuer has changed its keys or claims.',
    });
  }

  /**
   * Requests above the throttle, and those that the firewall blocks, never reach the function. An alarm on their number alone
   * would ring whenever one address is too fast, and an alarm on their share alone would ring at night.
   */
  #addRefusalAlarm({ refused, calls }: Metrics, { alarms }: Settings): void {
    const share = 'refused / (refused + FILL(calls, 0))';
    this.#addAlarm('RefusedRequests', {
      metric: new MathExpression({
        expression: `IF(${share} >= 0.1, refused, 0)`,
        usingMetrics: { refused: refused.with({ period }), calls },
        period,
        label: 'requests refused before the function',
      }),
      threshold: alarms.refusedRequests,
      meaning: 'At least a tenth of the requests are refused before they reach the function.',
    });
  }

  #addEventAlarms(metrics: EventMetrics, { resets }: Metrics, { alarms }: Settings): void {
    this.#addAlarm('LateEvents', {
      metric: metrics.age.with({ period: Duration.minutes(1) }),
      threshold: alarms.eventDelay,
      meaning: 'Events of resets have been waiting for minutes to be published.',
      badPeriods: { of: 3, atLeast: 2 },
    });
    this.#addAlarm('MissingEvents', {
      metric: this.#missingEvents(metrics, resets),
      threshold: alarms.missingEvents,
      meaning: "Resets were counted, but too few events of them: probably nothing reads the table's stream.",
      // Once nobody resets any more, nothing is known, and the alarm stays as it is.
      missingData: TreatMissingData.IGNORE,
    });
    this.#addAlarm('DeadLetters', {
      metric: metrics.deadLetters.with({ period: Duration.minutes(1) }),
      threshold: 1,
      meaning:
        'Events could not be published and are in the dead-letter queue, where somebody has to handle them.',
      // SQS stops the metrics of a queue that nobody has used for hours: the letters are still there then.
      missingData: TreatMissingData.IGNORE,
    });
    this.#addAlarm('RefusedEvents', {
      metric: metrics.refused,
      threshold: alarms.refusedEvents,
      meaning: 'The bus repeatedly refuses events. Retries may have succeeded.',
    });
  }

  /**
   * Resets minus events. If nothing is read, IteratorAge says nothing, so the two functions' own counts are compared. They
   * differ even if all is well. An event may be published twice, and a locked PIN has an event too: both make the difference
   * smaller. An event follows its reset a second later, which matters only in the last second of six hours. The value is 0
   * while nine in ten resets have their events: the alarm may come late, since the stream keeps records for a day, but must
   * not be wrong.
   */
  #missingEvents({ published, setAside }: EventMetrics, resets: Metric): MathExpression {
    const window = { period: Duration.hours(6) };
    const missing = '(resets - FILL(published, 0) - FILL(setAside, 0))';
    return new MathExpression({
      expression: `IF(${missing} >= 0.1 * resets, ${missing}, 0)`,
      usingMetrics: {
        resets: resets.with(window),
        published: published.with(window),
        setAside: setAside.with(window),
      },
      ...window,
      label: 'resets without an event',
    });
  }

  #addAlarm(id: string, spec: AlarmSpec): Alarm {
    const { metric, threshold, meaning, badPeriods, comparison, missingData } = spec;
    const alarm = new Alarm(this, id, {
      metric,
      threshold,
      comparisonOperator: comparison ?? ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: badPeriods?.of ?? 1,
      datapointsToAlarm: badPeriods?.atLeast ?? 1,
      treatMissingData: missingData ?? TreatMissingData.NOT_BREACHING,
      alarmDescription: describe(id, meaning),
    });
    this.#notify(alarm);
    return alarm;
  }

  #notify(alarm: AlarmBase): void {
    alarm.addAlarmAction(new SnsAction(this.topic));
    alarm.addOkAction(new SnsAction(this.topic));
  }

  #addDashboard(metrics: Metrics, events: EventMetrics | undefined, settings: Settings): string {
    const dashboard = new Dashboard(this, 'Dashboard', { defaultInterval: Duration.hours(12) });
    dashboard.addWidgets(
      new TextWidget({
        markdown: `# Password reset, ${settings.stage}\nAlarms: docs/runbook.md`,
        width: 24,
        height: 2,
      }),
    );
    dashboard.addWidgets(
      graph('Resets', { all: metrics.resets, 'without a PIN': metrics.resetsWithoutPin }),
      graph('Payment methods', { cleared: metrics.paymentMethodsCleared }),
      graph('Recovery PINs', { wrong: metrics.wrongPins, locked: metrics.lockedPins }),
      graph('Tokens', { refused: metrics.rejectedTokens }),
    );
    dashboard.addWidgets(
      graph('Requests', {
        all: metrics.requests,
        '4xx': metrics.clientErrors,
        'refused before the function': metrics.refused.with({ period }),
      }),
      graph('Internal errors', {
        'all 501': metrics.serverErrors,
        'by the function': metrics.internalErrors,
        'calls that failed': metrics.functionErrors,
      }),
      graph('Milliseconds', {
        median: metrics.durationP50,
        p99: metrics.durationP99,
        'p99 at the gateway': metrics.latencyP99,
      }),
      graph('Capacity', {
        'executions at once': metrics.concurrency,
        'function throttled': metrics.functionThrottles,
        'table throttled': metrics.tableThrottles,
      }),
    );
    if (events) {
      dashboard.addWidgets(
        graph('Events', {
          published: events.published,
          refused: events.refused,
          'sent to dead letters': events.setAside,
        }),
        graph('Milliseconds until events are published', { oldest: events.age }),
        graph('Events to be handled by people', { 'dead letters': events.deadLetters }),
        graph('Calls of the publishing function', { all: events.calls, failed: events.failedCalls }),
      );
    }
    const { region } = Stack.of(this);
    return `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards:name=${dashboard.dashboardName}`;
  }
}

/** The description of an alarm, with what to do. */
function describe(id: string, meaning: string): string {
  return `${meaning} What to do: docs/runbook.md, "${id}".`;
}

const period = Duration.minutes(15);

/** Returns a function that creates the custom metrics of a deployment. */
function customMetricsOf({ serviceName }: ResetFunction) {
  return (metricName: string, statistic = 'Sum') =>
    new Metric({
      namespace: 'PasswordReset',
      metricName,
      dimensionsMap: { service: serviceName },
      statistic,
      period,
    });
}

/** Metrics of the events, over 15 minutes. */
function createEventMetrics({ function: publisher, deadLetters }: ResetEvents, reset: ResetFunction) {
  const custom = customMetricsOf(reset);
  return {
    published: custom('EventPublished'),
    refused: custom('EventRefused'),
    setAside: custom('EventSetAside'),
    age: publisher.metric('IteratorAge', { period, statistic: 'Maximum' }),
    calls: publisher.metricInvocations({ period }),
    failedCalls: publisher.metricErrors({ period }),
    deadLetters: deadLetters.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' }),
  } satisfies Record<string, Metric>;
}

/** Metrics of the resets, over 15 minutes. */
function createMetrics(api: ResetApi, reset: ResetFunction, users: UserTable) {
  const custom = customMetricsOf(reset);
  return {
    resets: custom('PasswordReset'),
    // One sample per reset without a PIN; the value is the number of payment methods that it cleared.
    resetsWithoutPin: custom('PaymentMethodsCleared', 'SampleCount'),
    paymentMethodsCleared: custom('PaymentMethodsCleared'),
    wrongPins: custom('RecoveryPinMismatch'),
    lockedPins: custom('RecoveryPinLocked'),
    rejectedTokens: custom('TokenRejected'),
    internalErrors: custom('InternalError'),
    refused: api.refused,
    calls: reset.alias.metricInvocations({ period }),
    requests: api.api.metricCount({ period, statistic: 'Sum' }),
    clientErrors: api.api.metricClientError({ period, statistic: 'Sum' }),
    serverErrors: api.api.metricServerError({ period, statistic: 'Sum' }),
    latencyP99: api.api.metricLatency({ period, statistic: 'p99' }),
    functionErrors: reset.alias.metricErrors({ period }),
    functionThrottles: reset.alias.metricThrottles({ period }),
    durationP50: reset.alias.metricDuration({ period, statistic: 'p50' }),
    durationP99: reset.alias.metricDuration({ period, statistic: 'p99' }),
    concurrency: reset.function.metric('ConcurrentExecutions', { period, statistic: 'Maximum' }),
    tableThrottles: users.table.metric('WriteThrottleEvents', { period, statistic: 'Sum' }),
  } satisfies Record<string, Metric>;
}

function graph(title: string, lines: Readonly<Record<string, Metric>>): GraphWidget {
  const left = Object.entries(lines).map(([label, metric]) => metric.with({ label }));
  return new GraphWidget({ title, left, width: 6, height: 6 });
}

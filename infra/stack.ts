// The stack: creates the constructs and connects them.
import { CfnOutput, Stack } from 'aws-cdk-lib';
import { PATH_METADATA_ENABLE_CONTEXT } from 'aws-cdk-lib/cx-api';
import type { Construct } from 'constructs';
import type { Bundles } from './bundling/bundle-function.ts';
import { CanaryRollout } from './constructs/canary-rollout.ts';
import { ResetEvents } from './constructs/event-publishing.ts';
import { Firewall } from './constructs/firewall.ts';
import { Observability } from './constructs/observability.ts';
import { Pepper } from './constructs/pepper-secret.ts';
import { ResetApi } from './constructs/reset-api.ts';
import { ResetFunction } from './constructs/reset-function.ts';
import { SavedQueries } from './constructs/saved-queries.ts';
import { UserTable } from './constructs/users-table.ts';
import { formatSettings } from './settings/given-settings.ts';
import type { Settings } from './settings/settings.ts';

export interface PasswordResetStackProps {
  readonly settings: Settings;
  readonly bundles: Bundles;
  /** The commit of the sources, as `readCommit` returns it. */
  readonly commit: string;
}

/** All resources of `PUT /user/2021-2/user/password/reset`. */
export class PasswordResetStack extends Stack {
  constructor(scope: Construct, id: string, { settings, bundles, commit }: PasswordResetStackProps) {
    super(scope, id, {
      description: `Password reset, stage ${settings.stage}`,
      terminationProtection: settings.keepsData,
    });
    // SAM takes the path of each construct for the id of a function, and prints a line for each that is not a function.
    if (settings.isLocal) this.node.setContext(PATH_METADATA_ENABLE_CONTEXT, false);
    const pepper = settings.isLocal ? undefined : new Pepper(this, 'Pepper', { settings });
    const users = new UserTable(this, 'Users', { settings, pepper });
    const reset = new ResetFunction(this, 'Function', { settings, bundle: bundles.reset, users, pepper });
    const api = new ResetApi(this, 'Api', { settings, target: reset.alias });
    const { requestsPerAddress } = settings;
    const firewall =
      requestsPerAddress === undefined
        ? undefined
        : new Firewall(this, 'Firewall', { settings, api, requestsPerAddress });
    // SAM has no streams. `npm start` publishes events locally.
    const events = settings.isLocal
      ? undefined
      : new ResetEvents(this, 'Events', {
          settings,
          bundle: bundles.publisher,
          users,
          serviceName: reset.serviceName,
        });
    const observability = new Observability(this, 'Observability', { settings, api, reset, users, events });
    if (!settings.isLocal) new SavedQueries(this, 'Queries', { api, reset, events });
    if (settings.hasCanary) {
      new CanaryRollout(this, 'Rollout', { alias: reset.alias, alarms: observability.rollbackAlarms });
    }

    // Removes CDK's own output, which is the API's root under a name with a hash. Callers need the operation's URL.
    api.api.node.tryRemoveChild('Endpoint');
    new CfnOutput(this, 'Endpoint', { value: api.url, description: 'URL of the operation' });
    new CfnOutput(this, 'Settings', {
      value: formatSettings(settings.given),
      description: 'The options with which the stage was deployed',
    });
    new CfnOutput(this, 'Commit', {
      value: commit,
      description: 'Commit of the sources; -dirty: they were changed',
    });
    new CfnOutput(this, 'ApiId', { value: api.api.restApiId });
    new CfnOutput(this, 'TableName', { value: users.table.tableName });
    new CfnOutput(this, 'FunctionName', { value: reset.function.functionName });
    new CfnOutput(this, 'FunctionLog', { value: reset.logGroup.logGroupName });
    new CfnOutput(this, 'AccessLog', { value: api.accessLog.logGroupName });
    if (firewall) new CfnOutput(this, 'FirewallLog', { value: firewall.logGroup.logGroupName });
    new CfnOutput(this, 'Dashboard', { value: observability.dashboardUrl });
    new CfnOutput(this, 'AlarmTopic', { value: observability.topic.topicArn });
    new CfnOutput(this, 'SourceMap', {
      value: reset.sourceMapUrl,
      description: 'Source map of the deployed bundle',
    });
    if (events) {
      new CfnOutput(this, 'EventBus', { value: events.bus.eventBusName, description: 'Bus of the events' });
      new CfnOutput(this, 'EventBusArn', { value: events.bus.eventBusArn });
      new CfnOutput(this, 'EventArchiveArn', { value: events.archive.archiveArn });
      new CfnOutput(this, 'DeadLetterQueue', { value: events.deadLetters.queueUrl });
      new CfnOutput(this, 'EventsFunctionName', { value: events.function.functionName });
      new CfnOutput(this, 'EventsLog', { value: events.logGroup.logGroupName });
      new CfnOutput(this, 'EventsSourceMap', { value: events.sourceMapUrl });
    }
    if (pepper) new CfnOutput(this, 'PepperSecret', { value: pepper.secret.secretArn });
    if (api.domainTarget) {
      new CfnOutput(this, 'DomainTarget', {
        value: api.domainTarget,
        description: 'Target of the DNS record for the domain name',
      });
    }
  }
}

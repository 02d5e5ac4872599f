// The publishing of events: the function that reads the table's stream, the bus, its archive and the dead-letter queue.
import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { Archive, type CfnArchive, EventBus, type IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  type CfnEventSourceMapping,
  Code,
  FilterCriteria,
  FilterRule,
  Function as LambdaFunction,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { marks } from '../../lambda/publisher/stream-record.ts';
import type { Bundle } from '../bundling/bundle-function.ts';
import type { Settings } from '../settings/settings.ts';
import { createFunctionLog, runtimeProps } from './function-runtime.ts';
import { removalPolicyOfData } from './removal-policy.ts';
import type { UserTable } from './users-table.ts';

export interface ResetEventsProps {
  readonly settings: Settings;
  readonly bundle: Bundle;
  readonly users: UserTable;
  /** Identifies the stage in log lines and metrics, and as the `source` of events. */
  readonly serviceName: string;
}

/**
 * Records of a batch: as many as one call of `PutEvents` carries. A larger batch is published no faster, since its calls
 * follow each other, and more of it is repeated if a record fails.
 */
export const batchSize = 10;

/**
 * Batches of a shard at the same time; Lambda keeps the records of one user in order. A shard has at most 1,000 writes a
 * second. One batch after the other would carry 250 a second for a bus that is 30 ms away (docs/scale.md). Environments cost
 * only while they run, so this is the maximum.
 */
export const parallelizationFactor = 10;

/** Publishes an event for each reset and each locked PIN. The reset itself does not depend on it. */
export class ResetEvents extends Construct {
  readonly function: LambdaFunction;
  readonly bus: IEventBus;
  readonly archive: Archive;
  readonly deadLetters: Queue;
  readonly logGroup: LogGroup;
  /** `s3:` URL of the deployed bundle's source map. */
  readonly sourceMapUrl: string;

  constructor(scope: Construct, id: string, { settings, bundle, users, serviceName }: ResetEventsProps) {
    super(scope, id);
    this.bus = this.#createOrImportBus(settings);
    this.archive = this.#createArchive(settings, serviceName);
    this.deadLetters = this.#createDeadLetters(settings);
    this.logGroup = createFunctionLog(this, settings);
    this.function = new LambdaFunction(this, 'Function', {
      ...runtimeProps,
      description: 'Publishes one event for each password reset and each locked PIN',
      code: Code.fromAsset(bundle.codeFolder),
      handler: 'index.handler',
      architecture: Architecture.ARM_64,
      // Enough for a few slow attempts per event of a batch. The function stops before the timeout and returns the
      // rest.
      timeout: Duration.seconds(60),
      memorySize: 512,
      environment: {
        POWERTOOLS_SERVICE_NAME: serviceName,
        EVENT_BUS_NAME: this.bus.eventBusArn,
        DEAD_LETTER_QUEUE_URL: this.deadLetters.queueUrl,
      },
      role: this.#createRole(users, this.logGroup),
      logGroup: this.logGroup,
    });
    Validations.of(this.function).acknowledge(
      {
        id: 'Serverless-LambdaDLQ',
        reason:
          'The queue of a function takes asynchronous calls that failed. The mapping of the stream calls synchronously, ' +
          'and has the dead-letter queue as its own destination for failures.',
      },
      {
        id: 'Serverless-LambdaTracing',
        reason:
          'The stream carries no trace of the request, so a trace would begin here and show one call of the bus. The ' +
          "log lines of event and request have the event's id as invocationId.",
      },
    );
    this.#readStream(users);
    this.sourceMapUrl = new Asset(this, 'SourceMap', { path: bundle.sourceMapFolder }).s3ObjectUrl;
  }

  #createOrImportBus({ eventBusName }: Settings): IEventBus {
    if (eventBusName !== undefined) return EventBus.fromEventBusName(this, 'Bus', eventBusName);
    // The types of aws-cdk-lib do not satisfy `exactOptionalPropertyTypes`.
    return new EventBus(this, 'Bus', { description: "Events about users' passwords" }) as IEventBus;
  }

  #createArchive(settings: Settings, source: string): Archive {
    const archive = new Archive(this, 'Archive', {
      description: 'Replays events for a consumer that lost them',
      sourceEventBus: this.bus,
      eventPattern: { source: [source] },
      retention: Duration.days(settings.logRetention),
    });
    // An archive belongs to one bus for good: with another bus, CloudFormation makes a new one and would delete this one.
    archive.applyRemovalPolicy(removalPolicyOfData(settings));
    // The generated name begins with the names of stack and resource, and the name of an archive has at most 48 characters.
    (archive.node.defaultChild as CfnArchive).overrideLogicalId('Archive');
    return archive;
  }

  #createDeadLetters(settings: Settings): Queue {
    const queue = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: removalPolicyOfData(settings),
    });
    const reason =
      'It is the dead-letter queue itself: people read it, so there is no consumer that can fail.';
    Validations.of(queue).acknowledge(
      { id: 'AwsSolutions-SQS3', reason },
      { id: 'Serverless-SQSRedrivePolicy', reason },
    );
    return queue;
  }

  /** Allows writing the function's log, reading the stream, and sending to this bus and this queue. */
  #createRole(users: UserTable, logGroup: LogGroup): Role {
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    users.grantStream(role);
    role.addToPolicy(
      new PolicyStatement({ actions: ['events:PutEvents'], resources: [this.bus.eventBusArn] }),
    );
    role.addToPolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.deadLetters.queueArn] }),
    );
    const tableId = Stack.of(this).getLogicalId(users.table.node.defaultChild as never);
    Validations.of(role.node.findChild('DefaultPolicy')).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${tableId}.Arn>/stream/*]`,
      reason:
        'Lambda requires ListStreams, which applies to a table and not to a single stream; it returns names and no ' +
        'data. The actions that read records are granted on the one stream only.',
    });
    return role;
  }

  #readStream(users: UserTable): void {
    const mapping = this.function.addEventSourceMapping('Stream', {
      eventSourceArn: users.streamArn,
      // A new mapping starts with the oldest record, so that changes during its creation are not lost.
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize,
      parallelizationFactor,
      // No batching window: it would delay every event, and under load batches are full without it.
      filters: marks.map((mark) =>
        FilterCriteria.filter({
          eventName: FilterRule.isEqual('MODIFY'),
          dynamodb: { NewImage: { [mark]: { M: { id: { S: FilterRule.exists() } } } } },
        }),
      ),
      reportBatchItemFailures: true,
      // If a record makes the function itself fail, bisecting the batch isolates it.
      bisectBatchOnError: true,
      // The stream keeps a record for 24 hours. An hour before that Lambda gives up, and the dead letter's pointer can
      // still be followed. A refused event never gets so far: the function sends it to the queue itself after 20 hours.
      maxRecordAge: Duration.hours(23),
      // aws-cdk-lib's SqsDlq would add permissions on the queue that are not needed.
      onFailure: { bind: () => ({ destination: this.deadLetters.queueArn }) },
    });
    // No limit; the construct's property cannot express that. Only the age counts: a bus that refuses at once would use up
    // any number of attempts within minutes or hours. If a record makes the function crash, its shard waits until the
    // function is repaired; an alarm rings after minutes, and no later record is lost.
    (mapping.node.defaultChild as CfnEventSourceMapping).maximumRetryAttempts = -1;
  }
}

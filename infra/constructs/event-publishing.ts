// What tells the platform of resets: the function on the table's stream, the bus, its archive, and the dead letters.
import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { Archive, EventBus, type IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
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
import type { Bundle } from '../bundling/bundle-function.ts';
import type { Settings } from '../settings.ts';
import { createFunctionLog, runtimeProps } from './function-runtime.ts';
import type { UserTable } from './users-table.ts';

export interface ResetEventsProps {
  readonly settings: Settings;
  readonly bundle: Bundle;
  readonly users: UserTable;
  /** Names the stage in log lines and metrics, and as the source of the events. */
  readonly serviceName: string;
}

/** The mark that a change must have left on the item for the function to be woken; DynamoDB's types included. */
const marks = ['lastReset', 'pinLock'];

/** Publishes what the table's stream tells of resets. The reset itself knows nothing of it and waits for none of it. */
export class ResetEvents extends Construct {
  readonly function: LambdaFunction;
  readonly bus: IEventBus;
  readonly deadLetters: Queue;
  /** Where the source map of the deployed bundle lies, an `s3:` URL. */
  readonly sourceMapUrl: string;

  constructor(scope: Construct, id: string, { settings, bundle, users, serviceName }: ResetEventsProps) {
    super(scope, id);
    this.bus = this.#openBus(settings, serviceName);
    this.deadLetters = this.#createDeadLetters(settings);
    const logGroup = createFunctionLog(this, settings);
    this.function = new LambdaFunction(this, 'Function', {
      ...runtimeProps,
      description: 'Publishes one event for each password reset',
      code: Code.fromAsset(bundle.codeFolder),
      handler: 'index.handler',
      architecture: Architecture.ARM_64,
      // Room for a few slow attempts at each event of a batch; it stops by itself before that and reports the rest.
      timeout: Duration.seconds(60),
      memorySize: 512,
      environment: {
        POWERTOOLS_SERVICE_NAME: serviceName,
        EVENT_BUS_NAME: this.bus.eventBusArn,
        DEAD_LETTER_QUEUE_URL: this.deadLetters.queueUrl,
      },
      role: this.#role(users, logGroup),
      logGroup,
    });
    this.#readStream(users);
    this.sourceMapUrl = new Asset(this, 'SourceMap', { path: bundle.sourceMapFolder }).s3ObjectUrl;
  }

  #openBus({ eventBusName, logRetention }: Settings, source: string): IEventBus {
    const bus =
      eventBusName === undefined
        ? // The library's own types do not meet `exactOptionalPropertyTypes`.
          (new EventBus(this, 'Bus', { description: 'What happens to passwords of users' }) as IEventBus)
        : EventBus.fromEventBusName(this, 'Bus', eventBusName);
    new Archive(this, 'Archive', {
      description: 'To publish events again for a consumer who lost them',
      sourceEventBus: bus,
      eventPattern: { source: [source] },
      retention: Duration.days(logRetention),
    });
    return bus;
  }

  #createDeadLetters({ keepsData }: Settings): Queue {
    const queue = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    Validations.of(queue).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'It is the dead-letter queue: people read it, and no consumer can fail on it.',
    });
    return queue;
  }

  /** Its own log, the stream, this bus and this queue. */
  #role(users: UserTable, logGroup: LogGroup): Role {
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
        'ListStreams is a question about a table and not about one stream; it tells names and no data, and Lambda ' +
        'asks for the right to it. What reads records is granted on the one stream.',
    });
    return role;
  }

  #readStream(users: UserTable): void {
    this.function.addEventSourceMapping('Stream', {
      eventSourceArn: users.streamArn,
      // A new mapping begins with the oldest record there is: what happened while it was made is not lost.
      startingPosition: StartingPosition.TRIM_HORIZON,
      // As many as one call of PutEvents takes.
      batchSize: 10,
      filters: marks.map((mark) =>
        FilterCriteria.filter({
          eventName: FilterRule.isEqual('MODIFY'),
          dynamodb: { NewImage: { [mark]: { M: { id: { S: FilterRule.exists() } } } } },
        }),
      ),
      reportBatchItemFailures: true,
      // For what makes the function itself fail: halving finds the record, and the bound sets it free. A bus that is
      // down keeps the function busy for most of a minute an attempt, so that a hundred of them are an hour and more.
      bisectBatchOnError: true,
      retryAttempts: 100,
      maxRecordAge: Duration.hours(20),
      // The library's own destination would add rights on the queue that nobody uses.
      onFailure: { bind: () => ({ destination: this.deadLetters.queueArn }) },
    });
  }
}

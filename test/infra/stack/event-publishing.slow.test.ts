// The part of the stack that publishes events: stream, publisher, bus, archive and dead-letter queue.
import { describe, expect, test } from 'vitest';
import { isPassedOn } from '../../../infra/operations/stream-range.ts';
import { readSettings } from '../../../infra/settings/settings.ts';
import { stageNames } from '../../../infra/settings/stages.ts';
import { lastChance } from '../../../lambda/publisher/handler.ts';
import type { StreamRecord } from '../../../lambda/publisher/stream-record.ts';
import { change, resetId } from './change.ts';
import {
  allOf,
  type Resource,
  required,
  synthesize,
  synthesizeStage,
  theOne,
  variablesOf,
} from './synthesis.ts';

const prod = await synthesizeStage('prod');
const dev = await synthesizeStage('dev');
const local = await synthesizeStage('local');

const [tableId, table] = theOne(prod, 'AWS::DynamoDB::Table');
const [functionId, { Properties: publisher }] = theOne(prod, 'AWS::Lambda::Function', 'Events');
const [queueId] = theOne(prod, 'AWS::SQS::Queue');
const [busId] = theOne(prod, 'AWS::Events::EventBus');
const [logId] = theOne(prod, 'AWS::Logs::LogGroup', 'Events');
const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

describe('the event source mapping between stream and publisher', () => {
  const [, { Properties: mapping }] = theOne(prod, 'AWS::Lambda::EventSourceMapping');
  const filters = (mapping.FilterCriteria as { Filters: { Pattern: string }[] }).Filters.map(
    ({ Pattern }) => JSON.parse(Pattern) as unknown,
  );

  test('reads both images from the first record on, and repeats failed records', () => {
    expect(table.Properties.StreamSpecification).toEqual({ StreamViewType: 'NEW_AND_OLD_IMAGES' });
    expect(mapping).toMatchObject({
      EventSourceArn: { 'Fn::GetAtt': [tableId, 'StreamArn'] },
      FunctionName: { Ref: functionId },
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  test('reads ten batches of a shard at once, and waits for none to fill', () => {
    expect(mapping.ParallelizationFactor).toBe(10);
    expect(mapping).not.toHaveProperty('MaximumBatchingWindowInSeconds');
  });

  test('repeats a failing record for nearly as long as the stream keeps it, and halves batches to find it', () => {
    expect(mapping).toMatchObject({
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: -1,
      MaximumRecordAgeInSeconds: 23 * 3600,
      DestinationConfig: { OnFailure: { Destination: arnOf(queueId) } },
    });
    // The function has set an event aside itself by then, complete.
    expect(lastChance).toBeLessThan(23 * 3_600_000);
    expect(publisher.Timeout).toBe(60);
    expect(publisher.MemorySize).toBe(512);
    expect(publisher.LoggingConfig).toMatchObject({ ApplicationLogLevel: 'INFO', SystemLogLevel: 'WARN' });
  });

  /** Whether a value matches an event pattern; supports what these patterns use. */
  function matches(pattern: unknown, value: unknown): boolean {
    if (Array.isArray(pattern)) {
      return pattern.some((one) => (one?.exists === true ? value !== undefined : one === value));
    }
    return Object.entries(pattern as object).every(([name, part]) =>
      matches(part, (value as Record<string, unknown> | undefined)?.[name]),
    );
  }
  const isDelivered = (record: StreamRecord) => filters.some((pattern) => matches(pattern, record));

  test('invokes the publisher for resets and for locked PINs', () => {
    expect(isDelivered(change)).toBe(true);
    const { lastReset, ...user } = change.dynamodb?.NewImage ?? {};
    const mark = lastReset as NonNullable<typeof lastReset>;
    expect(isDelivered({ eventName: 'MODIFY', dynamodb: { NewImage: { ...user, pinLock: mark } } })).toBe(
      true,
    );
  });

  test('does not invoke the publisher for users without a reset, new users and deleted users', () => {
    const { lastReset: _none, ...user } = change.dynamodb?.NewImage ?? {};
    expect(isDelivered({ eventName: 'MODIFY', dynamodb: { NewImage: user } })).toBe(false);
    expect(isDelivered({ ...change, eventName: 'INSERT' })).toBe(false);
    expect(isDelivered({ eventName: 'REMOVE', dynamodb: { OldImage: user } })).toBe(false);
  });

  test('passes on what npm run dead-letters passes on when it replays a batch', () => {
    const mark = { M: { id: { S: resetId } } };
    const images = [
      {},
      { lastReset: mark },
      { pinLock: mark },
      { lastReset: { M: {} } },
      { lastReset: { S: resetId } },
    ];
    const records = ['INSERT', 'MODIFY', 'REMOVE'].flatMap((eventName) =>
      images.map((NewImage) => ({ eventName, dynamodb: { NewImage } }) as StreamRecord),
    );
    expect(records.filter(isPassedOn)).toHaveLength(2);
    expect(records.filter(isPassedOn)).toEqual(records.filter(isDelivered));
  });
});

test('the publisher may read this stream, put events on this bus, send to this queue and write its log only', () => {
  const { Role } = publisher as { Role: { 'Fn::GetAtt': [string, string] } };
  const role = Role['Fn::GetAtt'][0];
  const statements = allOf(prod, 'AWS::IAM::Policy')
    .map(([, { Properties }]) => Properties as { Roles: unknown; PolicyDocument: { Statement: unknown[] } })
    .filter(({ Roles }) => JSON.stringify(Roles).includes(`"${role}"`))
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  const allow = { Effect: 'Allow' };
  expect(statements).toEqual([
    { ...allow, Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: arnOf(logId) },
    {
      ...allow,
      Action: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
      Resource: { 'Fn::GetAtt': [tableId, 'StreamArn'] },
    },
    {
      ...allow,
      Action: 'dynamodb:ListStreams',
      Resource: { 'Fn::Join': ['', [arnOf(tableId), '/stream/*']] },
    },
    {
      ...allow,
      Action: 'kms:Decrypt',
      Resource: arnOf(theOne(prod, 'AWS::KMS::Key')[0]),
      Condition: { StringEquals: { 'kms:ViaService': expect.anything() } },
    },
    { ...allow, Action: 'events:PutEvents', Resource: arnOf(busId) },
    { ...allow, Action: 'sqs:SendMessage', Resource: arnOf(queueId) },
  ]);
  expect(Object.keys((prod.resources[role] as Resource).Properties)).toEqual(['AssumeRolePolicyDocument']);
});

test('the dead-letter queue is encrypted, accepts TLS only and keeps messages for two weeks', () => {
  expect(theOne(prod, 'AWS::SQS::Queue')[1].Properties).toMatchObject({
    SqsManagedSseEnabled: true,
    MessageRetentionPeriod: 14 * 24 * 3600,
  });
  expect(JSON.stringify(theOne(prod, 'AWS::SQS::QueuePolicy')[1].Properties)).toContain(
    '{"Bool":{"aws:SecureTransport":"false"}}',
  );
});

test('the archive keeps the events of this stage only', () => {
  expect(theOne(prod, 'AWS::Events::Archive')[1].Properties).toMatchObject({
    SourceArn: arnOf(busId),
    EventPattern: { source: [variablesOf(prod, 'Events').POWERTOOLS_SERVICE_NAME] },
    RetentionDays: 365,
  });
});

describe('the setting eventBusName', () => {
  test('names an existing bus, which is used instead of a new one', async () => {
    const shared = await synthesize({ stage: 'dev', ...required, eventBusName: 'platform' });
    expect(allOf(shared, 'AWS::Events::EventBus')).toEqual([]);
    const { Environment } = theOne(shared, 'AWS::Lambda::Function', 'Events')[1].Properties;
    expect(JSON.stringify(Environment)).toContain(':event-bus/platform');
    expect(shared.outputs.EventBus?.Value).toBe('platform');
    // Another stage may have an archive of the same bus.
    expect(theOne(shared, 'AWS::Events::Archive')[1].Properties).toMatchObject({
      EventPattern: { source: ['password-reset-dev'] },
    });
  });

  test('must be a name and not an ARN', () => {
    const context = { ...required, eventBusName: 'arn:aws:events:eu-central-1:1:event-bus/x' };
    expect(() => readSettings(context, {})).toThrow('must be the name of an EventBridge bus');
  });
});

test('the stage for SAM has no stream, which SAM cannot emulate', () => {
  expect(allOf(local, 'AWS::Lambda::EventSourceMapping')).toEqual([]);
  expect(theOne(local, 'AWS::DynamoDB::Table')[1].Properties).not.toHaveProperty('StreamSpecification');
});

test('in production the archive stays if the bus is changed or the stack deleted, since events of a year are in it', () => {
  expect(theOne(prod, 'AWS::Events::Archive')[1]).toMatchObject({
    DeletionPolicy: 'RetainExceptOnCreate',
    UpdateReplacePolicy: 'Retain',
  });
  expect(theOne(dev, 'AWS::Events::Archive')[1]).toMatchObject({ DeletionPolicy: 'Delete' });
});

test.each(stageNames)(
  'the name that CloudFormation generates for the archive in %s is shorter than 48 characters, the maximum of EventBridge',
  async (stage) => {
    const synthesis = await synthesizeStage(stage);
    const archives = allOf(synthesis, 'AWS::Events::Archive');
    expect(archives).toHaveLength(stage === 'local' ? 0 : 1);
    for (const [id, { Properties }] of archives) {
      expect(Properties).not.toHaveProperty('ArchiveName');
      // The names of stack and resource, and at most thirteen characters that nobody knows before.
      expect(`${synthesis.stack.stackName}-${id}-${'X'.repeat(13)}`.length).toBeLessThan(48);
    }
  },
);

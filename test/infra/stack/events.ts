// The part of the stack that publishes events: its template, and the package of the publisher as it is uploaded.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { isPassedOn } from '../../../infra/operations/stream-range.ts';
import { readSettings } from '../../../infra/settings/settings.ts';
import { lastChance } from '../../../lambda/publisher/handler.ts';
import type { StreamRecord } from '../../../lambda/publisher/stream-record.ts';
import { queueUrl, startEventPlatform } from '../../support/event-platform.ts';
import { local, prod as stack } from './stages.ts';
import { allOf, type Resource, required, synthesizeForTest, theOne } from './synthesis.ts';

const [tableId, table] = theOne(stack, 'AWS::DynamoDB::Table');
const [functionId, { Properties: publisher, Metadata }] = theOne(stack, 'AWS::Lambda::Function', 'Events');
const [queueId] = theOne(stack, 'AWS::SQS::Queue');
const [busId] = theOne(stack, 'AWS::Events::EventBus');
const [logId] = theOne(stack, 'AWS::Logs::LogGroup', 'Events');
const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const variables = (publisher.Environment as { Variables: Record<string, unknown> }).Variables;

const id = 'b1b6ef2c-9d3f-4c8e-8a0e-0f6f0b6d3c11';
const change: StreamRecord = {
  eventName: 'MODIFY',
  dynamodb: {
    OldImage: { userId: { S: 'alice' }, paymentMethods: { M: { visa: { M: {} } } } },
    NewImage: {
      userId: { S: 'alice' },
      paymentMethods: { M: {} },
      lastReset: {
        M: {
          id: { S: id },
          at: { S: '2026-01-01T00:00:00.000Z' },
          pinVerified: { BOOL: false },
        },
      },
    },
    SequenceNumber: '1',
  },
};

describe('the event source mapping between stream and publisher', () => {
  const [, { Properties: mapping }] = theOne(stack, 'AWS::Lambda::EventSourceMapping');
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
    const mark = { M: { id: { S: id } } };
    const images = [
      {},
      { lastReset: mark },
      { pinLock: mark },
      { lastReset: { M: {} } },
      { lastReset: { S: id } },
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
  const statements = allOf(stack, 'AWS::IAM::Policy')
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
      Resource: arnOf(theOne(stack, 'AWS::KMS::Key')[0]),
      Condition: { StringEquals: { 'kms:ViaService': expect.anything() } },
    },
    { ...allow, Action: 'events:PutEvents', Resource: arnOf(busId) },
    { ...allow, Action: 'sqs:SendMessage', Resource: arnOf(queueId) },
  ]);
  expect(Object.keys((stack.resources[role] as Resource).Properties)).toEqual(['AssumeRolePolicyDocument']);
});

test('the dead-letter queue is encrypted, accepts TLS only and keeps messages for two weeks', () => {
  expect(theOne(stack, 'AWS::SQS::Queue')[1].Properties).toMatchObject({
    SqsManagedSseEnabled: true,
    MessageRetentionPeriod: 14 * 24 * 3600,
  });
  expect(JSON.stringify(theOne(stack, 'AWS::SQS::QueuePolicy')[1].Properties)).toContain(
    '{"Bool":{"aws:SecureTransport":"false"}}',
  );
});

test('the archive keeps the events of this stage only', () => {
  expect(theOne(stack, 'AWS::Events::Archive')[1].Properties).toMatchObject({
    SourceArn: arnOf(busId),
    EventPattern: { source: [variables.POWERTOOLS_SERVICE_NAME] },
    RetentionDays: 365,
  });
});

describe('the setting eventBusName', () => {
  test('names an existing bus, which is used instead of a new one', async () => {
    const shared = await synthesizeForTest({ stage: 'dev', ...required, eventBusName: 'platform' });
    expect(shared.findings).toEqual([]);
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
    expect(() => readSettings(context, {})).toThrow('but must be the name of an EventBridge bus');
  });
});

test('the stage for SAM has no stream, which SAM cannot emulate', () => {
  expect(allOf(local, 'AWS::Lambda::EventSourceMapping')).toEqual([]);
  expect(theOne(local, 'AWS::DynamoDB::Table')[1].Properties).not.toHaveProperty('StreamSpecification');
});

describe("the publisher's package", () => {
  const unreadable = structuredClone(change);
  Object.assign(unreadable.dynamodb?.NewImage?.lastReset ?? {}, { M: {} });
  const folder = join(stack.folder, String(Metadata?.['aws:asset:path']));

  test("imports only its own modules and Node's", () => {
    const code = readFileSync(join(folder, 'index.mjs'), 'utf8');
    const imported = [...code.matchAll(/\b(?:from|import|import\()"([^"]+)"/g)].map(([, name]) => `${name}`);
    expect(imported.filter((name) => !isBuiltin(name) && !name.startsWith('./'))).toEqual([]);
  });

  test("publishes events and dead letters in a fresh process with the template's environment", async () => {
    const platform = await startEventPlatform();
    expect(Object.keys(variables)).toEqual([
      'POWERTOOLS_SERVICE_NAME',
      'EVENT_BUS_NAME',
      'DEAD_LETTER_QUEUE_URL',
    ]);
    const script = `
      const { handler } = await import(${JSON.stringify(join(folder, 'index.mjs'))});
      const context = { getRemainingTimeInMillis: () => 60_000 };
      const answer = await handler(${JSON.stringify({ Records: [change, unreadable] })}, context);
      console.log(JSON.stringify(answer));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: {
        POWERTOOLS_SERVICE_NAME: String(variables.POWERTOOLS_SERVICE_NAME),
        EVENT_BUS_NAME: 'platform',
        DEAD_LETTER_QUEUE_URL: queueUrl,
        AWS_ENDPOINT_URL_EVENTBRIDGE: platform.busEndpoint,
        AWS_ENDPOINT_URL_SQS: platform.queueEndpoint,
        AWS_REGION: 'eu-central-1',
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
      },
      cwd: tmpdir(),
      timeout: 45_000,
    });
    const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    const lines = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    platform.close();
    expect(lines.at(-1)).toEqual({ batchItemFailures: [] });
    expect(platform.published).toMatchObject([{ source: 'password-reset-prod', detail: { resetId: id } }]);
    expect(platform.deadLetters).toMatchObject([{ reason: 'unreadable' }]);
    expect(lines).toContainEqual(
      expect.objectContaining({ message: 'event', type: 'PasswordReset', invocationId: id }),
    );
    // Alarms and dashboard use exactly this namespace and dimension.
    expect(lines.find((line) => line._aws)).toMatchObject({
      EventPublished: 1,
      service: 'password-reset-prod',
      _aws: { CloudWatchMetrics: [{ Namespace: 'PasswordReset' }] },
    });
  });
});

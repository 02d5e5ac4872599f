// The packages of both functions: their files, and their behaviour in a fresh process with the template's environment.
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { bundleFunctions } from '../../../infra/bundling/bundle-function.ts';
import { openSamIdentity, type SamIdentity } from '../../../infra/local/sam-identity.ts';
import { demoUsers, loadUsers } from '../../../infra/local/seed.ts';
import { ensureTable } from '../../../infra/local/table.ts';
import { parsePeppers } from '../../../lambda/reset/adapters/pepper.ts';
import { queueUrl, startEventPlatform } from '../../support/event-platform.ts';
import { expectNoneOf } from '../../support/secrets.ts';
import { change, resetId } from './change.ts';
import { required, type Synthesis, synthesize, theOne, variablesOf } from './synthesis.ts';

const scratch = mkdtempSync(join(tmpdir(), 'password-reset-packages-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const stack = await synthesize(
  { stage: 'prod', ...required },
  await bundleFunctions(join(scratch, 'bundles')),
);
const [tableId, { Properties: table }] = theOne(stack, 'AWS::DynamoDB::Table');
const [secretId] = theOne(stack, 'AWS::SecretsManager::Secret');
const { Properties, Metadata } = theOne(stack, 'AWS::Lambda::Function', 'Function')[1];
const package_ = join(stack.folder, String(Metadata?.['aws:asset:path']));
const tableName = `users-${randomUUID()}`;

describe("the reset function's package", () => {
  const files = readdirSync(package_);
  const code = files.map((file) => readFileSync(join(package_, file), 'utf8')).join('\n');

  test('is the one that the template uploads', () => {
    expect(package_).toContain((Properties.Code as { S3Key: string }).S3Key.replace('.zip', ''));
  });

  test('has only modules, without source maps or references to them', () => {
    expect(files).toContain('index.mjs');
    expect(files.filter((file) => !file.endsWith('.mjs'))).toEqual([]);
    expect(code).not.toContain('sourceMappingURL');
  });

  test("contains the AWS SDK, and imports only its own modules and Node's", () => {
    const imported = [...code.matchAll(/\b(?:from|import|import\()"([^"]+)"/g)].map(([, name]) =>
      String(name),
    );
    expect(imported.length).toBeGreaterThan(0);
    expect(imported.filter((name) => !isBuiltin(name) && !files.includes(name.replace('./', '')))).toEqual(
      [],
    );
    expect(code).toContain('DynamoDB_20120810');
    expect(code).toContain('secretsmanager');
  });

  test('has no file left from an earlier bundle in the same folder', async () => {
    const folder = join(scratch, 'again');
    const { reset } = await bundleFunctions(folder);
    writeFileSync(join(reset.codeFolder, 'chunk-OLD.mjs'), '');
    await bundleFunctions(folder);
    expect(readdirSync(reset.codeFolder).sort()).toEqual(files.sort());
  });

  test('has its source maps in a package of their own', () => {
    const folders = readdirSync(stack.folder).filter(
      (name) => name.startsWith('asset.') && !package_.endsWith(name),
    );
    // The other function's map is there too.
    const own = folders.filter((folder) =>
      readdirSync(join(stack.folder, folder)).some(
        (file) =>
          file.endsWith('.map') &&
          readFileSync(join(stack.folder, folder, file), 'utf8').includes('lambda/reset/http/pipeline.ts'),
      ),
    );
    expect(own).toHaveLength(1);
    const maps = readdirSync(join(stack.folder, String(own[0])));
    expect(maps.sort()).toEqual(files.map((file) => `${file}.map`).sort());
  });
});

describe("the reset function's package in a fresh process, with the template's environment,", () => {
  const pepper = JSON.stringify({ current: 'k1', k1: 'x'.repeat(64) });
  let identity: SamIdentity;
  let client: DynamoDBClient;
  let environment: Record<string, string>;

  beforeAll(async () => {
    identity = await openSamIdentity(join(scratch, 'key.json'));
    const endpoint = inject('tableEndpoint');
    client = new DynamoDBClient({ endpoint });
    await ensureTable(client, tableName);
    await loadUsers(client, tableName, demoUsers, parsePeppers(pepper));
    const { Variables } = Properties.Environment as { Variables: Record<string, unknown> };
    environment = {
      ...Object.fromEntries(Object.entries(Variables).map(([name, value]) => [name, deployed(value)])),
      // Variables that Lambda sets, and those of the local issuer, pepper and table.
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      ...identity.variables,
      PIN_PEPPER: pepper,
      AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    };
  });

  /** A template value as CloudFormation resolves it. */
  function deployed(value: unknown): string {
    const names: Record<string, string> = { [tableId]: tableName, [secretId]: 'arn:secret' };
    return typeof value === 'string' ? value : String(names[(value as { Ref: string }).Ref]);
  }

  async function invoke(eventName: string, userId: string) {
    const token = await identity.sign(userId);
    const event = readFileSync(`infra/local/events/${eventName}.json`, 'utf8').replaceAll('<token>', token);
    const script = `
      const { handler } = await import(${JSON.stringify(join(package_, 'index.mjs'))});
      const context = { awsRequestId: 'test', getRemainingTimeInMillis: () => 10_000 };
      const answer = await handler(${event}, context);
      process.stdout.write('\\n' + JSON.stringify(answer));
      process.exit(0);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      env: environment,
      // Outside the project, so that its node_modules cannot be used.
      cwd: scratch,
    });
    const lines = stdout.trim().split('\n');
    return { answer: JSON.parse(lines.at(-1) ?? ''), log: lines.slice(0, -1).join('\n'), token };
  }

  async function userItem(userId: string) {
    const { Item } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: { userId: { S: userId } } }),
    );
    return unmarshall(Item ?? {});
  }

  test('keeps the payment methods with the right PIN, and logs neither PIN nor token', async () => {
    const { answer, log, token } = await invoke('reset-with-pin', 'alice');
    expect(answer).toMatchObject({ statusCode: 204, body: '' });
    const item = await userItem('alice');
    expect(item).not.toHaveProperty('passwordHash');
    expect(Object.keys(item.paymentMethods)).toEqual(['visa', 'sepa']);
    expect(log).toContain('alice');
    expectNoneOf(['5621', token], log);
  });

  test('clears the payment methods without a PIN', async () => {
    const { answer, log } = await invoke('reset-without-pin', 'bob');
    expect(answer.statusCode).toBe(204);
    expect((await userItem('bob')).paymentMethods).toEqual({});
    expect(log).toContain('"PaymentMethodsCleared"');
    // Alarms and dashboard use exactly this namespace and dimension.
    expect(log).toContain('"Namespace":"PasswordReset"');
    expect(log).toContain('"service":"password-reset-prod"');
  });

  test.each([
    ['recovery-pin-mismatch', '403', 'recovery-pin-mismatch'],
    ['recovery-pin-malformed', '403', 'recovery-pin-malformed'],
    ['token-missing', '401', 'token-missing'],
    ['not-found', '404', 'not-found'],
  ])('answers the event %s with %s', async (event, status, code) => {
    await loadUsers(client, tableName, demoUsers, parsePeppers(pepper));
    const { answer } = await invoke(event, 'alice');
    expect(JSON.parse(answer.body).errors[0]).toMatchObject({ status, code });
  });

  test("uses the template's key schema in this test", () => {
    expect(table.KeySchema).toEqual([{ AttributeName: 'userId', KeyType: 'HASH' }]);
  });
});

describe("the publisher's package", () => {
  const unreadable = structuredClone(change);
  Object.assign(unreadable.dynamodb?.NewImage?.lastReset ?? {}, { M: {} });
  const variables = variablesOf(stack, 'Events');
  const folder = join(
    stack.folder,
    String(theOne(stack, 'AWS::Lambda::Function', 'Events')[1].Metadata?.['aws:asset:path']),
  );

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
    expect(platform.published).toMatchObject([{ source: 'password-reset-prod', detail: { resetId } }]);
    expect(platform.deadLetters).toMatchObject([{ reason: 'unreadable' }]);
    expect(lines).toContainEqual(
      expect.objectContaining({ message: 'event', type: 'PasswordReset', invocationId: resetId }),
    );
    // Alarms and dashboard use exactly this namespace and dimension.
    expect(lines.find((line) => line._aws)).toMatchObject({
      EventPublished: 1,
      service: 'password-reset-prod',
      _aws: { CloudWatchMetrics: [{ Namespace: 'PasswordReset' }] },
    });
  });
});

test('the same sources make the same package in any folder', async () => {
  const again = await synthesize(
    { stage: 'prod', ...required },
    await bundleFunctions(join(scratch, 'further', 'down')),
  );
  const code = (one: Synthesis) => theOne(one, 'AWS::Lambda::Function', 'Function')[1].Properties.Code;
  expect(code(again)).toEqual(code(stack));
});

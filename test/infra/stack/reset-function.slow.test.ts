// The function behind the API: how it runs, its variables, and what it may do.
import { describe, expect, test } from 'vitest';
import {
  allOf,
  type Resource,
  type Synthesis,
  synthesizeStage,
  synthesizeStages,
  theOne,
  variablesOf,
} from './synthesis.ts';

const prod = await synthesizeStage('prod');
const dev = await synthesizeStage('dev');
const local = await synthesizeStage('local');

describe.each(await synthesizeStages('prod', 'dev', 'local'))('the stage %s', (_stage, stack) => {
  test('runs the function on Node 24 with a full vCPU, traced, with JSON logs in its own log group', () => {
    const [, { Properties }] = theOne(stack, 'AWS::Lambda::Function', 'Function');
    expect(Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Timeout: 10,
      MemorySize: 1769,
      TracingConfig: { Mode: 'Active' },
      LoggingConfig: {
        LogFormat: 'JSON',
        ApplicationLogLevel: 'INFO',
        SystemLogLevel: 'WARN',
        LogGroup: { Ref: expect.any(String) },
      },
    });
  });

  test('keeps old versions of the function for a rollback, and none of a deployment that failed', () => {
    expect(theOne(stack, 'AWS::Lambda::Version')[1].DeletionPolicy).toBe('RetainExceptOnCreate');
  });
});

describe('the permissions of the function', async () => {
  test('in production are exactly these', () => {
    const [table] = theOne(prod, 'AWS::DynamoDB::Table');
    const [key] = theOne(prod, 'AWS::KMS::Key');
    const [secret] = theOne(prod, 'AWS::SecretsManager::Secret');
    const [log] = allOf(prod, 'AWS::Logs::LogGroup').find(([id]) => id.startsWith('FunctionLogs')) as [
      string,
      Resource,
    ];
    expect(statementsOf(prod)).toEqual([
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: { 'Fn::GetAtt': [log, 'Arn'] },
      },
      { Effect: 'Allow', Action: 'dynamodb:UpdateItem', Resource: { 'Fn::GetAtt': [table, 'Arn'] } },
      {
        Effect: 'Allow',
        Action: 'kms:Decrypt',
        Resource: { 'Fn::GetAtt': [key, 'Arn'] },
        Condition: {
          StringEquals: {
            'kms:ViaService': { 'Fn::Join': ['', ['dynamodb.', { Ref: 'AWS::Region' }, '.amazonaws.com']] },
          },
        },
      },
      { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: { Ref: secret } },
      { Effect: 'Allow', Action: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'], Resource: '*' },
    ]);
  });

  test('in development are without kms:Decrypt, and for SAM without the secret too', () => {
    const actions = (stack: Synthesis) => statementsOf(stack).flatMap(({ Action }) => Action);
    const common = ['logs:CreateLogStream', 'logs:PutLogEvents', 'dynamodb:UpdateItem'];
    const xray = ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'];
    expect(actions(dev)).toEqual([...common, 'secretsmanager:GetSecretValue', ...xray]);
    expect(actions(local)).toEqual([...common, ...xray]);
  });

  test.each(await synthesizeStages('prod', 'dev', 'local'))(
    'come from no managed policy in %s',
    (_stage, stack) => {
      const { Properties } = stack.resources[functionRole(stack)] as Resource;
      expect(Object.keys(Properties)).toEqual(['AssumeRolePolicyDocument']);
    },
  );
});

describe('the stack of production', () => {
  test('reserves executions for the function', () => {
    expect(theOne(prod, 'AWS::Lambda::Function', 'Function')[1].Properties.ReservedConcurrentExecutions).toBe(
      100,
    );
  });
});

describe.each(await synthesizeStages('prod', 'dev'))('the deployed stage %s', (stage, stack) => {
  test('runs on arm64', () => {
    expect(theOne(stack, 'AWS::Lambda::Function', 'Function')[1].Properties.Architectures).toEqual(['arm64']);
  });

  test('sets only the function variables of table, secret and tokens', () => {
    const [table] = theOne(stack, 'AWS::DynamoDB::Table');
    const [secret] = theOne(stack, 'AWS::SecretsManager::Secret');
    expect(variablesOf(stack)).toEqual({
      TABLE_NAME: { Ref: table },
      POWERTOOLS_SERVICE_NAME: `password-reset-${stage}`,
      PIN_PEPPER_SECRET_ID: { Ref: secret },
      TOKEN_ISSUER: 'https://issuer.example.com',
      TOKEN_AUDIENCE: 'mobile-app',
      UV_THREADPOOL_SIZE: '32',
    });
  });
});

describe('the stage for SAM', () => {
  test('declares every variable that SAM may override, and has no secret', () => {
    expect(Object.keys(variablesOf(local)).sort()).toEqual([
      'AWS_ENDPOINT_URL_DYNAMODB',
      'BASE_PATHS',
      'CORS_ORIGINS',
      'DEPRECATION',
      'DOCUMENTATION_URL',
      'PASSWORD_MIN_LENGTH',
      'PIN_PEPPER',
      'PIN_PEPPER_SECRET_ID',
      'POWERTOOLS_SERVICE_NAME',
      'REQUIRED_LINKED_IDENTITY',
      'TABLE_NAME',
      'TOKEN_AUDIENCE',
      'TOKEN_AUDIENCE_CLAIM',
      'TOKEN_BACKDATING',
      'TOKEN_ISSUER',
      'TOKEN_JWKS',
      'TOKEN_JWKS_URI',
      'TOKEN_MAX_AGE',
      'TOKEN_SCOPE',
      'TZ',
      'UV_THREADPOOL_SIZE',
    ]);
    expect(allOf(local, 'AWS::SecretsManager::Secret')).toEqual([]);
  });

  test("has a function of this machine's architecture, with the metadata by which SAM finds its code", () => {
    const [, { Properties, Metadata }] = theOne(local, 'AWS::Lambda::Function', 'Function');
    expect(Properties.Architectures).toEqual([process.arch === 'x64' ? 'x86_64' : 'arm64']);
    expect(Metadata).toMatchObject({
      'aws:asset:path': expect.stringMatching(/^asset\./),
      'aws:asset:property': 'Code',
    });
  });
});

/** The logical id of the function's role. */
function functionRole(stack: Synthesis): string {
  const { Role } = theOne(stack, 'AWS::Lambda::Function', 'Function')[1].Properties as {
    Role: { 'Fn::GetAtt': [string, string] };
  };
  return Role['Fn::GetAtt'][0];
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** Every statement of every policy of the function's role. */
function statementsOf(stack: Synthesis): Statement[] {
  const role = functionRole(stack);
  return allOf(stack, 'AWS::IAM::Policy')
    .map(
      ([, { Properties }]) =>
        Properties as { Roles: { Ref: string }[]; PolicyDocument: { Statement: Statement[] } },
    )
    .filter(({ Roles }) => Roles.some(({ Ref }) => Ref === role))
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

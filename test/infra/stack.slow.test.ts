// The stack's template. The other tests that load the CDK run in this file, since each file may get a process of its own, in
// which the CDK, its validator and the bundles would take another four seconds of processor time.
import './stack/app.ts';
import './stack/bundle.ts';
import './stack/events.ts';
import './stack/gateway-responses.ts';
import './stack/runbook.ts';
import './stack/saved-queries.ts';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { bundleFunctions } from '../../infra/bundling/bundle-function.ts';
import { createGateway } from '../../infra/local/gateway.ts';
import { listen } from '../../infra/local/listen.ts';
import { catalogue } from '../../lambda/reset/http/error-catalogue.ts';
import { documented, documentedOperations } from '../support/openapi.ts';
import { dev, local, prod } from './stack/stages.ts';
import {
  allOf,
  type Resource,
  required,
  type Synthesis,
  synthesize,
  synthesizeForTest,
  theOne,
} from './stack/synthesis.ts';

const all = { prod, dev, local };

/** The numbers of infra/settings/stages.ts that docs/deploy.md tells too, written down a second time on purpose. */
const numbers = {
  prod: { rate: 100, burst: 50, logDays: 365 },
  dev: { rate: 10, burst: 5, logDays: 30 },
  local: { rate: 10, burst: 5, logDays: 7 },
};

/** The answer of a method that API Gateway gives itself, as the template has it. */
interface MockAnswer {
  readonly StatusCode: string;
  readonly ResponseParameters: Readonly<Record<string, string>>;
}

describe.each(Object.entries(all))('the stage %s', (stage, stack) => {
  const { rate, burst, logDays } = numbers[stage as keyof typeof all];

  test('has no open cdk-nag finding and no warning, so that the synthesis prints nothing', () => {
    expect(stack.findings).toEqual([]);
    expect(stack.warnings).toEqual([]);
  });

  test('leaves names to CloudFormation', () => {
    for (const type of ['AWS::DynamoDB::Table', 'AWS::Lambda::Function', 'AWS::SecretsManager::Secret']) {
      for (const [, { Properties }] of allOf(stack, type)) {
        expect(Object.keys(Properties)).not.toContain(
          type === 'AWS::SecretsManager::Secret' ? 'Name' : `${type.split('::')[2]}Name`,
        );
      }
    }
  });

  test('has an on-demand table with point-in-time recovery', () => {
    const [, table] = theOne(stack, 'AWS::DynamoDB::Table');
    expect(table.Properties).toMatchObject({
      KeySchema: [{ AttributeName: 'userId', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'userId', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
  });

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

  test('has a retention time for every log', () => {
    const groups = allOf(stack, 'AWS::Logs::LogGroup');
    expect(groups.length).toBeGreaterThanOrEqual(2);
    for (const [, { Properties }] of groups) expect(Properties.RetentionInDays).toBe(logDays);
  });

  test('logs exactly these fields of a request, none of which can contain a PIN or a token', () => {
    const [, { Properties }] = theOne(stack, 'AWS::ApiGateway::Stage');
    const { Format } = Properties.AccessLogSetting as { Format: string };
    expect(JSON.parse(Format)).toEqual({
      requestId: '$context.requestId',
      functionRequestId: '$context.integration.requestId',
      time: '$context.requestTimeEpoch',
      method: '$context.httpMethod',
      route: '$context.resourcePath',
      status: '$context.status',
      errorType: '$context.error.responseType',
      integrationStatus: '$context.integration.status',
      integrationLatency: '$context.integration.latency',
      latency: '$context.responseLatency',
      responseBytes: '$context.responseLength',
      sourceIp: '$context.identity.sourceIp',
      wafStatus: '$context.waf.status',
    });
  });

  test('has a throttle, and neither data trace nor execution log', () => {
    const [, { Properties }] = theOne(stack, 'AWS::ApiGateway::Stage');
    expect(Properties.MethodSettings).toEqual([
      {
        HttpMethod: '*',
        ResourcePath: '/*',
        DataTraceEnabled: false,
        LoggingLevel: 'OFF',
        MetricsEnabled: false,
        ThrottlingRateLimit: rate,
        ThrottlingBurstLimit: burst,
      },
    ]);
  });

  test('has no traces of the gateway, which would contain the query string and with it a PIN', () => {
    const [, { Properties }] = theOne(stack, 'AWS::ApiGateway::Stage');
    expect(Properties.TracingEnabled).toBe(false);
  });

  test('serves a regional API over TLS 1.2 or newer', () => {
    const [, { Properties }] = theOne(stack, 'AWS::ApiGateway::RestApi');
    expect(Properties).toMatchObject({
      EndpointConfiguration: { Types: ['REGIONAL'] },
      SecurityPolicy: 'SecurityPolicy_TLS13_1_2_PQ_2025_09',
      EndpointAccessMode: 'BASIC',
    });
  });

  test('is reachable at the endpoint in its outputs', () => {
    expect(theOne(stack, 'AWS::ApiGateway::RestApi')[1].Properties.DisableExecuteApiEndpoint).toBe(false);
    const endpoint = JSON.stringify(stack.outputs.Endpoint?.Value);
    expect(endpoint).toMatch(/"\/user\/2021-2\/user\/password\/reset"\]\]\}$/);
  });

  test('has the routes of openapi.yaml, all of them to the alias, and no CORS', () => {
    const [alias, { Properties: aliasProperties }] = theOne(stack, 'AWS::Lambda::Alias');
    expect(aliasProperties.Name).toBe('live');
    for (const [, { Properties }] of allOf(stack, 'AWS::ApiGateway::Method')) {
      expect(Properties).toMatchObject({ Integration: { Type: 'AWS_PROXY' } });
      expect(JSON.stringify(Properties.Integration)).toContain(`{"Ref":"${alias}"}`);
    }
    expect(routesOf(stack), differentRoutes).toEqual(documentedRoutes(['user/2021-2'], false));
    expect(JSON.stringify(stack.resources)).not.toContain('Access-Control-Allow-Origin');
  });

  test('allows only the API to invoke the function, by that route', () => {
    const [alias] = theOne(stack, 'AWS::Lambda::Alias');
    const [, { Properties }] = theOne(stack, 'AWS::Lambda::Permission');
    expect(Properties).toMatchObject({ Principal: 'apigateway.amazonaws.com', FunctionName: { Ref: alias } });
    expect(JSON.stringify(Properties.SourceArn)).toContain('/PUT/user/2021-2/user/password/reset');
  });

  test('has only roles that AWS services can assume', () => {
    const services = allOf(stack, 'AWS::IAM::Role').map(([, { Properties }]) => {
      const { Statement } = Properties.AssumeRolePolicyDocument as { Statement: unknown[] };
      expect(Statement).toEqual([
        { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: expect.any(String) } },
      ]);
      return (Statement[0] as { Principal: { Service: string } }).Principal.Service;
    });
    const deployed = [
      'apigateway.amazonaws.com',
      'codedeploy.amazonaws.com',
      'lambda.amazonaws.com',
      'lambda.amazonaws.com',
    ];
    expect(services.sort()).toEqual(stage === 'local' ? ['lambda.amazonaws.com'] : deployed);
  });

  test('has outputs for endpoint, table, function, dashboard and source map', () => {
    expect(Object.keys(stack.outputs)).toEqual(
      expect.arrayContaining(['Endpoint', 'TableName', 'FunctionName', 'Dashboard', 'SourceMap']),
    );
  });
});

test('exactly these findings of cdk-nag are acknowledged', () => {
  const policy = 'Policy::arn:<AWS::Partition>:iam::aws:policy/service-role';
  const put = 'Api/Api/Default/user/2021-2/user/password/reset/PUT';
  const inEveryStage = (stage: string, stack: string) => [
    `AwsSolutions-IAM5[Resource::*] at ${stack}/Function/Role/DefaultPolicy`,
    `AwsSolutions-APIG2 at ${stack}/Api/Api/Resource`,
    `AwsSolutions-APIG6 at ${stack}/Api/Api/DeploymentStage.${stage}`,
    `Serverless-APIGWXrayEnabled at ${stack}/Api/Api/DeploymentStage.${stage}`,
    `AwsSolutions-APIG4 at ${stack}/${put}`,
    `AwsSolutions-COG4 at ${stack}/${put}`,
    `Serverless-LambdaDLQ at ${stack}/Function/Function`,
  ];
  const streams = 'Resource::<UsersTable6D91A5EE.Arn>/stream/*';
  const whereDeployed = (stack: string) => [
    `AwsSolutions-SQS3 at ${stack}/Events/DeadLetters`,
    `Serverless-SQSRedrivePolicy at ${stack}/Events/DeadLetters`,
    `Serverless-LambdaDLQ at ${stack}/Events/Function`,
    `Serverless-LambdaTracing at ${stack}/Events/Function`,
    `AwsSolutions-IAM5[${streams}] at ${stack}/Events/Role/DefaultPolicy`,
    `AwsSolutions-SMG4 at ${stack}/Pepper/Secret`,
    `AwsSolutions-IAM4[${policy}/AmazonAPIGatewayPushToCloudWatchLogs] at ${stack}/Api/Api/CloudWatchRole`,
    `AwsSolutions-IAM4[${policy}/AWSCodeDeployRoleForLambdaLimited] at ${stack}/Rollout/Group`,
  ];
  const withoutFirewall = (stage: string, stack: string) => [
    `AwsSolutions-APIG3 at ${stack}/Api/Api/DeploymentStage.${stage}`,
  ];
  const withMail = (stack: string) => [
    `Serverless-SNSRedrivePolicy at ${stack}/Observability/Alarms/oncall@example.com`,
  ];
  for (const [stage, { acknowledged }] of Object.entries(all)) {
    const stack = `password-reset-${stage}`;
    const expected = [
      ...(stage === 'prod' ? withMail(stack) : []),
      ...inEveryStage(stage, stack),
      ...(stage === 'local' ? [] : whereDeployed(stack)),
      ...(stage === 'prod' ? [] : withoutFirewall(stage, stack)),
    ];
    expect(acknowledged.toSorted()).toEqual(expected.toSorted());
  }
});

describe('the gateway responses', () => {
  const responses = allOf(prod, 'AWS::ApiGateway::GatewayResponse').map(([, { Properties }]) => Properties);
  const statuses = {
    MISSING_AUTHENTICATION_TOKEN: ['404', 'not-found'],
    RESOURCE_NOT_FOUND: ['404', 'not-found'],
    INVALID_SIGNATURE: ['404', 'not-found'],
    EXPIRED_TOKEN: ['404', 'not-found'],
    INVALID_API_KEY: ['404', 'not-found'],
    UNAUTHORIZED: ['401', 'token-invalid'],
    THROTTLED: ['429', 'too-many-requests'],
    QUOTA_EXCEEDED: ['429', 'too-many-requests'],
    WAF_FILTERED: ['403', 'request-blocked'],
    ACCESS_DENIED: ['403', 'request-blocked'],
    BAD_REQUEST_BODY: ['403', 'bad-request'],
    BAD_REQUEST_PARAMETERS: ['403', 'bad-request'],
    REQUEST_TOO_LARGE: ['403', 'bad-request'],
    UNSUPPORTED_MEDIA_TYPE: ['403', 'bad-request'],
    INTEGRATION_FAILURE: ['501', 'internal-error'],
    INTEGRATION_TIMEOUT: ['501', 'internal-error'],
    API_CONFIGURATION_ERROR: ['501', 'internal-error'],
    AUTHORIZER_CONFIGURATION_ERROR: ['501', 'internal-error'],
    AUTHORIZER_FAILURE: ['501', 'internal-error'],
    DEFAULT_5XX: ['501', 'internal-error'],
    // A status here would override that of every other 4xx.
    DEFAULT_4XX: [undefined, 'request-refused'],
  };

  test('exist for each type of API Gateway', () => {
    expect(responses.map(({ ResponseType }) => ResponseType).sort()).toEqual(Object.keys(statuses).sort());
  });

  test.each(Object.entries(statuses))('of type %s answer %j', (type, [status, code]) => {
    const response = responses.find(({ ResponseType }) => ResponseType === type) as Record<string, unknown>;
    expect(response.StatusCode).toBe(status);
    const templates = response.ResponseTemplates as Record<string, string>;
    expect(Object.keys(templates).sort()).toEqual(['application/json', 'application/vnd.api+json']);
    for (const template of Object.values(templates)) {
      expect(JSON.parse(template)).toEqual({
        errors: [
          {
            id: '$context.requestId',
            status: status ?? '403',
            code,
            title: expect.stringMatching(/./),
            detail: expect.stringMatching(/./),
          },
        ],
      });
    }
    expect(response.ResponseParameters).toMatchObject({
      'gatewayresponse.header.Content-Type': "'application/vnd.api+json'",
      'gatewayresponse.header.Cache-Control': "'no-store'",
      'gatewayresponse.header.Request-Id': 'context.requestId',
    });
  });

  test('are part of the deployment, also after a change', () => {
    const [, deployment] = theOne(prod, 'AWS::ApiGateway::Deployment');
    const ids = allOf(prod, 'AWS::ApiGateway::GatewayResponse').map(([id]) => id);
    expect(deployment.DependsOn).toEqual(expect.arrayContaining(ids));
  });

  test('have the texts of the function where it has the same error', () => {
    const notFound = responses.find(({ ResponseType }) => ResponseType === 'RESOURCE_NOT_FOUND') ?? {};
    const template = (notFound.ResponseTemplates as Record<string, string>)['application/json'] as string;
    expect(JSON.parse(template).errors[0]).toMatchObject({
      title: catalogue['not-found'].title,
      detail: catalogue['not-found'].detail,
    });
  });
});

describe('the permissions of the function', () => {
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

  test('in development lack the key, and on a laptop the secret too', () => {
    const actions = (stack: Synthesis) => statementsOf(stack).flatMap(({ Action }) => Action);
    const common = ['logs:CreateLogStream', 'logs:PutLogEvents', 'dynamodb:UpdateItem'];
    const xray = ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'];
    expect(actions(dev)).toEqual([...common, 'secretsmanager:GetSecretValue', ...xray]);
    expect(actions(local)).toEqual([...common, ...xray]);
  });

  test.each(Object.entries(all))('come from no managed policy in %s', (_stage, stack) => {
    const { Properties } = stack.resources[functionRole(stack)] as Resource;
    expect(Object.keys(Properties)).toEqual(['AssumeRolePolicyDocument']);
  });
});

describe('the stack of production', () => {
  test('has termination protection', () => {
    expect(prod.terminationProtection).toBe(true);
    expect(dev.terminationProtection).toBe(false);
  });

  test('retains pepper, logs and dead letters when it is deleted, but not when its creation fails', () => {
    for (const type of ['AWS::SecretsManager::Secret', 'AWS::Logs::LogGroup', 'AWS::SQS::Queue']) {
      for (const [, { DeletionPolicy, UpdateReplacePolicy }] of allOf(prod, type)) {
        expect({ type, DeletionPolicy, UpdateReplacePolicy }).toEqual({
          type,
          DeletionPolicy: 'RetainExceptOnCreate',
          UpdateReplacePolicy: 'Retain',
        });
      }
    }
  });

  test('retains the table with its key in any case, since a rollback cannot delete a protected table', () => {
    const retained = { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' };
    expect(theOne(prod, 'AWS::DynamoDB::Table')[1]).toMatchObject({
      Properties: { DeletionProtectionEnabled: true },
      ...retained,
    });
    expect(theOne(prod, 'AWS::KMS::Key')[1]).toMatchObject(retained);
  });

  test('fixes no name of what outlives it, so that it can be created again', () => {
    const kept = Object.entries(prod.resources).filter(([, { DeletionPolicy }]) =>
      /^Retain/.test(`${DeletionPolicy}`),
    );
    expect(kept.length).toBeGreaterThan(5);
    const fixed = kept.flatMap(([id, { Properties = {} }]) =>
      Object.entries(Properties)
        .filter(([name, value]) => /Name$/.test(name) && typeof value === 'string')
        .map(([name]) => `${name} of ${id}`),
    );
    expect(fixed).toEqual([]);
    const [, { Properties }] = theOne(prod, 'AWS::Logs::LogGroup', 'FirewallLogs');
    // WAF requires the prefix. The rest is from the stack's id, which is another one for each creation.
    expect(Properties.LogGroupName).toMatchObject({
      'Fn::Join': ['', ['aws-waf-logs-password-reset-prod-', { 'Fn::Select': expect.any(Array) }]],
    });
    expect(JSON.stringify(Properties.LogGroupName)).toContain('"AWS::StackId"');
  });

  test('protects the table from deletion, and encrypts it with its own rotated key', () => {
    const [key, { Properties: keyProperties }] = theOne(prod, 'AWS::KMS::Key');
    const [, { Properties }] = theOne(prod, 'AWS::DynamoDB::Table');
    expect(keyProperties.EnableKeyRotation).toBe(true);
    expect(Properties).toMatchObject({
      DeletionProtectionEnabled: true,
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: { 'Fn::GetAtt': [key, 'Arn'] } },
    });
  });

  test('has a firewall that limits each address and keeps secrets out of its logs', () => {
    const [acl, { Properties }] = theOne(prod, 'AWS::WAFv2::WebACL');
    const VisibilityConfig = {
      CloudWatchMetricsEnabled: true,
      MetricName: expect.any(String),
      SampledRequestsEnabled: false,
    };
    expect(Properties).toEqual({
      Scope: 'REGIONAL',
      DefaultAction: { Allow: {} },
      Rules: [
        {
          Name: 'AddressLimit',
          Priority: 0,
          Action: { Block: {} },
          Statement: {
            RateBasedStatement: { AggregateKeyType: 'IP', Limit: 300, EvaluationWindowSec: 300 },
          },
          VisibilityConfig,
        },
        {
          Name: 'CommonRules',
          Priority: 1,
          OverrideAction: { None: {} },
          Statement: {
            ManagedRuleGroupStatement: {
              VendorName: 'AWS',
              Name: 'AWSManagedRulesCommonRuleSet',
              RuleActionOverrides: [
                'GenericRFI_QUERYARGUMENTS',
                'CrossSiteScripting_BODY',
                'EC2MetaDataSSRF_BODY',
                'GenericLFI_BODY',
                'GenericRFI_BODY',
              ].map((Name) => ({ Name, ActionToUse: { Count: {} } })),
            },
          },
          VisibilityConfig,
        },
      ],
      VisibilityConfig,
      // Body, query and headers appear neither in the log nor in what it quotes of a match.
      DataProtectionConfig: {
        DataProtections: [
          { FieldType: 'BODY' },
          { FieldType: 'QUERY_STRING' },
          { FieldType: 'SINGLE_QUERY_ARGUMENT' },
          { FieldType: 'SINGLE_HEADER' },
          { FieldType: 'SINGLE_COOKIE' },
        ].map((Field) => ({
          Field,
          Action: 'SUBSTITUTION',
          ExcludeRuleMatchDetails: false,
          ExcludeRateBasedDetails: false,
        })),
      },
    });
    const [, association] = theOne(prod, 'AWS::WAFv2::WebACLAssociation');
    expect(association.Properties.WebACLArn).toEqual({ 'Fn::GetAtt': [acl, 'Arn'] });
    const [, logging] = theOne(prod, 'AWS::WAFv2::LoggingConfiguration');
    expect(logging.Properties.RedactedFields).toEqual([
      { UriPath: {} },
      { QueryString: {} },
      { SingleHeader: { Name: 'authorization' } },
    ]);
    // WAF requires the log group's ARN without the ":*" of CDK's.
    const destination = JSON.stringify(logging.Properties.LogDestinationConfigs);
    expect(destination).toMatch(/":log-group:",\{"Ref":"FirewallLogs\w+"\}\]\]\}\]$/);
    expect(logging.Properties.LoggingFilter).toEqual({
      DefaultBehavior: 'DROP',
      Filters: [
        {
          Behavior: 'KEEP',
          Requirement: 'MEETS_ANY',
          Conditions: [{ ActionCondition: { Action: 'BLOCK' } }, { ActionCondition: { Action: 'COUNT' } }],
        },
      ],
    });
  });

  test('reserves executions for the function', () => {
    expect(theOne(prod, 'AWS::Lambda::Function', 'Function')[1].Properties.ReservedConcurrentExecutions).toBe(
      100,
    );
  });

  test('gives a new version all traffic at once, without asking an alarm, if that is asked for', async () => {
    const atOnce = await synthesizeForTest({ stage: 'prod', ...required, rollout: 'at-once' });
    expect(theOne(atOnce, 'AWS::Lambda::Alias')[1].UpdatePolicy).toBeUndefined();
    expect(Object.values(atOnce.resources).filter(({ Type }) => Type.startsWith('AWS::CodeDeploy'))).toEqual(
      [],
    );
    // The alarms stay, and ring.
    const alarms = (stack: Synthesis) => allOf(stack, 'AWS::CloudWatch::Alarm').map(([id]) => id);
    expect(alarms(atOnce)).toEqual(alarms(prod));
  });
});

test('the stack of development can be deleted, and deployed in an account with ten executions in all', () => {
  expect(theOne(dev, 'AWS::DynamoDB::Table')[1]).toMatchObject({
    DeletionPolicy: 'Delete',
    Properties: { DeletionProtectionEnabled: false },
  });
  expect(theOne(dev, 'AWS::Lambda::Function', 'Function')[1].Properties).not.toHaveProperty(
    'ReservedConcurrentExecutions',
  );
  expect(allOf(dev, 'AWS::WAFv2::WebACL')).toEqual([]);
});

describe.each(Object.entries({ prod, dev }))('the deployed stage %s', (stage, stack) => {
  test('runs on arm64', () => {
    expect(theOne(stack, 'AWS::Lambda::Function', 'Function')[1].Properties.Architectures).toEqual(['arm64']);
  });

  test("retains the account's role for gateway logs, which other APIs may use by then", () => {
    const [, { Properties }] = theOne(stack, 'AWS::ApiGateway::Account');
    const { CloudWatchRoleArn } = Properties as { CloudWatchRoleArn: { 'Fn::GetAtt': [string, string] } };
    expect(stack.resources[CloudWatchRoleArn['Fn::GetAtt'][0]]).toMatchObject({
      Type: 'AWS::IAM::Role',
      DeletionPolicy: 'Retain',
    });
  });

  test("names the pepper's secret in a tag of the table, for tools", () => {
    const [secret] = theOne(stack, 'AWS::SecretsManager::Secret');
    expect(theOne(stack, 'AWS::DynamoDB::Table')[1].Properties.Tags).toEqual([
      { Key: 'password-reset:pepper', Value: { Ref: secret } },
    ]);
  });

  test('generates the pepper once, in the format that the function reads', () => {
    const [, { Properties }] = theOne(stack, 'AWS::SecretsManager::Secret');
    // With any change here, CloudFormation would generate a new secret, and every stored PIN would be lost.
    expect(Properties.GenerateSecretString).toEqual({
      SecretStringTemplate: '{"current":"k1"}',
      GenerateStringKey: 'k1',
      PasswordLength: 64,
      ExcludePunctuation: true,
    });
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

  test('shifts traffic by canary, and rolls back on an alarm of the service', () => {
    const [group, { Properties }] = theOne(stack, 'AWS::CodeDeploy::DeploymentGroup');
    expect(Properties).toMatchObject({
      DeploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
      AutoRollbackConfiguration: {
        Enabled: true,
        Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST', 'DEPLOYMENT_STOP_ON_ALARM'],
      },
    });
    const { Alarms, Enabled } = Properties.AlarmConfiguration as {
      Alarms: { Name: { Ref: string } }[];
      Enabled: boolean;
    };
    expect(Enabled).toBe(true);
    expect(Alarms.map(({ Name }) => alarmName(Name.Ref))).toEqual(['ErrorsOfFiveMinutes', 'SlowP99']);
    const [, alias] = theOne(stack, 'AWS::Lambda::Alias');
    expect(alias.UpdatePolicy).toMatchObject({
      CodeDeployLambdaAliasUpdate: { DeploymentGroupName: { Ref: group } },
    });
  });
});

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
    const full = await synthesizeForTest({ stage: 'prod', ...required, ...domain });
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

    test('one or two at night mean nothing, however few requests there are; three of few do', () => {
      for (const name of ['ErrorsOfHour', 'ErrorsOfFiveMinutes', 'ErrorsOfSixHours', 'ErrorsOfHalfHour']) {
        expect(mathOf(name, { errors: 1, requests: 1 })).toBe(0);
        expect(mathOf(name, { errors: 2, requests: 2 })).toBe(0);
        expect(mathOf(name, { errors: 3, requests: 4 })).toBe(75);
        expect(mathOf(name, { errors: 3, requests: 10_000 })).toBeCloseTo(0.03);
      }
    });

    test('a version that gets a tenth of the requests and fails at one in seven is above the threshold', () => {
      const requests = 3_000;
      const errors = requests / 10 / 6.9;
      const threshold = Number(alarms.ErrorsOfFiveMinutes?.Threshold);
      expect(mathOf('ErrorsOfFiveMinutes', { errors, requests })).toBeGreaterThan(threshold);
      expect(mathOf('ErrorsOfFiveMinutes', { errors: errors / 2, requests })).toBeLessThan(threshold);
    });

    test('ring together: the budget burns fast, over an hour and still now, or slowly, over six hours and still now', () => {
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

  test('on missing events compare counts of both functions over six hours, and need no event at all to ring', () => {
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

  test('on a certificate exist with a domain name, and ring a month before it expires', async () => {
    const certificateArn = `arn:aws:acm:eu-central-1:${'1'.repeat(12)}:certificate/0`;
    const named = await synthesizeForTest({
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

  test('has no resource that SAM cannot emulate', () => {
    expect(allOf(local, 'AWS::CodeDeploy::DeploymentGroup')).toEqual([]);
    expect(allOf(local, 'AWS::ApiGateway::Account')).toEqual([]);
    expect(JSON.stringify(local.resources)).not.toContain('"MOCK"');
  });
});

describe('a stage with all optional settings', async () => {
  const preflightHeaders = {
    'method.response.header.Access-Control-Allow-Methods': `'${documented.methods}'`,
    'method.response.header.Access-Control-Allow-Headers': `'${documented.requestHeaders}'`,
    'method.response.header.Access-Control-Expose-Headers':
      "'Request-Id,WWW-Authenticate,x-amzn-Remapped-WWW-Authenticate'",
    'method.response.header.Vary': "'Origin'",
  };
  const stack = await synthesize({
    stage: 'dev',
    ...required,
    basePaths: 'user/2021-2,user/2022-1,user/2024-2',
    corsOrigins: 'https://app.example.com,https://www.example.com',
    domainName: 'api.example.com',
    certificateArn: 'arn:aws:acm:eu-central-1:123456789012:certificate/0aa1',
    tokenScope: 'password:reset',
    tokenMaxAge: '600',
    tokenAudienceClaim: 'azp',
    tokenBackdating: '300',
    passwordMinLength: '8',
    gatewayLogRole: 'existing',
    reservedConcurrency: '7',
  });
  afterAll(() => stack.remove());

  test('has no open cdk-nag finding and no warning', () => {
    expect(stack.findings).toEqual([]);
    expect(stack.warnings).toEqual([]);
  });

  test('has a route for each base path, each with CORS for exact origins', () => {
    const basePaths = ['user/2021-2', 'user/2022-1', 'user/2024-2'];
    expect(routesOf(stack), differentRoutes).toEqual(documentedRoutes(basePaths, true));
    const preflights = allOf(stack, 'AWS::ApiGateway::Method').filter(
      ([, m]) => m.Properties.HttpMethod === 'OPTIONS',
    );
    expect(preflights).toHaveLength(basePaths.length * documented.paths.length);
    for (const [, { Properties }] of preflights) {
      const text = JSON.stringify(Properties);
      expect(text).toContain("'https://app.example.com'");
      expect(text).toContain('https://www');
      expect(text).not.toContain("'*'");
      const { IntegrationResponses } = Properties.Integration as { IntegrationResponses: unknown };
      // No credentials: a page sends the token itself, and the service uses no cookies.
      expect(IntegrationResponses).toMatchObject([{ ResponseParameters: preflightHeaders }]);
      expect(text).not.toContain('Credentials');
    }
  });

  test('answers preflights as the gateway of npm start does', async () => {
    const preflight = allOf(stack, 'AWS::ApiGateway::Method').find(
      ([, { Properties }]) => Properties.HttpMethod === 'OPTIONS',
    );
    const integration = preflight?.[1].Properties.Integration as { IntegrationResponses: [MockAnswer] };
    const [{ StatusCode, ResponseParameters }] = integration.IntegrationResponses;
    const deployed = Object.entries(ResponseParameters).map(([name, value]) => [
      name.replace('method.response.header.', '').toLowerCase(),
      value.slice(1, -1),
    ]);
    const origins = ['https://app.example.com', 'https://www.example.com'];
    const gateway = createGateway(
      () => Promise.reject(new Error('a preflight does not reach the function')),
      undefined,
      { cors: { origins, paths: ['/user/2021-2/user/password/reset'] } },
    );
    const url = `${await listen(gateway, 0, 'PORT')}/user/2021-2/user/password/reset?pin=5621`;
    const [first, second, stranger] = await Promise.all(
      [...origins, 'https://evil.example.com'].map((Origin) =>
        fetch(url, { method: 'OPTIONS', headers: { Origin } }),
      ),
    );
    gateway.close();
    expect(first?.status).toBe(Number(StatusCode));
    const headers = Object.fromEntries(first?.headers ?? []);
    expect(headers).toMatchObject(Object.fromEntries(deployed));
    expect(
      Object.keys(headers)
        .filter((name) => /^access-control|^vary$/.test(name))
        .toSorted(),
    ).toEqual(deployed.map(([name]) => name).toSorted());
    // The template replaces the first origin by another one that calls.
    expect(second?.headers.get('access-control-allow-origin')).toBe(origins[1]);
    expect(stranger?.headers.get('access-control-allow-origin')).toBe(origins[0]);
  });

  test('has gateway responses without CORS headers, which could name only one of its origins', () => {
    for (const [, { Properties }] of allOf(stack, 'AWS::ApiGateway::GatewayResponse')) {
      expect(JSON.stringify(Properties)).not.toContain('Access-Control');
    }
  });

  test('has a domain name with TLS 1.2 or newer, and no default endpoint beside it', () => {
    expect(theOne(stack, 'AWS::ApiGateway::DomainName')[1].Properties).toMatchObject({
      DomainName: 'api.example.com',
      EndpointConfiguration: { Types: ['REGIONAL'] },
      SecurityPolicy: 'SecurityPolicy_TLS13_1_2_PQ_2025_09',
    });
    expect(theOne(stack, 'AWS::ApiGateway::RestApi')[1].Properties.DisableExecuteApiEndpoint).toBe(true);
    expect(stack.outputs.Endpoint?.Value).toBe('https://api.example.com/user/2021-2/user/password/reset');
    expect(stack.outputs).toHaveProperty('DomainTarget');
  });

  test("sets the function's variables, and leaves the account's log role alone", () => {
    expect(variablesOf(stack)).toMatchObject({
      TOKEN_SCOPE: 'password:reset',
      TOKEN_MAX_AGE: '600',
      TOKEN_AUDIENCE_CLAIM: 'azp',
      TOKEN_BACKDATING: '300',
      PASSWORD_MIN_LENGTH: '8',
      BASE_PATHS: 'user/2021-2,user/2022-1,user/2024-2',
      CORS_ORIGINS: 'https://app.example.com,https://www.example.com',
    });
    expect(allOf(stack, 'AWS::ApiGateway::Account')).toEqual([]);
    expect(
      theOne(stack, 'AWS::Lambda::Function', 'Function')[1].Properties.ReservedConcurrentExecutions,
    ).toBe(7);
  });
});

test('a new or changed domain name causes a new deployment, which disables the default endpoint', async () => {
  const certificateArn = 'arn:aws:acm:eu-central-1:123456789012:certificate/0aa1';
  const deploymentWith = async (domainName: string) => {
    const stack = await synthesizeForTest({ stage: 'dev', ...required, domainName, certificateArn });
    return theOne(stack, 'AWS::ApiGateway::Deployment')[0];
  };
  const deployments = [
    theOne(dev, 'AWS::ApiGateway::Deployment')[0],
    await deploymentWith('api.example.com'),
    await deploymentWith('reset.example.com'),
  ];
  expect(new Set(deployments).size).toBe(3);
});

test('a single CORS origin may read the gateway responses too', async () => {
  const stack = await synthesizeForTest({
    stage: 'dev',
    ...required,
    corsOrigins: 'https://app.example.com',
  });
  for (const [, { Properties }] of allOf(stack, 'AWS::ApiGateway::GatewayResponse')) {
    expect(Properties.ResponseParameters).toMatchObject({
      'gatewayresponse.header.Access-Control-Allow-Origin': "'https://app.example.com'",
      'gatewayresponse.header.Vary': "'Origin'",
    });
  }
});

test('the same sources make the same package in any folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'password-reset-again-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const again = await synthesizeForTest(
    { stage: 'prod', ...required },
    bundleFunctions(join(folder, 'further', 'down')),
  );
  const code = (stack: Synthesis) => theOne(stack, 'AWS::Lambda::Function', 'Function')[1].Properties.Code;
  expect(code(again)).toEqual(code(prod));
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

function variablesOf(stack: Synthesis): Record<string, unknown> {
  const { Environment } = theOne(stack, 'AWS::Lambda::Function', 'Function')[1].Properties;
  return (Environment as { Variables: Record<string, unknown> }).Variables;
}

/** Method and path of each route, sorted. */
const differentRoutes = 'lambda/reset/openapi.yaml has other operations than infra/constructs/reset-api.ts';

function documentedRoutes(basePaths: readonly string[], havePreflights: boolean): string[] {
  const preflights = havePreflights ? documented.paths.map((path) => ({ method: 'OPTIONS', path })) : [];
  return [...documentedOperations, ...preflights]
    .flatMap(({ method, path }) => basePaths.map((basePath) => `${method} /${basePath}${path}`))
    .sort();
}

function routesOf(stack: Synthesis): string[] {
  const pathOf = (id: string): string => {
    const { Properties } = stack.resources[id] as Resource;
    const { PathPart, ParentId } = Properties as { PathPart: string; ParentId: { Ref?: string } };
    return `${ParentId.Ref ? pathOf(ParentId.Ref) : ''}/${PathPart}`;
  };
  return allOf(stack, 'AWS::ApiGateway::Method')
    .map(
      ([, { Properties }]) =>
        `${Properties.HttpMethod} ${pathOf((Properties.ResourceId as { Ref: string }).Ref)}`,
    )
    .sort();
}

/** The alarm's name in its logical id, such as `InternalErrors` in `ObservabilityInternalErrorsAA450B71`. */
function alarmName(logicalId: string): string {
  return logicalId.replace(/^Observability|[0-9A-F]{8}$/g, '');
}

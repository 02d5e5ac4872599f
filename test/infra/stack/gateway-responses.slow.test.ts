// The gateway's own answers: that there is one for each type, what it says, and that openapi.yaml describes it.
import { describe, expect, it, test } from 'vitest';
import { catalogue } from '../../../lambda/reset/http/error-catalogue.ts';
import { renderGatewayResponse } from '../../support/gateway-response.ts';
import { toAnswer } from '../../support/http-client.ts';
import { codesIn, tableUnder } from '../../support/markdown.ts';
import { documentedErrors, documentedOperations, exampleOf, violationsOf } from '../../support/openapi.ts';
import { allOf, required, synthesize, synthesizeStage, theOne } from './synthesis.ts';

const prod = await synthesizeStage('prod');

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

  test('have the texts of the function for errors that it has too', () => {
    const notFound = responses.find(({ ResponseType }) => ResponseType === 'RESOURCE_NOT_FOUND') ?? {};
    const template = (notFound.ResponseTemplates as Record<string, string>)['application/json'] as string;
    expect(JSON.parse(template).errors[0]).toMatchObject({
      title: catalogue['not-found'].title,
      detail: catalogue['not-found'].detail,
    });
  });
});

describe('a stage with all optional settings', async () => {
  const stack = await synthesizeStage('full');

  test('has gateway responses without CORS headers, which could name only one of its origins', () => {
    for (const [, { Properties }] of allOf(stack, 'AWS::ApiGateway::GatewayResponse')) {
      expect(JSON.stringify(Properties)).not.toContain('Access-Control');
    }
  });
});

test('a single CORS origin may read the gateway responses too', async () => {
  const stack = await synthesize({
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

const requestId = '8f2d6b1e-3c55-4d0a-9a61-6d0a1f4f7c3e';

function render(properties: Record<string, unknown>) {
  const { status, headers, body } = renderGatewayResponse(properties, requestId);
  return toAnswer(status, headers, body);
}

const stack = await synthesize({ stage: 'prod', ...required, corsOrigins: 'https://app.example.com' });
const answers = allOf(stack, 'AWS::ApiGateway::GatewayResponse').map(
  ([, { Properties }]) => [String(Properties.ResponseType), render(Properties)] as const,
);

describe('the gateway response matches openapi.yaml:', () => {
  it.each(answers)('%s', (_type, answer) => {
    // The gateway gives it to the requests of any operation.
    for (const { method, path } of documentedOperations)
      expect(violationsOf(answer, method, path)).toEqual([]);
    expect(answer.headers['request-id']).toBe(answer.error?.id);
    const { title, detail } = exampleOf(answer.code);
    expect(answer.error, 'lambda/reset/openapi.yaml has another title or detail').toMatchObject({
      title,
      detail,
    });
  });
});

it("the gateway's own error codes are the documented ones that are not the function's", () => {
  const ofGateway = [...documentedErrors.keys()].filter((code) => !(code in catalogue)).sort();
  const answered = new Set(answers.map(([, { code }]) => code).filter((code) => !(code in catalogue)));
  expect(
    ofGateway,
    'infra/constructs/gateway-responses.ts has other codes than lambda/reset/openapi.yaml',
  ).toEqual([...answered].sort());
});

it('docs/api.md has the codes and statuses of the gateway responses under "Answers of API Gateway"', () => {
  const listed = tableUnder('docs/api.md', 'Answers of API Gateway').map(([status, code]) => [
    codesIn(code)[0],
    Number(status),
  ]);
  expect(Object.fromEntries(listed)).toEqual(
    Object.fromEntries(answers.map(([, { code, status }]) => [code, status])),
  );
});

// The API: its routes, its endpoint, and what it logs.
import { describe, expect, test } from 'vitest';
import { createGateway } from '../../../infra/local/gateway.ts';
import { listen } from '../../../infra/local/listen.ts';
import { documented, documentedOperations } from '../../support/openapi.ts';
import {
  allOf,
  type Resource,
  required,
  type Synthesis,
  synthesize,
  synthesizeStage,
  synthesizeStages,
  theOne,
} from './synthesis.ts';

/** The throttles of infra/settings/stages.ts that docs/deploy.md tells too, written down a second time on purpose. */
const throttles = {
  prod: { rate: 100, burst: 50 },
  dev: { rate: 10, burst: 5 },
  local: { rate: 10, burst: 5 },
};

const differentRoutes = 'lambda/reset/openapi.yaml has other operations than infra/constructs/reset-api.ts';

/** The answer of a method that API Gateway gives itself, as the template has it. */
interface MockAnswer {
  readonly StatusCode: string;
  readonly ResponseParameters: Readonly<Record<string, string>>;
}

describe.each(await synthesizeStages('prod', 'dev', 'local'))('the stage %s', (stage, stack) => {
  const { rate, burst } = throttles[stage];

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

  test('allows only the API to invoke the function, by the routes of openapi.yaml', () => {
    const [alias] = theOne(stack, 'AWS::Lambda::Alias');
    const routes = allOf(stack, 'AWS::Lambda::Permission').map(([, { Properties }]) => {
      expect(Properties).toMatchObject({
        Principal: 'apigateway.amazonaws.com',
        FunctionName: { Ref: alias },
      });
      return JSON.stringify(Properties.SourceArn)
        .match(/[A-Z]+\/user\/[^"]*/)?.[0]
        .replace('/', ' /');
    });
    expect(routes.toSorted(), differentRoutes).toEqual(documentedRoutes(['user/2021-2'], false));
  });
});

describe.each(await synthesizeStages('prod', 'dev'))('the deployed stage %s', (_stage, stack) => {
  test("retains the account's role for gateway logs, which other APIs may use by then", () => {
    const [, { Properties }] = theOne(stack, 'AWS::ApiGateway::Account');
    const { CloudWatchRoleArn } = Properties as { CloudWatchRoleArn: { 'Fn::GetAtt': [string, string] } };
    expect(stack.resources[CloudWatchRoleArn['Fn::GetAtt'][0]]).toMatchObject({
      Type: 'AWS::IAM::Role',
      DeletionPolicy: 'Retain',
    });
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
  const stack = await synthesizeStage('full');

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
});

test('a new or changed domain name causes a new deployment, which disables the default endpoint', async () => {
  const certificateArn = 'arn:aws:acm:eu-central-1:123456789012:certificate/0aa1';
  const deploymentWith = async (domainName: string) => {
    const stack = await synthesize({ stage: 'dev', ...required, domainName, certificateArn });
    return theOne(stack, 'AWS::ApiGateway::Deployment')[0];
  };
  const deployments = [
    theOne(await synthesizeStage('dev'), 'AWS::ApiGateway::Deployment')[0],
    await deploymentWith('api.example.com'),
    await deploymentWith('reset.example.com'),
  ];
  expect(new Set(deployments).size).toBe(3);
});

/** The routes that openapi.yaml has below these base paths, sorted. */
function documentedRoutes(basePaths: readonly string[], havePreflights: boolean): string[] {
  const preflights = havePreflights ? documented.paths.map((path) => ({ method: 'OPTIONS', path })) : [];
  return [...documentedOperations, ...preflights]
    .flatMap(({ method, path }) => basePaths.map((basePath) => `${method} /${basePath}${path}`))
    .sort();
}

/** Method and path of each route, sorted. */
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

// The REST API in front of the function.
import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import {
  AccessLogFormat,
  type CfnRestApi,
  type CorsOptions,
  type DomainName,
  EndpointAccessMode,
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  type Method,
  MethodLoggingLevel,
  RestApi,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigateway';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { Alias, IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Settings } from '../settings.ts';
import { addGatewayResponses } from './gateway-responses.ts';

export interface ResetApiProps {
  readonly settings: Settings;
  /** The function's alias. */
  readonly target: Alias;
}

/** TLS 1.2 and 1.3. */
const tls = {
  securityPolicy: SecurityPolicy.TLS13_1_2_PQ_2025_09,
  endpointAccessMode: EndpointAccessMode.BASIC,
};

/**
 * What is kept of a request. The path is the route's and not the caller's. Not here, on purpose: the query string, which
 * may hold a PIN; `$context.path`; `$context.error.message`, in which the gateway quotes an Authorization header that it
 * cannot make sense of; the User-Agent, which is the caller's to fill.
 */
const accessLogEntry = {
  requestId: '$context.requestId',
  functionRequestId: '$context.integration.requestId',
  traceId: '$context.xrayTraceId',
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
};

/** A regional API whose routes are the operation under each of its base paths. */
export class ResetApi extends Construct {
  readonly api: RestApi;
  /** Where to send the PUT. */
  readonly url: string;
  /** What the custom domain name has to point at; undefined without one. */
  readonly domainTarget: string | undefined;

  constructor(scope: Construct, id: string, { settings, target }: ResetApiProps) {
    super(scope, id);
    this.api = this.#createApi(settings);
    // The library's own types do not meet `exactOptionalPropertyTypes`.
    const integration = new LambdaIntegration(target as IFunction, { proxy: true, allowTestInvoke: false });
    for (const path of settings.paths) {
      const resource = this.api.root.resourceForPath(path);
      acknowledgeOpenMethod(resource.addMethod('PUT', integration));
      if (settings.corsOrigins.length > 0) {
        acknowledgeOpenMethod(resource.addCorsPreflight(corsOptions(settings.corsOrigins)));
      }
    }
    const [corsOrigin, ...otherOrigins] = settings.corsOrigins;
    addGatewayResponses(this.api, otherOrigins.length === 0 ? corsOrigin : undefined);
    const domain = settings.domain && this.#addDomain(settings.domain);
    this.domainTarget = domain?.domainNameAliasDomainName;
    this.url = settings.domain
      ? `https://${settings.domain.name}${settings.paths[0]}`
      : this.api.urlForPath(settings.paths[0]);
  }

  #createApi(settings: Settings): RestApi {
    const accessLog = new LogGroup(this, 'AccessLog', {
      retention: settings.logRetention,
      removalPolicy: settings.keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const api = new RestApi(this, 'Api', {
      restApiName: Stack.of(this).stackName,
      endpointConfiguration: { types: [EndpointType.REGIONAL] },
      // With a domain name of its own the API is not to be reached around it.
      disableExecuteApiEndpoint: settings.domain !== undefined,
      ...(settings.createsGatewayLogRole && {
        cloudWatchRole: true,
        // Other APIs of the account may write their logs with it by then.
        cloudWatchRoleRemovalPolicy: RemovalPolicy.RETAIN,
      }),
      deployOptions: {
        stageName: settings.stage,
        accessLogDestination: new LogGroupLogDestination(accessLog),
        accessLogFormat: AccessLogFormat.custom(JSON.stringify(accessLogEntry)),
        loggingLevel: MethodLoggingLevel.OFF,
        dataTraceEnabled: false,
        // Metrics by method cost extra; those of the API are there anyway, and the access log has the route.
        metricsEnabled: false,
        tracingEnabled: true,
        throttlingRateLimit: settings.throttle.rate,
        throttlingBurstLimit: settings.throttle.burst,
      },
    });
    // The construct has no property for this yet.
    const resource = api.node.defaultChild as CfnRestApi;
    resource.securityPolicy = tls.securityPolicy;
    resource.endpointAccessMode = tls.endpointAccessMode;
    // A stage takes these over with its next deployment only, so a change has to make one.
    api.latestDeployment?.addToLogicalId({ ...tls, domain: settings.domain?.name });
    acknowledgeApi(api, settings);
    return api;
  }

  #addDomain({
    name,
    certificateArn,
  }: {
    readonly name: string;
    readonly certificateArn: string;
  }): DomainName {
    return this.api.addDomainName('Domain', {
      domainName: name,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
      endpointType: EndpointType.REGIONAL,
      ...tls,
    });
  }
}

function corsOptions(origins: readonly string[]): CorsOptions {
  return {
    allowOrigins: [...origins],
    allowMethods: ['PUT'],
    allowHeaders: ['Authorization', 'Content-Type', 'Request-Id'],
    exposeHeaders: ['Request-Id', 'WWW-Authenticate'],
    allowCredentials: false,
  };
}

function acknowledgeOpenMethod(method: Method): void {
  const reason =
    'The function verifies the access token itself: the contract wants 401 answers that say what is wrong with it, ' +
    'and an authorizer would cost a second function or fetch.';
  Validations.of(method).acknowledge(
    { id: 'AwsSolutions-APIG4', reason },
    { id: 'AwsSolutions-COG4', reason },
  );
}

function acknowledgeApi(api: RestApi, settings: Settings): void {
  Validations.of(api.node.defaultChild as CfnRestApi).acknowledge({
    id: 'AwsSolutions-APIG2',
    reason:
      'The function validates the request. The gateway would answer 400, which the contract does not have, and it ' +
      'cannot tell a misspelt "PIN" from none.',
  });
  Validations.of(api.deploymentStage).acknowledge({
    id: 'AwsSolutions-APIG6',
    reason:
      'Execution logs are free text of the gateway, in which query strings and headers can turn up; the PIN and the ' +
      'token are in those. The access log has its fields chosen one by one.',
  });
  if (settings.requestsPerAddress === undefined) {
    Validations.of(api.deploymentStage).acknowledge({
      id: 'AwsSolutions-APIG3',
      reason: 'The firewall costs by the month, so only the stage that real users call has one.',
    });
  }
  const logRole = api.node.tryFindChild('CloudWatchRole');
  if (!logRole) return;
  Validations.of(logRole).acknowledge({
    id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
    reason:
      'API Gateway takes the role for all logs of the account and region, and checks that it may do what this policy ' +
      'says. No function uses it.',
  });
}

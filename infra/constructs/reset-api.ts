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
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Alias, IFunction } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Settings } from '../settings/settings.ts';
import { preflight } from '../shared/preflight.ts';
import { addGatewayResponses } from './gateway-responses.ts';
import { removalPolicyOfData } from './removal-policy.ts';

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
 * API Gateway's names for the refusals that an alarm counts: by its throttle or a quota, by the firewall or a policy, and of
 * requests that are too large. `INVALID_SIGNATURE` is a request with a token to a path that is not served, for example because
 * its base path was dropped. Without a token, such a request is probably a scanner's, and is not counted.
 */
const refusals = [
  'THROTTLED',
  'QUOTA_EXCEEDED',
  'WAF_FILTERED',
  'ACCESS_DENIED',
  'REQUEST_TOO_LARGE',
  'INVALID_SIGNATURE',
];

/**
 * The fields of an access log entry. Deliberately left out: the query string, which may contain a PIN; `$context.path`,
 * which the caller chooses; `$context.error.message`, in which the gateway quotes an Authorization header that it
 * cannot parse; and the User-Agent, which the caller chooses too.
 */
export const accessLogEntry = {
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
};

/** A regional API with a route to the operation for each base path. */
export class ResetApi extends Construct {
  readonly api: RestApi;
  readonly accessLog: LogGroup;
  /** Requests that were refused before they reached the function. */
  readonly refused: Metric;
  /** URL of the operation. */
  readonly url: string;
  /** Target of the DNS record for the custom domain name; undefined without one. */
  readonly domainTarget: string | undefined;

  constructor(scope: Construct, id: string, { settings, target }: ResetApiProps) {
    super(scope, id);
    ({ api: this.api, accessLog: this.accessLog } = this.#createApi(settings));
    this.refused = this.#countRefusals();
    // The types of aws-cdk-lib do not satisfy `exactOptionalPropertyTypes`.
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

  #createApi(settings: Settings): Pick<ResetApi, 'api' | 'accessLog'> {
    const accessLog = new LogGroup(this, 'AccessLog', {
      retention: settings.logRetention,
      removalPolicy: removalPolicyOfData(settings),
    });
    const api = new RestApi(this, 'Api', {
      restApiName: Stack.of(this).stackName,
      endpointConfiguration: { types: [EndpointType.REGIONAL] },
      // If there is a custom domain name, it is the only way to reach the API.
      disableExecuteApiEndpoint: settings.domain !== undefined,
      ...(settings.createsGatewayLogRole && {
        cloudWatchRole: true,
        // The role applies to the whole account, so other APIs may depend on it when this stack is deleted. It stays
        // even if the first deployment fails, because the account's setting goes on naming it.
        cloudWatchRoleRemovalPolicy: RemovalPolicy.RETAIN,
      }),
      deployOptions: {
        stageName: settings.stage,
        accessLogDestination: new LogGroupLogDestination(accessLog),
        accessLogFormat: AccessLogFormat.custom(JSON.stringify(accessLogEntry)),
        loggingLevel: MethodLoggingLevel.OFF,
        dataTraceEnabled: false,
        // Metrics per method cost extra. Those of the API are always available, and the access log contains the route.
        metricsEnabled: false,
        // A trace of the gateway has the URL with its query string, and with it the PIN. One of the function has no URL.
        tracingEnabled: false,
        throttlingRateLimit: settings.throttle.rate,
        throttlingBurstLimit: settings.throttle.burst,
      },
    });
    // RestApi has no properties for these yet.
    const resource = api.node.defaultChild as CfnRestApi;
    resource.securityPolicy = tls.securityPolicy;
    resource.endpointAccessMode = tls.endpointAccessMode;
    // They take effect only with a new deployment, so a change of them must create one.
    api.latestDeployment?.addToLogicalId({ ...tls, domain: settings.domain?.name });
    acknowledgeApi(api, settings);
    return { api, accessLog };
  }

  /** API Gateway has no metric for these: `4XXError` counts the function's answers too. */
  #countRefusals(): Metric {
    const filter = this.accessLog.addMetricFilter('Refused', {
      metricNamespace: 'PasswordReset',
      // Not a dimension with the stage: only values of the log can be dimensions, and the log does not have the stage.
      metricName: `RequestRefused-${Stack.of(this).stackName}`,
      metricValue: '1',
      filterPattern: FilterPattern.any(
        ...refusals.map((type) => FilterPattern.stringValue('$.errorType', '=', type)),
      ),
    });
    return filter.metric({ statistic: 'Sum' });
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
    allowMethods: [...preflight.allowMethods],
    allowHeaders: [...preflight.allowHeaders],
    exposeHeaders: [...preflight.exposeHeaders],
    allowCredentials: false,
  };
}

function acknowledgeOpenMethod(method: Method): void {
  const reason =
    'The function verifies the access token itself: by contract a 401 says what is wrong with the token, and an ' +
    'authorizer would cost a second function or a second fetch of the keys.';
  Validations.of(method).acknowledge(
    { id: 'AwsSolutions-APIG4', reason },
    { id: 'AwsSolutions-COG4', reason },
  );
}

function acknowledgeApi(api: RestApi, settings: Settings): void {
  Validations.of(api.node.defaultChild as CfnRestApi).acknowledge({
    id: 'AwsSolutions-APIG2',
    reason:
      'The function validates the request. The gateway would answer 400, which the contract does not have for this, ' +
      'and it cannot distinguish a misspelt "PIN" from a missing one.',
  });
  Validations.of(api.deploymentStage).acknowledge(
    {
      id: 'AwsSolutions-APIG6',
      reason:
        'Execution logs can contain query strings and headers, and with them the PIN and the token. The access log has ' +
        'only the listed fields.',
    },
    {
      id: 'Serverless-APIGWXrayEnabled',
      reason:
        "The gateway's traces have the URL with its query string, and with it the PIN. The function is traced.",
    },
  );
  if (settings.requestsPerAddress === undefined) {
    Validations.of(api.deploymentStage).acknowledge({
      id: 'AwsSolutions-APIG3',
      reason: 'The firewall has a monthly price, so only the stage for real users has one.',
    });
  }
  const logRole = api.node.tryFindChild('CloudWatchRole');
  if (!logRole) return;
  Validations.of(logRole).acknowledge({
    id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
    reason:
      'API Gateway uses the role for all logs of the account and region, and checks that it has the permissions of this ' +
      'policy. No function uses it.',
  });
}

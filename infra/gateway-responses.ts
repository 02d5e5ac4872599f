// What API Gateway answers where no request reaches the function: the same error documents as the function's own.
import { CfnGatewayResponse } from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import { catalogue } from '../lambda/errors.ts';
import { jsonApiMediaType } from '../lambda/json-api.ts';

/** One kind of answer, and the gateway's response types that it stands in for. */
interface GatewayAnswer {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly types: readonly string[];
}

// Mobile clients of this API decode 401, 403, 404 and 501 only, so 400, 413 and 415 come out as 403.
const answers: readonly GatewayAnswer[] = [
  {
    ...catalogue['not-found'],
    code: 'not-found',
    // No route asks for an AWS signature or an API key. The gateway looks for one only where there is no route, and
    // then takes the caller's Bearer token for a bad signature.
    types: [
      'MISSING_AUTHENTICATION_TOKEN',
      'RESOURCE_NOT_FOUND',
      'INVALID_SIGNATURE',
      'EXPIRED_TOKEN',
      'INVALID_API_KEY',
    ],
  },
  {
    ...catalogue['token-invalid'],
    code: 'token-invalid',
    headers: { 'WWW-Authenticate': "'Bearer'" },
    types: ['UNAUTHORIZED'],
  },
  {
    status: 403,
    code: 'bad-request',
    title: 'Bad request',
    detail: 'The request is malformed or too large. Nothing was changed.',
    types: ['BAD_REQUEST_PARAMETERS', 'BAD_REQUEST_BODY', 'REQUEST_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'],
  },
  {
    status: 403,
    code: 'request-blocked',
    title: 'Request blocked',
    detail: 'The request was refused before it was looked at. Nothing was changed.',
    types: ['WAF_FILTERED', 'ACCESS_DENIED'],
  },
  {
    status: 429,
    code: 'too-many-requests',
    title: 'Too many requests',
    detail: 'There are too many requests right now. Nothing was changed; try again in a moment.',
    headers: { 'Retry-After': "'1'" },
    types: ['THROTTLED', 'QUOTA_EXCEEDED'],
  },
  {
    ...catalogue['internal-error'],
    code: 'internal-error',
    types: [
      'API_CONFIGURATION_ERROR',
      'AUTHORIZER_CONFIGURATION_ERROR',
      'AUTHORIZER_FAILURE',
      'INTEGRATION_FAILURE',
      'INTEGRATION_TIMEOUT',
      'DEFAULT_5XX',
    ],
  },
];

export interface GatewayResponsesProps {
  readonly restApiId: string;
  /** The one origin that web pages call from. A gateway response cannot choose among several. */
  readonly corsOrigin: string | undefined;
}

/** One gateway response for each type by its name. */
export class GatewayResponses extends Construct {
  constructor(scope: Construct, id: string, { restApiId, corsOrigin }: GatewayResponsesProps) {
    super(scope, id);
    for (const { types, ...answer } of answers) {
      for (const responseType of types) {
        new CfnGatewayResponse(this, responseType, {
          restApiId,
          responseType,
          statusCode: String(answer.status),
          ...answerOf(answer, corsOrigin),
        });
      }
    }
    // Whatever the gateway may come to refuse beyond the types above keeps its status: a status given here would
    // change every 4xx, the function's own answers being the only ones spared.
    new CfnGatewayResponse(this, 'DEFAULT_4XX', {
      restApiId,
      responseType: 'DEFAULT_4XX',
      ...answerOf(
        {
          status: 403,
          code: 'request-refused',
          title: 'Request refused',
          detail: 'The request was refused before it was looked at. Nothing was changed.',
        },
        corsOrigin,
      ),
    });
  }
}

function answerOf(
  { headers, status, code, title, detail }: Omit<GatewayAnswer, 'types'>,
  corsOrigin?: string,
) {
  const error = { id: '$context.requestId', status: String(status), code, title, detail };
  const document = JSON.stringify({ errors: [error] });
  return {
    // The gateway picks a template by the request's Accept header; callers send both of these.
    responseTemplates: { [jsonApiMediaType]: document, 'application/json': document },
    responseParameters: Object.fromEntries(
      Object.entries({
        'Content-Type': `'${jsonApiMediaType}'`,
        'Cache-Control': "'no-store'",
        'Request-Id': 'context.requestId',
        ...(corsOrigin && { 'Access-Control-Allow-Origin': `'${corsOrigin}'`, Vary: "'Origin'" }),
        ...headers,
      }).map(([name, value]) => [`gatewayresponse.header.${name}`, value]),
    ),
  };
}

// API Gateway's own answers to requests that do not reach the function: error documents in the function's format.
import { type GatewayResponseOptions, ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { catalogue } from '../../lambda/reset/http/error-catalogue.ts';
import { jsonApiMediaType } from '../../lambda/reset/http/json-api.ts';

/** An answer, and the types of gateway response that it replaces. */
interface GatewayAnswer {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly types: readonly string[];
}

// The mobile clients decode only 401, 403, 404 and 501 as errors, so the gateway's 400, 413 and 415 become 403.
const answers: readonly GatewayAnswer[] = [
  {
    ...catalogue['not-found'],
    code: 'not-found',
    // No route requires an AWS signature or an API key. If no route matches, the gateway looks for them anyway, and
    // reports the Bearer token as an invalid signature.
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
    detail: 'The request was refused before it reached the service. Nothing was changed.',
    types: ['WAF_FILTERED', 'ACCESS_DENIED'],
  },
  {
    status: 429,
    code: 'too-many-requests',
    title: 'Too many requests',
    detail: 'Too many requests arrived at once. Nothing was changed; try again in a moment.',
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

/**
 * The answer to all other 4xx. The gateway response deliberately sets no status: it would replace the status of every
 * other 4xx.
 */
const fallback: Omit<GatewayAnswer, 'types'> = {
  status: 403,
  code: 'request-refused',
  title: 'Request refused',
  detail: 'The request was refused before it reached the service. Nothing was changed.',
};

/**
 * Adds a gateway response for each type.
 *
 * @param api - the responses become part of its deployment, because a stage keeps the answers that it was deployed with
 * @param corsOrigin - the origin of web pages that call; `undefined` if there is none or several, because a gateway
 *   response cannot select one
 */
export function addGatewayResponses(api: RestApi, corsOrigin: string | undefined): void {
  for (const { types, ...answer } of answers) {
    for (const type of types) {
      api.addGatewayResponse(type, {
        type: ResponseType.of(type),
        statusCode: String(answer.status),
        ...buildContent(answer, corsOrigin),
      });
    }
  }
  api.addGatewayResponse('DEFAULT_4XX', {
    type: ResponseType.DEFAULT_4XX,
    ...buildContent(fallback, corsOrigin),
  });
}

function buildContent(
  { headers, status, code, title, detail }: Omit<GatewayAnswer, 'types'>,
  corsOrigin: string | undefined,
): Pick<GatewayResponseOptions, 'templates' | 'responseHeaders'> {
  const error = { id: '$context.requestId', status: String(status), code, title, detail };
  const document = JSON.stringify({ errors: [error] });
  return {
    // The gateway selects a template by the request's Accept header. Clients send either of these types.
    templates: { [jsonApiMediaType]: document, 'application/json': document },
    responseHeaders: {
      'Content-Type': `'${jsonApiMediaType}'`,
      'Cache-Control': "'no-store'",
      'Request-Id': 'context.requestId',
      ...(corsOrigin && { 'Access-Control-Allow-Origin': `'${corsOrigin}'`, Vary: "'Origin'" }),
      ...headers,
    },
  };
}

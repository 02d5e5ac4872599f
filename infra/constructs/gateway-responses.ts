// What API Gateway answers where no request reaches the function: the same error documents as the function's own.
import { type GatewayResponseOptions, ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { catalogue } from '../../lambda/reset/http/error-catalogue.ts';
import { jsonApiMediaType } from '../../lambda/reset/http/json-api.ts';

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
 * Whatever the gateway may come to refuse beyond the types above. It has no status on purpose: one given here would
 * change the status of every other 4xx.
 */
const fallback: Omit<GatewayAnswer, 'types'> = {
  status: 403,
  code: 'request-refused',
  title: 'Request refused',
  detail: 'The request was refused before it reached the service. Nothing was changed.',
};

/**
 * Gives an API one gateway response for each type by its name.
 *
 * @param api - responses become part of its deployment, so that a change here is deployed: a stage goes on answering
 *   with what it was deployed with
 * @param corsOrigin - the one origin that web pages call from, if any; a gateway response cannot choose among several
 */
export function addGatewayResponses(api: RestApi, corsOrigin: string | undefined): void {
  for (const { types, ...answer } of answers) {
    for (const type of types) {
      api.addGatewayResponse(type, {
        type: ResponseType.of(type),
        statusCode: String(answer.status),
        ...contentOf(answer, corsOrigin),
      });
    }
  }
  api.addGatewayResponse('DEFAULT_4XX', {
    type: ResponseType.DEFAULT_4XX,
    ...contentOf(fallback, corsOrigin),
  });
}

function contentOf(
  { headers, status, code, title, detail }: Omit<GatewayAnswer, 'types'>,
  corsOrigin: string | undefined,
): Pick<GatewayResponseOptions, 'templates' | 'responseHeaders'> {
  const error = { id: '$context.requestId', status: String(status), code, title, detail };
  const document = JSON.stringify({ errors: [error] });
  return {
    // The gateway picks a template by the request's Accept header; callers send both of these.
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

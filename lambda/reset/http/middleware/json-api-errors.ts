// Answers a thrown error with a JSON:API document; @middy/http-error-handler builds the HTTP answer.
import httpErrorHandler from '@middy/http-error-handler';
import { type ServiceError, toServiceError } from '../../domain/errors.ts';
import { getCatalogueRow } from '../error-catalogue.ts';
import type { Exchange, Wrapper } from '../exchange.ts';
import { errorDocument, jsonApiMediaType } from '../json-api.ts';

/**
 * Creates the middlewares that answer errors. The conversion comes last: `onError` hooks run in reverse order.
 *
 * @param documentationUrl - URL of a page with an anchor for each error code; undefined: errors have no link
 */
export function jsonApiErrors(documentationUrl: string | undefined): Wrapper[] {
  return [
    httpErrorHandler({ logger: false }),
    {
      onError(request) {
        const { event: exchange } = request;
        exchange.refusal = toServiceError(request.error);
        request.error = toHttpError(exchange.refusal, exchange, documentationUrl);
      },
    },
  ];
}

/** Creates the error that middy's error handler expects (https://middy.js.org/docs/middlewares/http-error-handler). */
function toHttpError(refusal: ServiceError, exchange: Exchange, documentationUrl: string | undefined): Error {
  const { content }: Partial<Exchange> = exchange;
  return Object.assign(
    new Error(JSON.stringify(errorDocument(refusal, exchange.requestId, { content, documentationUrl }))),
    {
      statusCode: getCatalogueRow(refusal.code).status,
      expose: true,
      headers: { 'Content-Type': jsonApiMediaType, ...challengeHeader(refusal) },
    },
  );
}

/** Every 401 names the scheme (RFC 9110 section 15.5.2); if the token was refused, also the reason. */
function challengeHeader({ code, data }: ServiceError): { 'WWW-Authenticate'?: string } {
  const { status, challenge, title, challengeParameters = {} } = getCatalogueRow(code);
  if (status !== 401 && challenge === undefined) return {};
  const parameters = [
    ['realm', 'password-reset'],
    ...(challenge
      ? [
          ['error', challenge],
          ['error_description', title],
        ]
      : []),
    ...Object.entries(challengeParameters).map(([name, member]) => [name, data[member]]),
  ];
  return {
    'WWW-Authenticate': `Bearer ${parameters.map(([name, value]) => `${name}="${value}"`).join(', ')}`,
  };
}

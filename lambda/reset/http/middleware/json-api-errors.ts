// Turns whatever was thrown into a JSON:API answer, with @middy/http-error-handler doing the HTTP part.
import httpErrorHandler from '@middy/http-error-handler';
import { type ServiceError, toServiceError } from '../../domain/errors.ts';
import { rowOf } from '../error-catalogue.ts';
import type { Exchange, Step } from '../exchange.ts';
import { errorDocument, jsonApiMediaType } from '../json-api.ts';

/** The middlewares that answer errors; hooks on the way out run in reverse, so the translation comes last. */
export function jsonApiErrors(): Step[] {
  return [
    httpErrorHandler({ logger: false }),
    {
      onError(request) {
        const refusal = toServiceError(request.error);
        request.event.refusal = refusal;
        request.error = toHttpError(refusal, request.event);
      },
    },
  ];
}

/** An error as middy's error handler understands it (https://middy.js.org/docs/middlewares/http-error-handler). */
function toHttpError(refusal: ServiceError, exchange: Exchange): Error {
  const { content }: Partial<Exchange> = exchange;
  return Object.assign(new Error(JSON.stringify(errorDocument(refusal, exchange.requestId, content))), {
    statusCode: rowOf(refusal.code).status,
    expose: true,
    headers: { 'Content-Type': jsonApiMediaType, ...challengeHeader(refusal) },
  });
}

/** Every 401 names the scheme (RFC 9110 section 15.5.2), and why it was refused where the token was at fault. */
function challengeHeader({ code, data }: ServiceError): { 'WWW-Authenticate'?: string } {
  const { status, challenge, title, challengeParameters = {} } = rowOf(code);
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

// Turns whatever was thrown into a JSON:API answer, with @middy/http-error-handler doing the HTTP part.
import type { MiddlewareObj } from '@middy/core';
import httpErrorHandler from '@middy/http-error-handler';
import { type ServiceError, toServiceError } from '../../domain/errors.ts';
import type { ApiResponse } from '../api-gateway.ts';
import { errorDocument, jsonApiMediaType } from '../json-api.ts';

interface Refusable {
  id: string;
  /** What the request was refused with; for the log and the metrics. */
  refusal?: ServiceError;
}

/** The middlewares that answer errors; hooks on the way out run in reverse, so the translation comes last. */
export function jsonApiErrors(): MiddlewareObj<Refusable, ApiResponse>[] {
  return [
    httpErrorHandler({ logger: false }),
    {
      onError(request) {
        const refusal = toServiceError(request.error);
        request.event.refusal = refusal;
        request.error = toHttpError(refusal, request.event.id);
      },
    },
  ];
}

/** An error as middy's error handler understands it (https://middy.js.org/docs/middlewares/http-error-handler). */
function toHttpError(refusal: ServiceError, id: string): Error {
  return Object.assign(new Error(JSON.stringify(errorDocument(refusal, id))), {
    statusCode: refusal.row.status,
    expose: true,
    headers: { 'Content-Type': jsonApiMediaType, ...challengeHeader(refusal) },
  });
}

/** Every 401 names the scheme (RFC 9110 section 15.5.2), and why it was refused where the token was at fault. */
function challengeHeader({ row, challengeParameters }: ServiceError): { 'WWW-Authenticate'?: string } {
  if (row.status !== 401 && row.challenge === undefined) return {};
  const parameters = {
    realm: 'password-reset',
    ...(row.challenge && { error: row.challenge, error_description: row.title }),
    ...challengeParameters,
  };
  const list = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`);
  return { 'WWW-Authenticate': `Bearer ${list.join(', ')}` };
}

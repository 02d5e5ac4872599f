// Reads the request's body, where there is one.
import type { MiddlewareObj } from '@middy/core';
import type { ApiRequest } from '../api-gateway.ts';
import { parseRequestBody, type RequestBody } from '../request-body.ts';

export interface WithContent {
  /** What the body says, nothing where there is none. */
  content: RequestBody;
}

/**
 * Hands on what the body says.
 *
 * @throws ServiceError `body-too-large`, `media-type-unsupported` or `body-malformed`
 */
export function parseBody(): MiddlewareObj<ApiRequest & WithContent> {
  return {
    before({ event }) {
      event.content = parseRequestBody(event.body, event.headers.get('content-type'));
    },
  };
}

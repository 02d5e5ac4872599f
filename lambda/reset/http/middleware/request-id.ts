// Gives every request two ids: one for people who search logs, and one by which the service knows its own effects.
import { randomUUID } from 'node:crypto';
import type { MiddlewareObj } from '@middy/core';
import { Xid } from 'xid-ts';
import type { ApiRequest, ApiResponse } from '../api-gateway.ts';
import { addHeaders } from './add-headers.ts';

export interface Identified {
  /** A 20 character xid that names the request in the answer, in its errors and in the log. It decides nothing. */
  id: string;
  /** A random UUID that names what the request does to the user's item. No caller can choose or attempt it. */
  invocationId: string;
}

/**
 * Takes over the caller's `Request-Id` where it is one valid xid (https://github.com/rs/xid), else makes a new one, and
 * answers with it.
 */
export function requestId(): MiddlewareObj<ApiRequest & Identified, ApiResponse> {
  return {
    before({ event }) {
      event.invocationId = randomUUID();
      event.id = idOf(event.headers.get('request-id'));
    },
    ...addHeaders<Identified>(({ id }) => ({ 'Request-Id': id })),
  };
}

function idOf(values: readonly string[] | undefined): string {
  try {
    // No value and several, which this joins with commas, are no xid either.
    return Xid.parse(String(values)).toString();
  } catch {
    return new Xid().toString();
  }
}

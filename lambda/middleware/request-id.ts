// Gives every request an id that names it in the answer, in its errors, in the log and in the user's item.
import type { MiddlewareObj } from '@middy/core';
import { Xid } from 'xid-ts';
import type { ApiRequest, ApiResponse } from '../api-gateway.ts';
import { addHeaders } from './add-headers.ts';

/**
 * Takes over the caller's `Request-Id` where it is one valid xid (https://github.com/rs/xid), else makes a new one, and
 * answers with it.
 */
export function requestId(): MiddlewareObj<ApiRequest & { id: string }, ApiResponse> {
  return {
    before({ event }) {
      event.id = idOf(event.headers.get('request-id'));
    },
    ...addHeaders<{ id: string }>(({ id }) => ({ 'Request-Id': id })),
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

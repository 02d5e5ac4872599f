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
      event.id = incomingId(event.headers.get('request-id')) ?? new Xid().toString();
    },
    ...addHeaders<{ id: string }>(({ id }) => ({ 'Request-Id': id })),
  };
}

function incomingId(values: readonly string[] = []): string | undefined {
  const [id] = values;
  if (values.length !== 1 || id === undefined) return undefined;
  try {
    return Xid.parse(id).toString();
  } catch {
    return undefined;
  }
}

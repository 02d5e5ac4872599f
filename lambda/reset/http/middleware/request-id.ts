// Gives every request two ids: one to find it in logs, and one to recognise the service's own writes.
import { randomUUID } from 'node:crypto';
import { Xid } from 'xid-ts';
import type { Wrapper } from '../exchange.ts';
import { addHeaders } from './add-headers.ts';

/**
 * Sets `invocationId`, and sets `requestId` to the caller's `Request-Id` if that is a valid xid
 * (https://github.com/rs/xid), otherwise to a new xid. The answer carries it in the header `Request-Id`.
 */
export function requestId(): Wrapper {
  return {
    before({ event: exchange }) {
      exchange.invocationId = randomUUID();
      exchange.requestId = selectRequestId(exchange.headers.get('request-id'));
    },
    ...addHeaders(({ requestId }) => ({ 'Request-Id': requestId })),
  };
}

function selectRequestId(values: readonly string[] | undefined): string {
  // Most requests have none, and an error that is thrown and caught takes longer than everything else here.
  if (values === undefined) return new Xid().toString();
  try {
    // Several values, which String() joins with commas, are not a valid xid either.
    return Xid.parse(String(values)).toString();
  } catch {
    return new Xid().toString();
  }
}

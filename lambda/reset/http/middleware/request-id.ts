// Gives every request two ids: one for people who search logs, and one by which the service knows its own effects.
import { randomUUID } from 'node:crypto';
import { Xid } from 'xid-ts';
import type { Step } from '../exchange.ts';
import { addHeaders } from './add-headers.ts';

/**
 * Takes over the caller's `Request-Id` where it is one valid xid (https://github.com/rs/xid), else makes a new one, and
 * answers with it.
 */
export function requestId(): Step {
  return {
    before({ event }) {
      event.invocationId = randomUUID();
      event.requestId = idOf(event.headers.get('request-id'));
    },
    ...addHeaders(({ requestId }) => ({ 'Request-Id': requestId })),
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

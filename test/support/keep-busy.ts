// A server that is at work for ever: its answer never begins, and its connection is never idle.
import type { ServerResponse } from 'node:http';

/** Sends interim answers (103) five times a second until the connection is closed. */
export function keepBusy(response: ServerResponse): void {
  const timer = setInterval(() => response.writeProcessing(), 200);
  response.on('close', () => clearInterval(timer));
}

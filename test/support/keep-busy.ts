// Servers that are at work for ever: their answer never begins or never ends, and its connection is never idle.
import type { ServerResponse } from 'node:http';

/** Sends interim answers (103) five times a second until the connection is closed. */
export function keepBusy(response: ServerResponse): void {
  const timer = setInterval(() => response.writeProcessing(), 200);
  response.on('close', () => clearInterval(timer));
}

/** Begins an answer and sends a byte of it ten times a second until the connection is closed. */
export function trickle(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'application/x-amz-json-1.0' });
  const timer = setInterval(() => response.write(' '), 100);
  response.on('close', () => clearInterval(timer));
}

// Answers that never begin or never end, on a connection that is never idle.
import type { ServerResponse } from 'node:http';

/** Sends an interim response (102) five times a second until the connection is closed. */
export function sendInterimResponses(response: ServerResponse): void {
  const timer = setInterval(() => response.writeProcessing(), 200);
  response.on('close', () => clearInterval(timer));
}

/** Starts an answer and sends a byte of it ten times a second until the connection is closed. */
export function trickle(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'application/x-amz-json-1.0' });
  const timer = setInterval(() => response.write(' '), 100);
  response.on('close', () => clearInterval(timer));
}

// Stands in for the SDK's count of a request's bytes, see ../trimmed-libraries.ts.

/**
 * Counts the bytes of a body, for the header `Content-Length`.
 *
 * @param body - text or bytes, or nothing
 * @throws Error where it is anything else, such as a stream
 */
export function calculateBodyLength(body?: unknown): number {
  if (!body) return 0;
  if (typeof body === 'string') return Buffer.byteLength(body);
  if (ArrayBuffer.isView(body) || body instanceof ArrayBuffer) return body.byteLength;
  throw new Error('A body that is neither text nor bytes has no known length');
}

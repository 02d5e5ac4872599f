// A GET of something small, over https or, from this machine itself, http.
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get as getOverTls } from 'node:https';
import { CodedError } from '../../shared/describe-fault.ts';

export interface DownloadLimits {
  /** Bytes; what is longer is not read to its end. */
  readonly maxBytes: number;
  /** Ends the download at any point of it. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Downloads a document. Where the connection fails, it is tried once more; an answer counts, whatever it is.
 *
 * @param uri - absolute URL; a redirect is not followed
 * @throws CodedError `HTTP_STATUS` where the status is not 200, `TOO_LARGE`; or Node's error of the connection
 */
export async function download(uri: string, limits: DownloadLimits): Promise<Buffer> {
  try {
    return await downloadOnce(uri, limits);
  } catch (error) {
    if (error instanceof CodedError || limits.signal?.aborted) throw error;
    return downloadOnce(uri, limits);
  }
}

async function downloadOnce(uri: string, { maxBytes, signal }: DownloadLimits): Promise<Buffer> {
  // `http` is for an issuer on the same machine. Imported at run time: `node:http` costs 20 ms, for undici.
  const get = uri.startsWith('http:') ? (await import('node:http')).get : getOverTls;
  // A connection of its own: one that was kept would be minutes old, and the other side may have forgotten it.
  const request = get(uri, { agent: false, ...(signal && { signal }) });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  // What ends an answer half-way is told to whoever reads it, and once more here.
  request.on('error', () => {});
  const [response] = await answered;
  const { statusCode: httpStatus = 0 } = response;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    if (httpStatus !== 200) throw new CodedError('HTTP_STATUS', { httpStatus });
    for await (const chunk of response) {
      size += chunk.length;
      if (size > maxBytes) throw new CodedError('TOO_LARGE');
      chunks.push(chunk);
    }
  } finally {
    request.destroy();
  }
  return Buffer.concat(chunks);
}

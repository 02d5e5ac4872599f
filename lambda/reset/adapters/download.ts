// Downloads a small document over https, or over http from this machine.
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get as getOverTls } from 'node:https';
import { CodedError } from '../../shared/describe-fault.ts';

export interface DownloadLimits {
  /** Bytes. A longer answer is not read to its end. */
  readonly maxBytes: number;
  /** Aborts the download at any point. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Downloads a document. Tries once more if the connection fails, and never after an answer.
 *
 * @param uri - absolute URL; redirects are not followed
 * @throws CodedError `HTTP_STATUS` if the status is not 200, or `TOO_LARGE`; Node's error if the connection fails
 */
export async function download(uri: string, limits: DownloadLimits): Promise<Buffer> {
  try {
    return await downloadOnce(uri, limits);
  } catch (error) {
    if (error instanceof CodedError || limits.signal?.aborted) throw error;
    return downloadOnce(uri, limits);
  }
}

/** Firewalls refuse requests without a User-Agent. Nothing is decompressed here. */
const headers = {
  Accept: 'application/json',
  'Accept-Encoding': 'identity',
  'User-Agent': 'password-reset',
};

async function downloadOnce(uri: string, { maxBytes, signal }: DownloadLimits): Promise<Buffer> {
  // Only an issuer on this machine uses http. Imported on demand, because `node:http` takes 20 ms to load (undici).
  const get = uri.startsWith('http:') ? (await import('node:http')).get : getOverTls;
  // No keep-alive: the last connection is minutes old, and the other side may have closed it.
  const request = get(uri, { agent: false, headers, ...(signal && { signal }) });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  // An error in the middle of an answer rejects the loop below too; without a listener here it would end the process.
  request.on('error', () => {});
  const [response] = await answered;
  const { statusCode: httpStatus = 0 } = response;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    if (httpStatus !== 200) throw new CodedError('HTTP_STATUS', { httpStatus, url: uri });
    for await (const chunk of response) {
      size += chunk.length;
      if (size > maxBytes) throw new CodedError('TOO_LARGE', { url: uri });
      chunks.push(chunk);
    }
  } finally {
    request.destroy();
  }
  return Buffer.concat(chunks);
}

const loopbackHosts = ['localhost', '127.0.0.1', '[::1]'];

/** Whether requests to a URL are encrypted, or stay on this machine. */
export function isSecureUrl({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && loopbackHosts.includes(hostname));
}

/** Large enough for more than a thousand keys. */
const maxJsonBytes = 1024 * 1024;

/**
 * Downloads and parses a JSON document in UTF-8.
 *
 * @param uri - absolute URL
 * @param signal - aborts the download
 * @throws CodedError `NO_JSON` if the answer is not JSON, or what `download` throws
 */
export async function downloadJson(uri: string, signal?: AbortSignal): Promise<unknown> {
  const bytes = await download(uri, { maxBytes: maxJsonBytes, signal });
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new CodedError('NO_JSON', { cause, url: uri });
  }
}

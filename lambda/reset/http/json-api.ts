// Error documents of JSON:API 1.1 (https://jsonapi.org/format/#errors).
import type { ServiceError } from '../domain/errors.ts';
import { type CatalogueRow, getCatalogueRow } from './error-catalogue.ts';
import type { RequestBody } from './request-body.ts';

export const jsonApiMediaType = 'application/vnd.api+json';

/** The part of the request that caused an error. */
export type ErrorSource = { readonly parameter: string } | { readonly pointer: string };

/** An element of `errors`. The mobile clients decode `id` and `status` as strings only. */
export interface JsonApiError {
  readonly id: string;
  readonly links?: { readonly about: string };
  readonly status: string;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly source?: ErrorSource;
  readonly meta?: Readonly<Record<string, unknown>>;
}

/**
 * Creates the JSON:API document of one error. It contains the catalogue's texts and the data that the catalogue lists,
 * and nothing about the error's cause.
 *
 * @param error - why the request is refused
 * @param requestId - a 20-character xid, which the log line of the request has too
 * @param about - `content`: the parsed body, which shows whether the PIN was in the body or in the query;
 *   `documentationUrl`: a page with an anchor for each code, to which the error links
 */
export function errorDocument(
  error: ServiceError,
  requestId: string,
  {
    content = {},
    documentationUrl,
  }: { readonly content?: RequestBody | undefined; readonly documentationUrl?: string | undefined } = {},
): { errors: [JsonApiError] } {
  const row = getCatalogueRow(error.code);
  const { status, title, detail, meta } = row;
  const source = locateSource(row, error, content);
  return {
    errors: [
      {
        id: requestId,
        ...(documentationUrl && { links: { about: `${documentationUrl}#${error.code}` } }),
        status: String(status),
        code: error.code,
        title,
        detail,
        ...(source && { source }),
        ...(meta && { meta: Object.fromEntries(meta.map((name) => [name, error.data[name]])) }),
      },
    ],
  };
}

function locateSource(
  { source }: CatalogueRow,
  { data }: ServiceError,
  content: RequestBody,
): ErrorSource | undefined {
  if (source === 'body') return { pointer: String(data.pointer) };
  if (source === 'password') return { pointer: '/password' };
  if (source === 'pin') return 'pin' in content ? { pointer: '/pin' } : { parameter: 'pin' };
  return undefined;
}

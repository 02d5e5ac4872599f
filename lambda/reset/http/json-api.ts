// Error documents as JSON:API 1.1 has them (https://jsonapi.org/format/#errors).
import type { ServiceError } from '../domain/errors.ts';
import { type CatalogueRow, rowOf } from './error-catalogue.ts';
import type { RequestBody } from './request-body.ts';

export const jsonApiMediaType = 'application/vnd.api+json';

/** The part of a request that is at fault. */
export type ErrorSource = { readonly parameter: string } | { readonly pointer: string };

/** One member of `errors`; all strings but `meta`, as the mobile clients decode them. */
export interface JsonApiError {
  readonly id: string;
  readonly status: string;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly source?: ErrorSource;
  readonly meta?: Readonly<Record<string, unknown>>;
}

/**
 * The JSON:API document of one error. It tells what the catalogue says and what the catalogue has it tell of the error's
 * data, and nothing of its cause.
 *
 * @param error - what the caller is told
 * @param requestId - a 20 character xid; it finds the request in the log
 * @param content - what the request's body says, if it has been read: a PIN was in there or in the query
 * @returns a document whose members are left out where they have nothing to say
 */
export function errorDocument(
  error: ServiceError,
  requestId: string,
  content: RequestBody = {},
): { errors: [JsonApiError] } {
  const row = rowOf(error.code);
  const { status, title, detail, meta } = row;
  const source = sourceOf(row, error, content);
  return {
    errors: [
      {
        id: requestId,
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

function sourceOf(
  { source }: CatalogueRow,
  { data }: ServiceError,
  content: RequestBody,
): ErrorSource | undefined {
  if (source === 'body') return { pointer: String(data.pointer) };
  if (source === 'password') return { pointer: '/password' };
  if (source === 'pin') return 'pin' in content ? { pointer: '/pin' } : { parameter: 'pin' };
  return undefined;
}

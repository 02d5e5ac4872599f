// Error documents as JSON:API 1.1 has them (https://jsonapi.org/format/#errors).
import type { ErrorSource, ServiceError } from '../domain/errors.ts';

export const jsonApiMediaType = 'application/vnd.api+json';

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
 * The JSON:API document of one error. It tells what the catalogue and the error's own members say, and nothing of its
 * cause.
 *
 * @param error - what the caller is told
 * @param id - the request's id, a 20 character xid; it finds the request in the log
 * @returns a document whose members are left out where they have nothing to say
 */
export function errorDocument(error: ServiceError, id: string): { errors: [JsonApiError] } {
  const { status, title, detail } = error.row;
  return {
    errors: [
      {
        id,
        status: String(status),
        code: error.code,
        title,
        detail,
        ...(error.source && { source: error.source }),
        ...(error.meta && { meta: error.meta }),
      },
    ],
  };
}

// The contract's document, and a check of answers against it.
import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import type { ErrorSource } from '../../lambda/reset/http/json-api.ts';

export const openApiUrl = new URL('../../lambda/reset/openapi.yaml', import.meta.url);

interface MediaType {
  readonly examples: Readonly<
    Record<string, { readonly value: { readonly errors: readonly DocumentedError[] } }>
  >;
}

/** An error in an example of the document. */
export interface DocumentedError {
  readonly id: string;
  readonly status: string;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly source?: ErrorSource;
  readonly meta?: Readonly<Record<string, unknown>>;
}

interface OpenApi {
  /** The one operation's path -> the operation. */
  readonly paths: Readonly<Record<string, { readonly put: Operation }>>;
  readonly components: { readonly headers: Readonly<Record<string, { readonly required?: boolean }>> };
}

interface Operation {
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly headers: Readonly<Record<string, { readonly $ref: string }>>;
        readonly content?: Readonly<Record<string, MediaType>>;
      }
    >
  >;
}

const openApi = parse(readFileSync(openApiUrl, 'utf8')) as OpenApi;
const [[operationPath, { put }]] = Object.entries(openApi.paths) as [[string, { readonly put: Operation }]];
const { responses } = put;

/** Every error of the document, by its code. */
export const documentedErrors: ReadonlyMap<string, DocumentedError> = new Map(
  Object.values(responses).flatMap((response) =>
    Object.values(response.content ?? {}).flatMap((mediaType) =>
      Object.entries(mediaType.examples).map(([code, { value }]) => [
        code,
        value.errors[0] as DocumentedError,
      ]),
    ),
  ),
);

/**
 * The error that the document has as the example of a code.
 *
 * @throws Error that says what to add to the document
 */
export function exampleOf(code: string): DocumentedError {
  const documented = documentedErrors.get(code);
  if (documented !== undefined) return documented;
  throw new Error(
    `lambda/reset/openapi.yaml has no example for ${code}: add one to the response of its status, and the code to the ` +
      '"enum" there',
  );
}

// The document's schemas are JSON Schema 2020-12. `strict` would refuse the OpenAPI members around them.
const ajv = new Ajv2020({ strict: false, allErrors: true, verbose: true }).addSchema(openApi, 'openapi');
const validators = new Map<string, ValidateFunction>();

/** Where an answer violates the document; empty if it conforms. */
export function violationsOf(answer: {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}): string[] {
  const response = responses[answer.status];
  if (response === undefined)
    return [`openapi.yaml has no response ${answer.status}: add it, with its examples`];
  const at = `/paths/${escaped(operationPath)}/put/responses/${answer.status}`;
  return [
    ...Object.entries(response.headers).flatMap(([name, { $ref }]) =>
      headerViolations($ref, name, answer.headers[name.toLowerCase()]),
    ),
    ...Object.keys(answer.headers)
      .filter((name) => !isDocumentedHeader(response.headers, name))
      .map(
        (name) =>
          `header ${name} is not documented: add it to response ${answer.status} of openapi.yaml, or do not send it`,
      ),
    ...bodyViolations(at, response.content, answer),
    ...challengeViolations(answer),
  ];
}

/** What the document can only say in words: each 401 has a challenge, under one of its two names. */
function challengeViolations({ status, headers }: Parameters<typeof violationsOf>[0]): string[] {
  const names = ['www-authenticate', 'x-amzn-remapped-www-authenticate'].filter((name) => name in headers);
  if (names.length > 1) return ['the challenge has two names'];
  return status === 401 && names.length === 0 ? ['the challenge is missing'] : [];
}

/** Headers of the connection and the message framing. */
const transportHeaders = [
  'connection',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
  'transfer-encoding',
];

function isDocumentedHeader(headers: Readonly<Record<string, unknown>>, name: string): boolean {
  return (
    transportHeaders.includes(name) ||
    Object.keys(headers).some((documented) => documented.toLowerCase() === name)
  );
}

function headerViolations(ref: string, name: string, value: string | undefined): string[] {
  const header = openApi.components.headers[ref.split('/').at(-1) ?? ''];
  if (value === undefined) return header?.required ? [`header ${name} is missing`] : [];
  return violations(`${ref.slice(1)}/schema`, value).map((violation) => `header ${name} ${violation}`);
}

function bodyViolations(
  at: string,
  content: Operation['responses'][string]['content'],
  answer: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
): string[] {
  if (content === undefined)
    return answer.body === '' ? [] : ['openapi.yaml has no content for this response, but there is a body'];
  const mediaType = answer.headers['content-type'] ?? '';
  if (!(mediaType in content))
    return [`media type "${mediaType}": openapi.yaml does not list it in the content of this response`];
  return violations(`${at}/content/${escaped(mediaType)}/schema`, JSON.parse(answer.body));
}

function violations(pointer: string, value: unknown): string[] {
  const ref = `openapi#${pointer}`;
  const validate = validators.get(ref) ?? ajv.compile({ $ref: ref });
  validators.set(ref, validate);
  validate(value);
  return (validate.errors ?? []).map(({ keyword, instancePath, data, message }) =>
    keyword === 'enum'
      ? `${instancePath}: openapi.yaml does not list "${data}" in the "enum" of this response`
      : `${instancePath} ${message}`,
  );
}

/** A key as a part of a JSON Pointer (RFC 6901). */
function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

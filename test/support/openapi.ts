// The contract's document, and a check of answers against it.
import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import type { JsonApiError } from '../../lambda/reset/http/json-api.ts';

export const openApiUrl = new URL('../../lambda/reset/openapi.yaml', import.meta.url);

interface MediaType {
  readonly examples: Readonly<
    Record<
      string,
      {
        readonly value: { readonly errors: readonly JsonApiError[] };
        readonly 'x-client-action': string;
      }
    >
  >;
}

interface OpenApi {
  /** Path -> lower-case method -> operation. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly 'x-client-actions': Readonly<Record<string, string>>;
  readonly components: {
    readonly headers: Readonly<Record<string, { readonly required?: boolean }>>;
    readonly parameters: Readonly<Record<string, { readonly name: string; readonly in: 'query' | 'header' }>>;
    readonly schemas: Readonly<Record<string, Record<string, unknown>>>;
  };
}

interface Operation {
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { readonly $ref: string }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: { readonly $ref: string } }>>;
  };
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly headers?: Readonly<Record<string, { readonly $ref: string }>>;
        readonly content?: Readonly<Record<string, MediaType>>;
        /** Only if there is no content. */
        readonly 'x-client-action'?: string;
      }
    >
  >;
}

export const openApi = parse(readFileSync(openApiUrl, 'utf8')) as OpenApi;

interface DocumentedOperation extends Operation {
  /** Upper case. */
  readonly method: string;
  /** Without the base path: `/user/password/reset`. */
  readonly path: string;
}

export const documentedOperations: readonly DocumentedOperation[] = Object.entries(openApi.paths).flatMap(
  ([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
    })),
);

/** The names of what an operation reads of a request: header fields, parameters of the query, members of the body. */
export function requestPartsOf({ security = [], parameters = [], requestBody }: Operation) {
  const given = parameters.map(({ $ref }) => openApi.components.parameters[lastOf($ref)]);
  const named = (place: string) => given.flatMap((one) => (one?.in === place ? [one.name] : []));
  const schemas = Object.values(requestBody?.content ?? {}).map(({ schema }) => lastOf(schema.$ref));
  return {
    // OpenAPI has its own places for these two.
    headers: [
      ...(security.length > 0 ? ['Authorization'] : []),
      ...(requestBody ? ['Content-Type'] : []),
      ...named('header'),
    ],
    query: named('query'),
    members: unique(
      schemas.flatMap((name) => Object.keys(openApi.components.schemas[name]?.properties ?? {})),
    ),
  };
}

const lastOf = (ref: string) => ref.split('/').at(-1) ?? '';

const unique = (names: readonly string[]) => [...new Set(names)];

/** All paths without the base path, methods, and names of request headers, each once, in the order of the document. */
export const documented = {
  paths: unique(documentedOperations.map(({ path }) => path)),
  methods: unique(documentedOperations.map(({ method }) => method)),
  requestHeaders: unique(documentedOperations.flatMap((one) => requestPartsOf(one).headers)),
};

/** The errors of a response, by their code. */
function errorsOf({ content = {} }: Operation['responses'][string]): [string, JsonApiError][] {
  return Object.values(content).flatMap(({ examples }) =>
    Object.entries(examples).map(([code, { value }]): [string, JsonApiError] => [
      code,
      value.errors[0] as JsonApiError,
    ]),
  );
}

/** Every error of the document, by its code. */
export const documentedErrors: ReadonlyMap<string, JsonApiError> = new Map(
  documentedOperations.flatMap(({ responses }) => Object.values(responses).flatMap(errorsOf)),
);

/**
 * The error that the document has as the example of a code.
 *
 * @throws Error that says what to add to the document
 */
export function exampleOf(code: string): JsonApiError {
  const documented = documentedErrors.get(code);
  if (documented !== undefined) return documented;
  throw new Error(
    `lambda/reset/openapi.yaml has no example for ${code}: add one to the response of its status`,
  );
}

// The document's schemas are JSON Schema 2020-12. `strict` would refuse the OpenAPI members around them.
const ajv = new Ajv2020({ strict: false, allErrors: true, verbose: true, formats: { uri: true } }).addSchema(
  { ...openApi, components: { ...openApi.components, schemas: closed(openApi.components.schemas) } },
  'openapi',
);
const validators = new Map<string, ValidateFunction>();

/**
 * Forbids undocumented members in a copy of the schemas. The document allows them, so that clients are prepared for
 * members that are added later; what the service sends today has to be documented.
 */
function closed<T>(schemas: T): T {
  return JSON.parse(JSON.stringify(schemas), (_key, value) =>
    typeof value?.properties === 'object' && value.type === 'object'
      ? { ...value, additionalProperties: false }
      : value,
  );
}

/** The answer of a request. */
export interface Answer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Finds where an answer violates the document; empty if it conforms.
 *
 * @param method - of the request
 * @param path - of the request, with any base path. If the document has no such operation, the only allowed answer is the
 *   404 `not-found` that its operations describe
 */
export function violationsOf(answer: Answer, method: string, path: string): string[] {
  const own = documentedOperations.find((one) => one.method === method && path.endsWith(one.path));
  if (own !== undefined) return violationsOfOperation(answer, own);
  const isNotFound = answer.status === 404 && JSON.parse(answer.body).errors[0].code === 'not-found';
  return isNotFound
    ? violationsOfOperation(answer, documentedOperations[0] as DocumentedOperation)
    : [`${method} ${path} is answered ${answer.status}, and openapi.yaml has no such operation: add it`];
}

function violationsOfOperation(answer: Answer, { method, path, responses }: DocumentedOperation): string[] {
  const response = responses[answer.status];
  if (response === undefined)
    return [`openapi.yaml has no response ${answer.status} for ${method} ${path}: add it, with its examples`];
  const { headers = {} } = response;
  const at = `/paths/${escaped(path)}/${method.toLowerCase()}/responses/${answer.status}`;
  return [
    ...Object.entries(headers).flatMap(([header, { $ref }]) =>
      headerViolations($ref, header, answer.headers[header.toLowerCase()]),
    ),
    ...Object.keys(answer.headers)
      .filter((header) => !isDocumentedHeader(headers, header))
      .map(
        (header) =>
          `header ${header} is not documented: add it to response ${answer.status} of openapi.yaml, or do not send it`,
      ),
    ...bodyViolations(at, response, answer),
    ...challengeViolations(answer),
  ];
}

/** What the document can only say in words: each 401 has a challenge, under one of its two names. */
function challengeViolations({ status, headers }: Answer): string[] {
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
  const header = openApi.components.headers[lastOf(ref)];
  if (value === undefined) return header?.required ? [`header ${name} is missing`] : [];
  return violations(`${ref.slice(1)}/schema`, value).map((violation) => `header ${name} ${violation}`);
}

function bodyViolations(at: string, response: Operation['responses'][string], answer: Answer): string[] {
  const { content } = response;
  if (content === undefined)
    return answer.body === '' ? [] : ['openapi.yaml has no content for this response, but there is a body'];
  const mediaType = answer.headers['content-type'] ?? '';
  if (!(mediaType in content))
    return [`media type "${mediaType}": openapi.yaml does not list it in the content of this response`];
  const document = JSON.parse(answer.body);
  return [
    ...violations(`${at}/content/${escaped(mediaType)}/schema`, document),
    ...codeViolations(document.errors?.[0], response),
  ];
}

/**
 * What the document shows by examples: the codes of a response. A schema of its own for each response would say so too, but
 * client generators turn it into types without members.
 */
function codeViolations(error: JsonApiError | undefined, response: Operation['responses'][string]): string[] {
  const example = new Map(errorsOf(response)).get(String(error?.code));
  if (example === undefined)
    return [`openapi.yaml has no example for "${error?.code}" in this response: add one`];
  return example.status === error?.status ? [] : [`/errors/0/status must be "${example.status}"`];
}

function violations(pointer: string, value: unknown): string[] {
  const ref = `openapi#${pointer}`;
  const validate = validators.get(ref) ?? ajv.compile({ $ref: ref });
  validators.set(ref, validate);
  validate(value);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** A key as a part of a JSON Pointer (RFC 6901). */
function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

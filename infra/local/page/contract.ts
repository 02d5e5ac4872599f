// The contract as the page's server reads it: an OpenAPI document, with its references resolved.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** A JSON Schema of the contract. */
export interface Schema {
  readonly description?: string;
  readonly type?: string;
  readonly format?: string;
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly examples?: readonly unknown[];
}

export interface Field {
  readonly description?: string;
  readonly required?: boolean;
  readonly schema: Schema;
  readonly example?: string;
}

export interface Example {
  readonly summary: string;
  /** What a client does after this error: a name in `x-client-actions`. */
  readonly 'x-client-action': string;
  readonly value: unknown;
}

export interface MediaType {
  /** Of an error, by its code. */
  readonly examples: Readonly<Record<string, Example>>;
}

export interface Tag {
  readonly name: string;
  readonly description: string;
}

export interface Server {
  /** Such as `/{basePath}`. */
  readonly url: string;
  readonly description: string;
  readonly variables: Readonly<Record<string, { readonly default: string; readonly description: string }>>;
}

export interface Operation {
  readonly tags: readonly string[];
  readonly deprecated?: boolean;
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly (Field & { readonly name: string; readonly in: string })[];
  readonly requestBody: {
    readonly description: string;
    readonly content: Readonly<
      Record<
        string,
        {
          readonly examples: Readonly<Record<string, Pick<Example, 'summary' | 'value'>>>;
          readonly schema: Schema;
        }
      >
    >;
  };
  readonly responses: Readonly<Record<string, Response>>;
}

export interface Response {
  readonly description: string;
  /** What a client does after an answer without a code. */
  readonly 'x-client-action'?: string;
  readonly headers: Readonly<Record<string, Field>>;
  readonly content?: Readonly<Record<string, MediaType>>;
}

/** The contract, with its references resolved. */
export interface Contract {
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly summary: string;
    readonly description: string;
    readonly license: { readonly name: string };
  };
  readonly servers: readonly [Server, ...Server[]];
  readonly tags: readonly Tag[];
  /** What clients do after answers: Markdown by name. */
  readonly 'x-client-actions': Readonly<Record<string, string>>;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly securitySchemes: Readonly<Record<string, { readonly description: string }>>;
    readonly schemas: Readonly<Record<string, Schema>>;
  };
}

/**
 * Reads an OpenAPI document and replaces each `$ref` by its target.
 *
 * @param path - of a YAML file whose references point into itself and form no cycle
 */
export function readContract(path: string): Contract {
  const document = parse(readFileSync(path, 'utf8'));
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== 'object' || value === null) return value;
    if ('$ref' in value) return resolve(find(document, String(value.$ref)));
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, resolve(member)]));
  };
  return resolve(document) as Contract;
}

/** The URL of a server whose variables have their default values. */
export function defaultUrlOf({ url, variables }: Server): string {
  return url.replace(/\{(\w+)\}/g, (text, name) => variables[name]?.default ?? text);
}

/** Finds the target of a reference such as `#/components/schemas/RecoveryPin`. */
function find(document: unknown, reference: string): unknown {
  const keys = reference.split('/').slice(1);
  return keys.reduce((value, key) => (value as Record<string, unknown>)[key], document);
}

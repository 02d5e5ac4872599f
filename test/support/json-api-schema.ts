// A third party's JSON Schema of JSON:API. Every answer of every test is checked with it.
import { Ajv } from 'ajv';
import draft6 from 'ajv/dist/refs/json-schema-draft-06.json' with { type: 'json' };
import schema from 'jsonapi-validator/lib/schema.json' with { type: 'json' };

// The schema uses formats for URLs only, which our documents do not have.
const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true })
  .addMetaSchema(draft6)
  .compile(schema);

/** Finds where a document is no JSON:API document; empty if it is one. */
export function jsonApiViolationsOf(document: unknown): string[] {
  return validate(document)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`);
}

// The schemas of the events.
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';

const folder = new URL('../../lambda/publisher/events/', import.meta.url);

interface EventSchema {
  readonly file: string;
  /** The `detail-type`. */
  readonly title: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export const eventSchemas: readonly EventSchema[] = readdirSync(folder).map((file) => ({
  file,
  ...JSON.parse(readFileSync(new URL(file, folder), 'utf8')),
}));

const ajv = new Ajv2020({ strict: true, allErrors: true });
const validators = new Map(
  // The published schemas allow members that consumers do not know; what we publish today has to be documented.
  eventSchemas.map(({ file, ...schema }) => [
    schema.title,
    ajv.compile({ ...schema, additionalProperties: false }),
  ]),
);

/** The violations of an event's detail against the schema of its type; empty if it is valid. */
export function schemaViolationsOf(type: string, detail: unknown): unknown[] {
  const validate = validators.get(type);
  if (validate === undefined) return [`no schema for ${type}`];
  return validate(detail) ? [] : (validate.errors ?? []);
}

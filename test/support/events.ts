// The schemas of the events, and a marker for values that no event may carry.
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';

const schemas = {
  PasswordReset: 'password-reset.v1.json',
  RecoveryPinLocked: 'recovery-pin-locked.v1.json',
};

const ajv = new Ajv2020({ strict: true, allErrors: true });
const validators = new Map(
  Object.entries(schemas).map(([type, file]) => {
    const url = new URL(`../../lambda/publisher/events/${file}`, import.meta.url);
    return [type, ajv.compile(JSON.parse(readFileSync(url, 'utf8')))];
  }),
);

/** The violations of an event's detail against the schema of its type; empty if it is valid. */
export function schemaViolationsOf(type: string, detail: unknown): unknown[] {
  const validate = validators.get(type);
  if (validate === undefined) return [`no schema for ${type}`];
  return validate(detail) ? [] : (validate.errors ?? []);
}

/** Part of every value that must not be published, so that one search finds any of them. */
export const secretMark = 'SECRET';

// The events' schemas, and what no event may hold.
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

/** What is wrong with an event's detail by the schema of its type; empty if nothing is. */
export function faultsOf(type: string, detail: unknown): unknown[] {
  const validate = validators.get(type);
  if (validate === undefined) return [`no schema for ${type}`];
  return validate(detail) ? [] : (validate.errors ?? []);
}

/** Stands in every value that is nobody's business, so that one search finds any of them. */
export const secretMark = 'SECRET';

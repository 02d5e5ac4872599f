// What a JSON:API 1.1 document with errors may look like (https://jsonapi.org/format/#errors), as narrow as this service's.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

const text = { type: 'string', minLength: 1 };

/** Validates a parsed error document; `validate.errors` says what is wrong. */
export const validateErrorDocument: ValidateFunction = new Ajv2020({ strict: true, allErrors: true }).compile(
  {
    type: 'object',
    required: ['errors'],
    additionalProperties: false,
    properties: {
      errors: {
        type: 'array',
        minItems: 1,
        maxItems: 1,
        items: {
          type: 'object',
          required: ['id', 'status', 'code', 'title', 'detail'],
          additionalProperties: false,
          properties: {
            id: { type: 'string', pattern: '^[0-9a-v]{19}[0g]$' },
            links: {
              type: 'object',
              additionalProperties: false,
              properties: { about: { type: 'string', minLength: 1 } },
            },
            status: { enum: ['401', '403', '404', '501'] },
            code: { type: 'string', pattern: '^[a-z]+(-[a-z]+)*$' },
            title: text,
            detail: text,
            source: {
              type: 'object',
              minProperties: 1,
              maxProperties: 1,
              additionalProperties: false,
              properties: { pointer: { type: 'string', pattern: '^(/.*)?$' }, parameter: text, header: text },
            },
            meta: { type: 'object', minProperties: 1 },
          },
        },
      },
    },
  },
);

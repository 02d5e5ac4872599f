// The error document of each error code, compared with openapi.yaml.
import { describe, expect, it } from 'vitest';
import { type ErrorCode, ServiceError } from '../../../../lambda/reset/domain/errors.ts';
import { catalogue } from '../../../../lambda/reset/http/error-catalogue.ts';
import { errorDocument } from '../../../../lambda/reset/http/json-api.ts';
import { exampleOf } from '../../../support/openapi.ts';

const codes = Object.keys(catalogue) as ErrorCode[];

it.each(codes)('the error document of %s is the documented one', (code) => {
  const documented = exampleOf(code);
  // What an occurrence adds is the example's own.
  const data = { ...documented.meta, ...documented.source } as Record<string, string>;
  const error = new ServiceError(code, { data });
  expect(errorDocument(error, documented.id)).toEqual({ errors: [documented] });
});

it('a missing linked identity has exactly the texts that clients show', () => {
  expect(catalogue['missing-linked-identity']).toEqual({
    status: 401,
    title: 'Missing linked identity for authorized access',
    detail:
      'Linked identity is needed to access this resource, please check why the user does not have a linked identity',
    challenge: 'insufficient_user_authentication',
  });
});

describe('an error document', () => {
  it.each<[ErrorCode, Record<string, string | number>, object, object]>([
    ['token-invalid', { maxAge: 1 }, {}, {}],
    ['body-malformed', { pointer: '' }, {}, { source: { pointer: '' } }],
    ['body-malformed', { pointer: '/pin' }, {}, { source: { pointer: '/pin' } }],
    [
      'password-too-short',
      { minLength: 15 },
      {},
      { source: { pointer: '/password' }, meta: { minLength: 15 } },
    ],
    [
      'recovery-pin-mismatch',
      { remainingAttempts: 0, more: 1 },
      {},
      { source: { parameter: 'pin' }, meta: { remainingAttempts: 0 } },
    ],
    [
      'recovery-pin-mismatch',
      { remainingAttempts: 2 },
      { pin: '5621' },
      { source: { pointer: '/pin' }, meta: { remainingAttempts: 2 } },
    ],
    ['recovery-pin-locked', {}, { pin: '5621' }, { source: { pointer: '/pin' } }],
  ])('of %s with data %j and body %j adds %j and nothing else', (code, data, content, added) => {
    const error = new ServiceError(code, { data, reason: 'secret', cause: new Error('secret') });
    const { status, title, detail } = catalogue[code];
    expect(errorDocument(error, 'id', { content })).toStrictEqual({
      errors: [{ id: 'id', status: String(status), code, title, detail, ...added }],
    });
  });
});

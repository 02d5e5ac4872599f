// The catalogue and its error documents, held against the contract's document; and what becomes of errors of others.
import { describe, expect, it } from 'vitest';
import {
  catalogue,
  type ErrorCode,
  kindOf,
  ServiceError,
  toServiceError,
} from '../../../../lambda/reset/domain/errors.ts';
import { errorDocument } from '../../../../lambda/reset/http/json-api.ts';
import { type DocumentedError, documentedErrors } from '../../../support/openapi.ts';

it.each(Object.keys(catalogue) as ErrorCode[])('the error document of %s is the documented one', (code) => {
  const documented = documentedErrors.get(code);
  expect(documented?.code).toBe(code);
  // What an occurrence adds is the example's own.
  const { source, meta } = documented as DocumentedError;
  const error = new ServiceError(code, { ...(source && { source }), ...(meta && { meta }) });
  expect(errorDocument(error, documented?.id ?? '')).toEqual({ errors: [documented] });
});

it('says of a missing linked identity, word for word, what clients show', () => {
  expect(catalogue['missing-linked-identity']).toEqual({
    status: 401,
    title: 'Missing linked identity for authorized access',
    detail:
      'Linked identity is needed to access this resource, please check why the user does not have a linked identity',
  });
});

describe('an error document', () => {
  it.each([
    [{ source: { pointer: '' } }],
    [{ source: { parameter: 'pin' }, meta: { remainingAttempts: 0 } }],
    [{}],
  ])('has of an occurrence what it tells: %j', (told) => {
    const error = new ServiceError('token-invalid', {
      ...told,
      reason: 'secret',
      cause: new Error('secret'),
    });
    const { status, code, title, detail } = errorDocument(new ServiceError('token-invalid'), 'id').errors[0];
    expect(errorDocument(error, 'id')).toStrictEqual({
      errors: [{ id: 'id', status, code, title, detail, ...told }],
    });
  });
});

describe('whatever is thrown', () => {
  it('is left as it is where it is an error of the service', () => {
    const error = new ServiceError('user-disabled');
    expect(toServiceError(error)).toBe(error);
  });

  it.each([new Error('x'), 'x', undefined, null, { code: 'user-disabled' }])(
    'is an internal error where it is %s, with that as its cause',
    (thrown) => {
      const error = toServiceError(thrown);
      expect(error).toBeInstanceOf(ServiceError);
      expect([error.code, error.message, error.cause]).toEqual(['internal-error', 'internal-error', thrown]);
    },
  );

  it.each<[unknown, string]>([
    [new TypeError('x'), 'TypeError'],
    [new ServiceError('not-found'), 'ServiceError'],
    [Object.assign(new Error('x'), { name: 'ThrottlingException' }), 'ThrottlingException'],
    ['x', 'string'],
    [null, 'object'],
    [undefined, 'undefined'],
  ])('%s is of the kind %s', (thrown, kind) => {
    expect(kindOf(thrown)).toBe(kind);
  });
});

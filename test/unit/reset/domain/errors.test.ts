// What becomes of errors of others.
import { describe, expect, it } from 'vitest';
import { ServiceError, toServiceError } from '../../../../lambda/reset/domain/errors.ts';

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
});

// How anything that is thrown becomes an error of the service.
import { describe, expect, it } from 'vitest';
import { ServiceError, toServiceError } from '../../../../lambda/reset/domain/errors.ts';

describe('a thrown value', () => {
  it('that is an error of the service is returned unchanged', () => {
    const error = new ServiceError('user-disabled');
    expect(toServiceError(error)).toBe(error);
  });

  it.each([new Error('x'), 'x', undefined, null, { code: 'user-disabled' }])(
    'that is %s becomes the cause of an internal error',
    (thrown) => {
      const error = toServiceError(thrown);
      expect(error).toBeInstanceOf(ServiceError);
      expect([error.code, error.message, error.cause]).toEqual(['internal-error', 'internal-error', thrown]);
    },
  );
});

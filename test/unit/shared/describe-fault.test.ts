// What is logged about a fault: its kind, place and causes, and never its message.
import { describe, expect, it } from 'vitest';
import { CodedError, describeFault, kindOf } from '../../../lambda/shared/describe-fault.ts';

const bare = (error: Error, more: object = {}) => Object.assign(error, { stack: undefined }, more);

describe('the description of a fault', () => {
  it.each<[string, unknown, object]>([
    ['that is a string', 'secret', { name: 'string' }],
    ['that is undefined', undefined, { name: 'undefined' }],
    ['that is null', null, { name: 'object' }],
    ['that is an object', { name: 'secret', code: 'secret' }, { name: 'object' }],
    ['that is an error', bare(new RangeError('secret')), { name: 'RangeError' }],
    [
      'of the network',
      bare(new Error('x'), { code: 'ECONNREFUSED' }),
      { name: 'Error', code: 'ECONNREFUSED' },
    ],
    [
      'with a name and a code that say more than a kind',
      bare(new Error('x'), { name: 'token eyJhbGciOi', code: 'x'.repeat(65) }),
      { name: 'Error' },
    ],
    ['with a code that is no text', bare(new Error('x'), { code: 20 }), { name: 'Error' }],
    [
      'of an AWS service',
      bare(new Error('x'), {
        name: 'ThrottlingException',
        $metadata: { httpStatusCode: 400, requestId: 'x' },
      }),
      { name: 'ThrottlingException', httpStatus: 400 },
    ],
    ['without a message', Object.assign(new Error(), { message: undefined }), { name: 'Error' }],
    ['of this service', bare(new CodedError('TOO_LARGE')), { name: 'CodedError', code: 'TOO_LARGE' }],
    [
      'of this service, with an answer',
      bare(new CodedError('HTTP_STATUS', { httpStatus: 404, url: 'https://issuer.test/keys?secret=1&x' })),
      { name: 'CodedError', code: 'HTTP_STATUS', httpStatus: 404, url: 'https://issuer.test/keys' },
    ],
    [
      'of this service, with credentials in a URL',
      bare(new CodedError('NO_JSON', { url: 'https://secret:se@cret@issuer.test/a://b@c#secret' })),
      { name: 'CodedError', code: 'NO_JSON', url: 'https://issuer.test/a://b@c' },
    ],
    ['of another library, with a URL', bare(new Error('x'), { url: 'secret' }), { name: 'Error' }],
    [
      'of the SDK, without an answer',
      bare(new Error('x'), { $metadata: { attempts: 3 } }),
      { name: 'Error' },
    ],
  ])('%s has its kind, code and status only', (_name, thrown, described) => {
    expect(describeFault(thrown)).toEqual(described);
  });
});

describe('the cause of a fault', () => {
  const chain = (depth: number): Error =>
    bare(new Error('secret', depth === 0 ? {} : { cause: chain(depth - 1) }), { code: `E${depth}` });

  it('is described by name, code and status, without its place', () => {
    const cause = new CodedError('HTTP_STATUS', { message: 'secret', httpStatus: 400 });
    expect(describeFault(bare(new TypeError('secret', { cause })))).toEqual({
      name: 'TypeError',
      cause: { name: 'CodedError', code: 'HTTP_STATUS', httpStatus: 400 },
    });
  });

  it('is described three levels deep', () => {
    const described = (depth: number): object => ({
      name: 'Error',
      code: `E${depth}`,
      ...(depth > 1 && { cause: described(depth - 1) }),
    });
    expect(describeFault(chain(4))).toEqual(described(4));
    expect(described(4)).toMatchObject({ cause: { cause: { cause: { code: 'E1' } } } });
  });

  it('may be of any type, and circular', () => {
    expect(describeFault(bare(new Error('secret', { cause: 'secret' })))).toEqual({
      name: 'Error',
      cause: { name: 'string' },
    });
    const circle = bare(new Error('secret'));
    circle.cause = circle;
    expect(JSON.stringify(describeFault(circle))).not.toContain('secret');
  });

  it('of several errors is the first', () => {
    const errors = [bare(new Error('secret'), { code: 'ECONNREFUSED' }), new Error('secret')];
    expect(describeFault(bare(new AggregateError(errors, 'secret')))).toEqual({
      name: 'AggregateError',
      cause: { name: 'Error', code: 'ECONNREFUSED' },
    });
  });
});

it('an error of this service has its code as its message, unless it has another one', () => {
  expect(new CodedError('TOO_LARGE').message).toBe('TOO_LARGE');
  expect(new CodedError('TOO_LARGE', { message: 'more than 1 MB' }).message).toBe('more than 1 MB');
});

describe('the place of a fault', () => {
  it('is described by its stack frames', () => {
    const { frames = [] } = describeFault(new Error('secret'));
    expect(frames[0]).toMatch(/^at .*describe-fault\.test\.ts/);
    expect(frames.length).toBeGreaterThan(1);
    for (const frame of frames) expect(frame).toMatch(/^at \S/);
  });

  it.each<[string, string, object]>([
    [
      'if the message has several lines',
      'Error: a\n  at b\n    at f (g:1:2)\n   at h',
      { frames: ['at f (g:1:2)', 'at h'] },
    ],
    [
      'if the heading has another name than the error now',
      'TypeError: a\n  at b\n    at f (g:1:2)',
      { frames: ['at f (g:1:2)'] },
    ],
    [
      "if the heading has the name of a service's error",
      'AWS.SQS.Foo: a\n  at b\n    at f (g:1:2)',
      { frames: ['at f (g:1:2)'] },
    ],
    ['if the heading has a code', 'Error [ERR_X]: a\n  at b\n    at f (g:1:2)', { frames: ['at f (g:1:2)'] }],
    ['without frames if the message was changed', 'Error: secret\n    at f (g:1:2)', {}],
    ['without frames if the message was shortened', 'Error: a\n  at b, secret\n    at f (g:1:2)', {}],
    ['without frames if text precedes the heading', 'x Error: a\n  at b\n    at f (g:1:2)', {}],
  ])('is described %s', (_name, stack, expected) => {
    const error = Object.assign(new Error('a\n  at b'), { stack });
    expect(describeFault(error)).toEqual({ name: 'Error', ...expected });
  });

  it('is described if the heading has no message', () => {
    const error = Object.assign(new Error(), { stack: 'Error\n    at f (g:1:2)' });
    expect(describeFault(error)).toEqual({ name: 'Error', frames: ['at f (g:1:2)'] });
  });
});

describe('the kind of a thrown value', () => {
  it.each<[unknown, string]>([
    [new TypeError('x'), 'TypeError'],
    [Object.assign(new Error('x'), { name: 'ThrottlingException' }), 'ThrottlingException'],
    ['x', 'string'],
    [null, 'object'],
    [undefined, 'undefined'],
  ])('%s is %s', (thrown, kind) => {
    expect(kindOf(thrown)).toBe(kind);
  });
});

// How events of any shape are read: without throwing, without losing a value, and without guessing at malformed ones.
import { describe, expect, it } from 'vitest';
import { parseApiGatewayEvent } from '../../../../lambda/reset/http/api-gateway.ts';

/** The request read from an event, its maps as plain objects and its body as a Latin-1 string. */
function read(event: unknown) {
  const { headers, query, body, ...rest } = parseApiGatewayEvent(event);
  return {
    ...rest,
    headers: Object.fromEntries(headers),
    query: Object.fromEntries(query),
    body: body === null ? null : body.toString('latin1'),
  };
}

const nothing = { method: '', path: '', headers: {}, query: {}, body: '' };

it('reads an event of API Gateway', () => {
  const event = {
    httpMethod: 'PUT',
    path: '/a',
    headers: { Accept: 'b', 'X-Two': '2' },
    multiValueHeaders: { Accept: ['b'], 'X-Two': ['1', '2'] },
    queryStringParameters: { pin: '5621', Utm: 'x' },
    multiValueQueryStringParameters: { pin: ['5621'], Utm: ['w', 'x'] },
    body: '{}',
    isBase64Encoded: false,
  };
  expect(read(event)).toEqual({
    method: 'PUT',
    path: '/a',
    headers: { accept: ['b'], 'x-two': ['1', '2'] },
    query: { pin: ['5621'], Utm: ['w', 'x'] },
    body: '{}',
  });
});

describe('reads as an empty request', () => {
  it.each([
    undefined,
    null,
    'text',
    1,
    true,
    [],
    {},
    { httpMethod: 1, path: ['/'] },
    { httpMethod: null, path: {} },
    {
      headers: null,
      multiValueHeaders: {},
      queryStringParameters: {},
      multiValueQueryStringParameters: null,
      body: null,
    },
  ])('%j', (event) => {
    expect(read(event)).toEqual(nothing);
  });
});

describe('the method of an event', () => {
  const maps = ['headers', 'multiValueHeaders', 'queryStringParameters', 'multiValueQueryStringParameters'];

  it.each(maps.flatMap((name) => [undefined, null, {}].map((map) => [name, map])))(
    'is read if %s is %j',
    (name, map) => {
      expect(read({ httpMethod: 'PUT', [String(name)]: map }).method).toBe('PUT');
    },
  );

  it.each(maps.flatMap((name) => ['pin=5621', '', 5621, false, [], ['pin=5621']].map((map) => [name, map])))(
    'is dropped if %s is %j, which is not a map',
    (name, map) => {
      expect(read({ httpMethod: 'PUT', [String(name)]: map }).method).toBe('');
    },
  );
});

describe('merges the two maps of headers, and of query parameters,', () => {
  it.each<[string, unknown, unknown, object]>([
    ['that agree', { a: ['1'] }, { a: '1' }, { a: ['1'] }],
    ['if one is missing', null, { a: '1', b: '' }, { a: ['1'], b: [''] }],
    ['if the other is missing', { a: ['1', '2'] }, undefined, { a: ['1', '2'] }],
    ['that disagree on a value', { a: ['1', '2'] }, { a: '3' }, { a: ['1', '2', '3'] }],
    ['that have different names', { a: ['1'] }, { b: '2' }, { a: ['1'], b: ['2'] }],
    ['if a value is given twice', { a: ['1', '1'] }, { a: '1' }, { a: ['1', '1'] }],
    ['if a string is given for a list', { a: '1' }, {}, { a: ['1'] }],
    ['if a list is empty', { a: [] }, {}, { a: [] }],
    ['if values in a list are not strings', { a: [1, null, '2', ['3']] }, {}, { a: ['', '', '2', ''] }],
    ['if a list has another type', { a: 1, b: {}, c: null }, {}, { a: [''], b: [''], c: [''] }],
    ['if a string has another type', {}, { a: 1, b: {}, c: null }, { a: [''], b: [''], c: [''] }],
    ['if the single value is null', { a: ['1'] }, { a: null }, { a: ['1', ''] }],
    ['that are a string and a number', 'xy', 5621, {}],
  ])('%s', (_name, multi, single, joined) => {
    expect(read({ multiValueHeaders: multi, headers: single }).headers).toEqual(joined);
    expect(read({ multiValueQueryStringParameters: multi, queryStringParameters: single }).query).toEqual(
      joined,
    );
  });

  it('ignoring the case of header names, but not of parameter names', () => {
    const multi = { A: ['1'], a: ['2'] };
    const single = { A: '1', a: '3' };
    const event = {
      multiValueHeaders: multi,
      headers: single,
      multiValueQueryStringParameters: multi,
      queryStringParameters: single,
    };
    expect(read(event)).toMatchObject({
      headers: { a: ['1', '2', '3'] },
      query: { A: ['1'], a: ['2', '3'] },
    });
  });

  it('and reads only own properties, even under the names of inherited ones', () => {
    const { headers, query } = parseApiGatewayEvent(
      JSON.parse('{"headers":{"__proto__":"x"},"queryStringParameters":{"__proto__":"x","constructor":"y"}}'),
    );
    expect([...headers]).toEqual([['__proto__', ['x']]]);
    expect([...query]).toEqual([
      ['__proto__', ['x']],
      ['constructor', ['y']],
    ]);
  });
});

describe('the body of an event is read as bytes, or null if unreadable:', () => {
  it.each<[string, unknown, unknown, string | null]>([
    ['a string, in UTF-8', 'ö', false, '\u00c3\u00b6'],
    ['a string that looks like base64', 'e30=', false, 'e30='],
    ['base64', 'e30=', true, '{}'],
    ['base64 of bytes that are not UTF-8', '//4=', true, '\u00ff\u00fe'],
    ['a string with a flag that is not a boolean', 'e30=', 'true', 'e30='],
    ['an empty string', '', false, ''],
    ['empty base64', '', true, ''],
    ['null', null, true, ''],
    ['absent', undefined, true, ''],
    ['a string that is not base64', '%%%%', true, null],
    ['base64 without its padding', 'e30', true, null],
    ['base64url', '__4=', true, null],
    ['base64 with extra padding', 'e30==', true, null],
    ['an object', {}, false, null],
    ['a list', ['{}'], true, null],
    ['false', false, false, null],
    ['zero', 0, false, null],
  ])('%s', (_name, body, isBase64Encoded, expected) => {
    expect(read({ body, isBase64Encoded }).body).toBe(expected);
  });
});

// What an event of any shape is read as: nothing throws, nothing is lost, and nothing passes for what it is not.
import { describe, expect, it } from 'vitest';
import { parseApiGatewayEvent } from '../../../../lambda/reset/http/api-gateway.ts';

/** What an event is read as, its maps as plain objects and its body as text. */
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

it('reads what API Gateway sends', () => {
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

describe('reads as nothing', () => {
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

describe('the method', () => {
  const maps = ['headers', 'multiValueHeaders', 'queryStringParameters', 'multiValueQueryStringParameters'];

  it.each(maps.flatMap((name) => [undefined, null, {}].map((map) => [name, map])))(
    'is there with %s %j',
    (name, map) => {
      expect(read({ httpMethod: 'PUT', [String(name)]: map }).method).toBe('PUT');
    },
  );

  it.each(maps.flatMap((name) => ['pin=5621', '', 5621, false, [], ['pin=5621']].map((map) => [name, map])))(
    'is taken from an event with %s %j',
    (name, map) => {
      expect(read({ httpMethod: 'PUT', [String(name)]: map }).method).toBe('');
    },
  );
});

describe('joins the two maps', () => {
  it.each<[string, unknown, unknown, object]>([
    ['that agree', { a: ['1'] }, { a: '1' }, { a: ['1'] }],
    ['of which one is missing', null, { a: '1', b: '' }, { a: ['1'], b: [''] }],
    ['of which the other is missing', { a: ['1', '2'] }, undefined, { a: ['1', '2'] }],
    ['that disagree on a value', { a: ['1', '2'] }, { a: '3' }, { a: ['1', '2', '3'] }],
    ['that have different names', { a: ['1'] }, { b: '2' }, { a: ['1'], b: ['2'] }],
    ['with the same value twice', { a: ['1', '1'] }, { a: '1' }, { a: ['1', '1'] }],
    ['with a text for a list', { a: '1' }, {}, { a: ['1'] }],
    ['without any values', { a: [] }, {}, { a: [] }],
    ['with values that are no texts', { a: [1, null, '2', ['3']] }, {}, { a: ['', '', '2', ''] }],
    ['with something for a list', { a: 1, b: {}, c: null }, {}, { a: [''], b: [''], c: [''] }],
    ['with something for a text', {}, { a: 1, b: {}, c: null }, { a: [''], b: [''], c: [''] }],
    ['with something beside a text', { a: ['1'] }, { a: null }, { a: ['1', ''] }],
    ['that are a text and a number', 'xy', 5621, {}],
  ])('%s', (_name, multi, single, joined) => {
    expect(read({ multiValueHeaders: multi, headers: single }).headers).toEqual(joined);
    expect(read({ multiValueQueryStringParameters: multi, queryStringParameters: single }).query).toEqual(
      joined,
    );
  });

  it('of headers whatever the case of their names, and of the query by its very names', () => {
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

  it('and takes no name of every object for a header or a parameter', () => {
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

describe('the body', () => {
  it.each<[string, unknown, unknown, string | null]>([
    ['a text, in UTF-8', 'ö', false, '\u00c3\u00b6'],
    ['a text that looks like base64', 'e30=', false, 'e30='],
    ['base64', 'e30=', true, '{}'],
    ['base64 of bytes that are no UTF-8', '//4=', true, '\u00ff\u00fe'],
    ['a text with a flag that is no flag', 'e30=', 'true', 'e30='],
    ['an empty text', '', false, ''],
    ['empty base64', '', true, ''],
    ['null', null, true, ''],
    ['absent', undefined, true, ''],
    ['no base64', '%%%%', true, null],
    ['base64 without its padding', 'e30', true, null],
    ['base64 of a URL', '__4=', true, null],
    ['base64 with something behind it', 'e30==', true, null],
    ['an object', {}, false, null],
    ['a list', ['{}'], true, null],
    ['false', false, false, null],
    ['zero', 0, false, null],
  ])('%s', (_name, body, isBase64Encoded, expected) => {
    expect(read({ body, isBase64Encoded }).body).toBe(expected);
  });
});

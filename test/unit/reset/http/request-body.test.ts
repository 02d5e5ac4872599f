// How a body and its media type are read, and which of the three error codes refuses them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRequestBody } from '../../../../lambda/reset/http/request-body.ts';
import { malformedBodies, unsupportedMediaTypes } from './refused-bodies.ts';

const json = ['application/json'];
const minPasswordLength = 15;

function refusalOf(body: Buffer | null, contentTypes: readonly string[] = json): unknown {
  try {
    return parseRequestBody(body, contentTypes, minPasswordLength);
  } catch (error) {
    const { code, data } = error as { code: string; data: object };
    return Object.keys(data).length === 0 ? { code } : { code, data };
  }
}

it('reads every object of the two members, however it is spaced and escaped', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 64 }).filter((one) => !one.includes('\ufffd'));
  const body = fc.record({ pin: fc.jsonValue({ maxDepth: 1 }), password: text }, { requiredKeys: [] });
  fc.assert(
    fc.property(body, fc.nat(4), fc.boolean(), (members, indent, escaping) => {
      const plain = JSON.stringify(members, null, indent);
      const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
      const written = escaping ? plain.replace(/[^\0-~]/g, escaped) : plain;
      fc.pre(Buffer.byteLength(written) <= 4096);
      expect(parseRequestBody(Buffer.from(written), json, minPasswordLength)).toEqual(JSON.parse(plain));
    }),
  );
});

it('throws nothing but its error codes for any bytes', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 200 }),
    fc.json().map((text) => Buffer.from(text)),
    fc.constantFrom('{"pin":', '{"password":"', '[', '""').map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(bytes, fc.array(fc.string(), { maxLength: 2 }), (body, contentTypes) => {
      for (const types of [contentTypes, json]) {
        try {
          parseRequestBody(Buffer.from(body), types, minPasswordLength);
        } catch (error) {
          expect((error as Error).message).toMatch(/^(body-malformed|media-type-unsupported)$/);
        }
      }
    }),
  );
});

describe('a body', () => {
  it.each<[string, string | Buffer, object]>([
    ['without members', '{}', {}],
    ['with a PIN', '{"pin":"5621"}', { pin: '5621' }],
    // The grammar of the PIN is checked later.
    ['with a PIN of any type', '{"pin":{"a":{"b":1}}}', { pin: { a: { b: 1 } } }],
    [
      'with a PIN of another type beside a password',
      '{"pin":[{"a":":"}],"password":"x"}',
      { pin: [{ a: ':' }], password: 'x' },
    ],
    ['with blanks', ' {\n"pin" :\t"5621" } ', { pin: '5621' }],
    ['with an empty password', '{"password":""}', { password: '' }],
    ['with colons in a string', '{"password":"a:b::c"}', { password: 'a:b::c' }],
    ['with quotes in a string', '{"password":"\\":\\"","pin":":"}', { password: '":"', pin: ':' }],
    ['with backslashes in a string', '{"password":"\\\\","pin":"\\\\:"}', { password: '\\', pin: '\\:' }],
    ['with escapes in a name', '{"p\\u0069n":"5621"}', { pin: '5621' }],
    ['with a whole surrogate pair', '{"password":"\\ud83e\\udda6"}', { password: '\u{1f9a6}' }],
    ['with characters of more than one byte', '{"password":"\u{1f9a6}ö"}', { password: '\u{1f9a6}ö' }],
    ['after a byte order mark', '\ufeff{"pin":"5621"}', { pin: '5621' }],
    ['of 4096 bytes', '{"pin":"5621"}'.padEnd(4096), { pin: '5621' }],
    ['with an escaped replacement character in a PIN', '{"pin":"\\ufffd"}', { pin: '\ufffd' }],
  ])('%s is read', (_name, body, expected) => {
    expect(parseRequestBody(Buffer.from(body), json, minPasswordLength)).toEqual(expected);
  });

  it.each<readonly [string, string | Buffer, string]>([
    ...malformedBodies,
    ['a replacement character after the object', '{}\ufffd', ''],
    ['an escaped replacement character in a name', '{"\\ufffd":1}', '/\ufffd'],
    ['an empty array', '[]', ''],
    ['a boolean', 'true', ''],
    ['three members with two names', '{"pin":"1","password":"2","pin":"3"}', ''],
    ['a name of four digits among letters', '{"pin5621x":1}', ''],
    ['a name of four digits of another script', '{"٥٦٢١":1}', ''],
    ['a name of three digits', '{"pin562":1}', '/pin562'],
    ['a name of fourteen characters', '{"fourteen chars":1}', '/fourteen chars'],
    ['a name that a JSON pointer escapes', '{"~/~/a":1}', '/~0~1~0~1a'],
    ['an unknown member after a known one', '{"password":"x","x":1}', '/x'],
  ])('is malformed: %s', (_name, body, pointer) => {
    expect(refusalOf(Buffer.from(body))).toEqual({ code: 'body-malformed', data: { pointer } });
  });

  it.each([
    ['4097 bytes', ' '.repeat(4097)],
    ['4098 bytes in 2049 characters', 'ö'.repeat(2049)],
  ])('is too large, whatever its media type: %s', (_name, body) => {
    for (const contentTypes of [json, ['text/plain'], []]) {
      expect(refusalOf(Buffer.from(body), contentTypes)).toEqual({ code: 'body-too-large' });
    }
  });

  it.each([[], ['text/plain'], [...json, ...json]])('that is empty has no members: %j', (...types) => {
    expect(parseRequestBody(Buffer.alloc(0), types, minPasswordLength)).toEqual({});
  });

  it('that cannot be decoded is refused for its media type first', () => {
    expect(refusalOf(null, ['text/plain'])).toEqual({ code: 'media-type-unsupported' });
    expect(refusalOf(null)).toEqual({ code: 'body-malformed', data: { pointer: '' } });
  });
});

describe('a media type', () => {
  it.each([
    'application/json',
    'application/vnd.api+json',
    ' APPLICATION/JSON ',
    'application/json;',
    'application/json;charset=utf-8',
    'application/json ; Charset="UTF-8"',
    'application/json; profile="x"; charset=utf-8',
    'application/json; x-charset=utf-16',
    'application/vnd.api+json; profile="https://example.com/resource-timestamps"',
    'application/json; ext="https://jsonapi.org/ext/atomic"',
  ])('"%s" is read', (contentType) => {
    const body = Buffer.from('{"pin":"5621"}');
    expect(parseRequestBody(body, [contentType], minPasswordLength)).toEqual({ pin: '5621' });
  });

  it.each([
    ...unsupportedMediaTypes.map((contentType) => [contentType]),
    ['application/json; charset=utf-8x'],
    ['application/vnd.api+json; ext="https://jsonapi.org/ext/atomic"'],
    ['application/vnd.api+json; profile="x"; EXT = x'],
    ['application/json; charset=x-utf-8'],
    ['application/json; charset='],
    ['application/json; charset = utf-16'],
    ['application/json; charset=utf-8; charset=utf-16'],
    [],
    ['application/json', 'application/json'],
    ['application/json', ''],
  ])('"%s", "%s" is unsupported', (...contentTypes) => {
    expect(refusalOf(Buffer.from('{"pin":"5621"}'), contentTypes)).toEqual({
      code: 'media-type-unsupported',
    });
  });
});

// Bodies that are refused, and the header that refuses them; held against the parser, and over HTTP against the service.

/** Name, body, and where the answer's `source` points. */
export const malformedBodies: readonly (readonly [string, string | Buffer, string])[] = [
  ['not JSON', 'pin=5621', ''],
  ['cut off', '{"pin":"5621"', ''],
  ['followed by another', '{"pin":"5621"}{}', ''],
  ['an array', '[{"pin":"5621"}]', ''],
  ['a string', '"5621"', ''],
  ['null', 'null', ''],
  ['a number', '5621', ''],
  ['blank', ' \n', ''],
  ['a byte that is no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), ''],
  ['with a comment', '{"pin":"5621"/**/}', ''],
  ['the PIN twice', '{"pin":"5621","pin":"5621"}', ''],
  ['the PIN twice, once escaped', '{"pin":"5621","p\\u0069n":"9073"}', ''],
  ['the password twice', '{"password":"x:\\":","password":"five hushed otters paddle"}', ''],
  ['an unknown member', '{"pin":"5621","newPassword":"x"}', '/newPassword'],
  ['a misspelt PIN', '{"PIN":"5621"}', '/PIN'],
  ['a PIN as an array of a form', '{"pin[]":"5621"}', '/pin[]'],
  ['a JSON:API document', '{"data":{"attributes":{"pin":"5621"}}}', '/data'],
  ['a name to escape', '{"a/b~c":1}', '/a~1b~0c'],
  ['a name without letters', '{"":1}', '/'],
  ['a PIN as a name', '{"5621":""}', ''],
  ['a name as long as a password', '{"fifteen charact":1}', ''],
  ['__proto__', '{"__proto__":{"pin":"5621"}}', '/__proto__'],
  ['constructor', '{"constructor":1}', '/constructor'],
  ['a password that is null', '{"password":null}', '/password'],
  ['a password that is a number', '{"password":123456789012345}', '/password'],
  ['a password that is an array', '{"password":["five hushed otters"]}', '/password'],
  ['half a surrogate pair in the password', '{"password":"five hushed otters\\ud83e"}', '/password'],
  ['deeply nested', '['.repeat(2_000) + ']'.repeat(2_000), ''],
];

/** Values of `Content-Type`, each of a body that would be good otherwise. */
export const unsupportedMediaTypes: readonly string[] = [
  'application/x-www-form-urlencoded',
  'text/plain;charset=UTF-8',
  'text/json',
  'application/jsonp',
  'application/problem+json',
  'multipart/form-data; boundary=x',
  'application/json; charset=utf-16',
  'application/json; charset="iso-8859-1"',
  'application/json, application/json',
  'json',
  '',
];

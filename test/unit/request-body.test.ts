import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseRequestBody } from '../../lambda/request-body.ts';

const json = ['application/json'];

it('reads every object of its two members back, however it is spaced and escaped', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 64 });
  const body = fc.record({ pin: fc.jsonValue({ maxDepth: 1 }), password: text }, { requiredKeys: [] });
  fc.assert(
    fc.property(body, fc.nat(4), fc.boolean(), (members, indent, escaping) => {
      const plain = JSON.stringify(members, null, indent);
      const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
      const written = escaping ? plain.replace(/[^\0-~]/g, escaped) : plain;
      fc.pre(Buffer.byteLength(written) <= 4096);
      expect(parseRequestBody(Buffer.from(written), json)).toEqual(JSON.parse(plain));
    }),
  );
});

it('throws nothing but its three codes, whatever the bytes', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 200 }),
    fc.json().map((text) => Buffer.from(text)),
    fc.constantFrom('{"pin":', '{"password":"', '[', '""').map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(bytes, fc.array(fc.string(), { maxLength: 2 }), (body, contentTypes) => {
      for (const types of [contentTypes, json]) {
        try {
          parseRequestBody(Buffer.from(body), types);
        } catch (error) {
          expect((error as Error).message).toMatch(/^(body-malformed|media-type-unsupported)$/);
        }
      }
    }),
  );
});

it('refuses two headers that say what the body is, even where they agree', () => {
  expect(() => parseRequestBody(Buffer.from('{}'), [...json, ...json])).toThrow('media-type-unsupported');
});

it('judges a body that cannot be decoded by its media type first', () => {
  expect(() => parseRequestBody(null, ['text/plain'])).toThrow('media-type-unsupported');
  expect(() => parseRequestBody(null, json)).toThrow('body-malformed');
});

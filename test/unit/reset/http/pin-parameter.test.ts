// What a request's parameters are taken for: the PIN, something that may be meant as one, or something else.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRecoveryPin } from '../../../../lambda/reset/http/pin-parameter.ts';
import { anyCharacter } from '../../../support/any-character.ts';
import { scaled } from '../../../support/generated-cases.ts';
import { onProcessor } from '../../../support/processor-time.ts';
import { malformedPins, namesOfPins, otherNames, otherQueries, queriesOfPins } from './pin-cases.ts';
import { innocentQueries, parseQuery, queriesMeaningPins } from './pin-queries.ts';

const malformed = 'recovery-pin-malformed';

function parse(...query: [string, string[]][]) {
  return parseRecoveryPin({ query: new Map(query) });
}

describe('generated queries', () => {
  const numRuns = scaled(500, 100_000);

  it('no way of writing a PIN into a URL wrongly is taken for no PIN', () => {
    fc.assert(
      fc.property(queriesMeaningPins, (query) => {
        expect(() => parseRecoveryPin({ query: parseQuery(query) })).toThrow(malformed);
      }),
      { numRuns },
    );
  });

  it('parameters that mean no PIN are never refused, and never hide one', () => {
    fc.assert(
      fc.property(innocentQueries, (query) => {
        expect(parseRecoveryPin({ query: parseQuery(query) })).toBeUndefined();
        expect(parseRecoveryPin({ query: parseQuery(`${query}&pin=5621`) })).toBe('5621');
      }),
      { numRuns },
    );
  });

  it.each([
    ...[
      'pin',
      'a',
      'A',
      '=',
      ':',
      '%25',
      ' ',
      '?',
      '{"',
      '\u0301',
      'ﷺ',
      'aA',
      'pi',
      '=pin',
      '\0',
      '5,',
      '[object ',
    ],
    ...[
      'pin(',
      'pin:a:',
      'pina=',
      'PIN',
      'Pin.',
      '&pin=',
      'pin"a"',
      '<',
      'x@abcde',
      '</',
      '(',
      'AAApin',
      'pincod',
      'x(',
      'pin{a:',
      '.a@',
      'System.',
      '&#',
    ],
  ])('a query of nothing but "%s" takes a time in proportion to its length', (one) => {
    const measure = (length: number) => {
      const text = one.repeat(length / one.length);
      return onProcessor(() => {
        for (const parameter of [
          [text, ['']] as const,
          ['x', [text]] as const,
          ['x', [`${text}=`]] as const,
        ]) {
          try {
            parseRecoveryPin({ query: new Map([parameter]) });
          } catch (error) {
            expect((error as Error).message).toBe(malformed);
          }
        }
      }).milliseconds;
    };
    // Quadratic time would be 16 times as long. What is below 100 ms says nothing.
    expect(measure(20_480)).toBeLessThan(Math.max(100, 9 * measure(5_120)));
  });
});

describe('the PIN is', () => {
  it('every text of four ASCII digits', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9]{4}$/), (pin) => {
        expect(parse(['pin', [pin]])).toBe(pin);
        expect(parseRecoveryPin({ body: { pin } })).toBe(pin);
      }),
    );
  });

  it('absent if nothing is passed', () => {
    expect([parseRecoveryPin({}), parse(), parseRecoveryPin({ body: { password: 'pin=5621' } })]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('refused if it is anything else', () => {
    const others = fc
      .oneof(fc.string({ unit: anyCharacter }), fc.stringMatching(/^[\s\d+-]{0,6}$/))
      .filter((text) => !/^[0-9]{4}$/.test(text));
    fc.assert(
      fc.property(others, (text) => {
        expect(() => parse(['pin', [text]])).toThrow(malformed);
        expect(() => parseRecoveryPin({ body: { pin: text } })).toThrow(malformed);
      }),
    );
  });

  it.each<[[string, string[]][], object]>([
    [[['pin', []]], {}],
    [[['pin', ['5621', '5621']]], {}],
    [[['pin', ['5621', 'x']]], {}],
    [[['pin', ['5621']]], { pin: '5621' }],
    [[['PIN', ['5621']]], { pin: '5621' }],
    [[['lang', ['de?pin=5621']]], { pin: '5621' }],
    [[], { pin: undefined }],
    [[], { pin: 5621 }],
    [[], { pin: null }],
    [[], { pin: ['5621'] }],
  ])('refused if it is not there exactly once: query %j and body %j', (query, body) => {
    expect(() => parseRecoveryPin({ query: new Map(query), body })).toThrow(malformed);
  });

  it.each(['pin', 'x-pin', 'recovery-pin', 'x-recoverypin', 'x-pinentered', 'x-userpincode'])(
    'refused in the header %s, whatever else there is',
    (name) => {
      const headers = new Map([
        ['accept', ['*/*']],
        [name, ['5621']],
      ]);
      expect(() => parseRecoveryPin({ headers })).toThrow(malformed);
      expect(() => parseRecoveryPin({ headers, body: { pin: '5621' } })).toThrow(malformed);
    },
  );

  it.each([
    'x-shipping',
    'x-ping',
    'x-opinion',
    'ping-from',
    'x-pinterest-id',
    'cloudfront-viewer-city',
    '5621',
  ])('not meant by the header %s', (name) => {
    expect(parseRecoveryPin({ headers: new Map([[name, ['pin=5621']]]) })).toBeUndefined();
  });
});

const parseText = (query: string) => parseRecoveryPin({ query: parseQuery(query) });

describe('a name means a PIN, whatever its value:', () => {
  it.each(namesOfPins)('%s', (name) => {
    for (const query of [`${name}=5621`, `${name}=`, `pin=5621&${name}=x`]) {
      expect(() => parseText(query)).toThrow(malformed);
    }
  });

  it.each(otherNames)('not %s', (name) => {
    for (const query of [`${name}=5621`, `${name}=`]) expect(parseText(query)).toBeUndefined();
    expect(parseText(`${name}=x&pin=5621`)).toBe('5621');
  });

  it('also if it has no value', () => {
    expect(() => parse(['PIN', []])).toThrow(malformed);
    expect(() => parse(['5', []], ['6', []], ['2', []], ['1', []])).toThrow(malformed);
    expect(parse(['ping', []])).toBeUndefined();
  });
});

describe('a query means a PIN:', () => {
  it.each(queriesOfPins)('%s', (query) => {
    expect(() => parseText(query)).toThrow(malformed);
    expect(() => parseText(`pin=5621&${query}`)).toThrow(malformed);
  });

  it.each(malformedPins)('%s', (query) => {
    expect(() => parseText(query)).toThrow(malformed);
  });

  it.each(otherQueries)('not %s', (query) => {
    expect(parseText(query)).toBeUndefined();
    expect(parseText(`${query}&pin=5621`)).toBe('5621');
  });
});

describe('a name of which every character is encoded, again and again,', () => {
  const encode = (text: string) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join('');
  const encoded = (times: number) =>
    Array.from({ length: times }).reduce<string>((text) => encode(text), 'pin');

  it.each([1, 2, 5])('means a PIN after %d rounds', (times) => {
    expect(() => parse([encoded(times), ['5621']])).toThrow(malformed);
  });

  it('is decoded five times and no more', () => {
    expect(parse([encoded(6), ['x']])).toBeUndefined();
  });
});

// What a request's parameters are taken for: the PIN, something that may be meant as one, or something else.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRecoveryPin } from '../../../../lambda/reset/http/pin-parameter.ts';
import { anyCharacter } from '../../../support/any-character.ts';
import { innocentQueries, parseQuery, queriesMeaningPins } from '../../../support/pin-queries.ts';
import { onProcessor } from '../../../support/processor-time.ts';
import { scaled } from '../../../support/scale.ts';

const malformed = 'recovery-pin-malformed';

function parse(...query: [string, string[]][]) {
  return parseRecoveryPin({ query: new Map(query) });
}

describe('generated queries', () => {
  const numRuns = scaled(3_000, 200_000);

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

  it('any query is read within milliseconds', () => {
    const repeated = [
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
    ];
    for (const one of repeated) {
      const text = one.repeat(10_240 / one.length);
      const { milliseconds } = onProcessor(() => {
        for (const query of [[text, ['']] as const, ['x', [text]] as const, ['x', [`${text}=`]] as const]) {
          try {
            parseRecoveryPin({ query: new Map([query]) });
          } catch (error) {
            expect((error as Error).message).toBe(malformed);
          }
        }
      });
      expect(milliseconds).toBeLessThan(500);
    }
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

  it('none where nothing is passed', () => {
    expect([parseRecoveryPin({}), parse(), parseRecoveryPin({ body: { password: 'pin=5621' } })]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('refused where it is anything else', () => {
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
  ])('refused where it is not there exactly once: query %j and body %j', (query, body) => {
    expect(() => parseRecoveryPin({ query: new Map(query), body })).toThrow(malformed);
  });

  it('refused in a header, whatever else there is', () => {
    const headers = new Map([
      ['accept', ['*/*']],
      ['x-recovery-pin', ['5621']],
    ]);
    expect(() => parseRecoveryPin({ headers })).toThrow(malformed);
    expect(() => parseRecoveryPin({ headers, body: { pin: '5621' } })).toThrow(malformed);
    const others = new Map([['x-shipping', ['pin=5621']]]);
    expect(parseRecoveryPin({ headers: others })).toBeUndefined();
  });
});

/** Alone, whatever its value, and beside the PIN. */
function refusesName(name: string): void {
  for (const values of [['5621'], [''], []]) expect(() => parse([name, values])).toThrow(malformed);
  expect(() => parse(['pin', ['5621']], [name, ['x']])).toThrow(malformed);
}

function ignoresName(name: string): void {
  for (const values of [['5621'], [''], []]) expect(parse([name, values])).toBeUndefined();
  expect(parse([name, ['x']], ['pin', ['5621']])).toBe('5621');
}

describe('a name means a PIN', () => {
  it.each([
    ...[
      'PIN',
      'Pin',
      'piN',
      'pin[]',
      'pin[0]',
      'pin ',
      ' pin',
      'pin\0',
      'pin.',
      '"pin"',
      'amp;pin',
      'ｐｉｎ',
      '[pin]',
    ],
    ...[
      'pin[a][b]',
      'pin\n[a]\n',
      'pin[',
      'amp;amp;pin',
      'p i n',
      '-p-i-n-',
      'p\0in',
      '1p2i3n4',
      'pïn',
      'pİn',
      'pın',
    ],
    ...[
      'user[pin]',
      'user[PiN]',
      'data.pin',
      'RECOVERY_PIN',
      'recovery-pin',
      'x pin y',
      'pin2',
      '2pin',
      'pin5621',
      'é-pin',
    ],
    ...[
      'recoveryPin',
      'RecoveryPIN',
      'PINCode',
      'PINcode',
      'PINofUser',
      'myPINofUser',
      'pinOfUser',
      'userPinCode',
      'XPin',
    ],
    ...[
      'recoverypin',
      'RECOVERYPIN',
      'userpin',
      'accesspin',
      'pincode',
      'PINCODE',
      'userpincode',
      'recoverypin2',
      'pins',
    ],
    ...[
      'pinnumber',
      'pinnummer',
      'pinnum',
      'pinnr',
      'pinno',
      'pinvalue',
      'pindigits',
      'pininput',
      'pinfield',
      'pinpin',
      'spinpin',
    ],
    ...['user\ufffdpin', 'recovery_p\ufffdin', 'recovery_p\u200bin', 'recovery\u200bpin', 'x\0pin\0y'],
    ...['%70in', '%2570in', 'user%5Bpin%5D', 'user%255bpin%255d', '%EF%BD%90in', 'lang=de&pin=5621'],
    ...['lang=de&5621', 'p-in', 'pi-n', 'p--i--n'],
  ])('"%s"', refusesName);

  it.each([
    ...[
      'xpinx',
      'pinx',
      'pink',
      'spin',
      'spins',
      'Spin',
      'topSpin',
      'spin[a]',
      '[',
      'amp;',
      'p',
      'pi',
      'in',
      'amp;pi',
      '',
    ],
    ...[
      'shipping',
      'Shipping',
      'SHIPPING_ID',
      'shippingCode',
      'ping',
      'PING',
      'pinterest',
      'opinion',
      'spinning',
      'pinned',
    ],
    ...['pingCode', 'utm_source', 'uber-trace-id', 'mapIn', 'dropIn', 'pi.n2x', 'nip', 'pni'],
    ...['code', 'passcode', 'otp', 'пин', 'p\ufffd', '%zz', '__proto__'],
  ])('not "%s"', (name) => {
    if (name === '[' || name === '') expect(parse([name, ['x']])).toBeUndefined();
    else ignoresName(name);
  });
});

describe('four digits without a name mean a PIN', () => {
  it.each<[string, string]>([
    ...(['5621', '?5621', ' 5621 ', '(5621)', '"5621"', '５６２１', '٥٦٢١', '%35621', '/5621'].map((name) => [
      name,
      '',
    ]) as [string, string][]),
    ['', 'pin5621'],
    ['%2525%2537%2530in', '5621'],
    ['pinentry', '5621'],
    ['pindigit', '5'],
    ['RECOVERYPINcode', '5621'],
    ['pinkode', '5621'],
    ['5621', '1'],
    ['56\u200b21', ''],
    ['', '5621'],
    ['', ' 5621'],
    ['', '५६२१'],
    ['[]', '5621'],
    ['0', '5621'],
    ['_', '5621'],
    ['undefined', '5621'],
    ['(null)', '5621'],
    ['None', '5621'],
    ['nil', '5621'],
    ...(['5,6,2,1', '[5,6,2,1]', '["5","6","2","1"]', '5-6-2-1', '5 6 2 1', '٥,٦,٢,١'].flatMap((list) => [
      [list, ''],
      ['', list],
      ['[]', list],
    ]) as [string, string][]),
  ])('"%s" = "%s"', (name, value) => {
    expect(() => parse([name, [value]])).toThrow(malformed);
    expect(() => parse(['pin', ['5621']], [name, ['x', value]])).toThrow(malformed);
  });

  it.each<[string, string]>([
    ['562', ''],
    ['1.0/0.0', ''],
    ['12:30', ''],
    ['', '10,20'],
    ['', '5,6,2'],
    ['', '5,6,2,1,0'],
    ['ids', '5,6,2,1'],
    ['1.2.3.4', ''],
    ['56210', ''],
    ['1712345678901', ''],
    ['v5621', ''],
    ['', '562'],
    ['', '56210'],
    ['', 'a5621'],
    ['', ''],
    ['_', '1712345678901'],
    ['id', '5621'],
    ['undefinedx', '5621'],
    ['APIName', '5'],
    ['restAPINo', '5621'],
    ['KPINumber', '5621'],
    ['xnull', '5621'],
  ])('not "%s" = "%s"', (name, value) => {
    expect(parse([name, [value]])).toBeUndefined();
  });
});

describe('four digits without a name, one by one, mean a PIN:', () => {
  it.each([
    '0=5&1=6&2=2&3=1',
    '[]=5&[]=6&[]=2&[]=1',
    '=5&=6&=2&=1',
    '[0]=5&[1]=6&[2]=2&[3]=1',
    '_=1712345678901&0=%D9%A5&1=6&2=2&3=1',
  ])('%s', (query) => {
    expect(() => parseRecoveryPin({ query: parseQuery(query) })).toThrow(malformed);
    expect(() => parseRecoveryPin({ query: parseQuery(`pin=5621&${query}`) })).toThrow(malformed);
  });

  it.each(['0=5&1=6&2=2', '[]=5&[]=6&[]=2&[]=1&[]=0', 'a=5&b=6&c=2&d=1', '0=56&1=21&2=1&3=1'])(
    'not %s',
    (query) => {
      expect(parseRecoveryPin({ query: parseQuery(query) })).toBeUndefined();
    },
  );
});

describe('an object that JavaScript wrote as text may have been a PIN', () => {
  it.each<[string, string]>([
    ['[object Object]', ''],
    ['[object+Object]', ''],
    ['%5Bobject%20Object%5D', ''],
    ['[object Promise]', ''],
    ['[object FormData]', ''],
    ['params', '[object Object]'],
    ['user', '[object Object],[object Object]'],
  ])('"%s" = "%s"', (name, value) => {
    expect(() => parse([name, [value]])).toThrow(malformed);
    expect(() => parse(['pin', ['5621']], [name, [value]])).toThrow(malformed);
  });

  it.each<[string, string]>([
    ['object', 'Object'],
    ['object[id]', '5621'],
    ['[object]', ''],
    ['title', 'the object [of] desire'],
  ])('not "%s" = "%s"', (name, value) => {
    expect(parse([name, [value]])).toBeUndefined();
  });
});

describe('a value holds a PIN', () => {
  it.each([
    ...[
      'pin=5621',
      'pin=',
      'PIN=',
      'de?pin=5621',
      'de?pin=',
      'de?pin=&a=1',
      'de?spinpin=',
      'de;pin=5621',
      'de#pin=1',
      'de,pin=x',
      'de pin=5',
    ],
    ...[
      'de/pin=5621',
      'de|pin=5621',
      'de\tpin=5621',
      'de%26pin=5621',
      'de%2526pin%253D5621',
      'de%3Fpin%3D5621',
      'de＆pin＝5621',
    ],
    ...[
      'de?recoveryPin=5621',
      'de?recoverypin=',
      'de?user[pin]=5621',
      'de?user%5Bpin%5D=5621',
      'de?pin[0]=5',
      'a=b=pin=1',
    ],
    ...[
      'de?pinOfUser=5621',
      'de?PIN =5621',
      'de?a=1&pin[]=',
      'https://example.com/?pin=1',
      'a:pin=5621',
      'de?pinOfUser=5621&a=1',
    ],
    ...[
      '{"pin":"5621"}',
      '{"pin":5621}',
      '{ "lang": "de",\n "pin" : "5621" }',
      "{'pin':'5621'}",
      'pin:5621',
      'a;pin: 5621',
      '{"pin":"abc"}',
      '{"pin":"a null b"}',
      '{"pin":""}',
      '{"pin":["5621"]}',
      '{"pin":{"value":"5621"}}',
      '{"a":"{\\"pin\\":\\"5621\\"}"}',
      '{“pin”:“5621”}',
      'de%2526%2570in=5621',
      'de%25%32%36pin=5621',
    ],
    ...['de?5621', 'de&5621', 'de?5621&a=1', 'de?5621#a', 'de%3F5621', 'de?٥٦٢١'],
  ])('"%s"', (value) => {
    expect(() => parse(['lang', [value]])).toThrow(malformed);
    expect(() => parse(['pin', ['5621']], ['lang', ['de', value]])).toThrow(malformed);
  });

  it.each([
    ...[
      'pin',
      'pin of the week',
      'de?pin',
      'the pin: a pin',
      'Pin:',
      'pin;5621',
      'pin/5621',
      'de?shipping=5621',
      'a=spin=1',
      'de?spin=',
      'de?topSpin=',
      'de?topSpins=',
      'xxpin-3xyz=',
      'de?spins=&a=1',
    ],
    ...[
      'https://example.com/pin/5621?ping=1',
      'de?56210',
      'de?562',
      'de?5621x',
      '1000,2000',
      '5621',
      '2021-12-24',
      '12:30:56',
    ],
    ...[
      '{"ping":"5621"}',
      '{"pin":null}',
      'x"pin:abc',
      '{"hasPin": true}',
      '{"APIName":"5"}',
      'shipping:5621',
      'aPinQ==',
      'xxPINx8=',
      'QUJD=',
      'aPin3xyz=&b=1',
      '=',
      '==',
      ':',
      '?=',
    ],
  ])('not "%s"', (value) => {
    expect(parse(['lang', [value]])).toBeUndefined();
    expect(parse(['lang', [value]], ['pin', ['5621']])).toBe('5621');
  });
});

describe('a name that is encoded, every character of it, again and again', () => {
  const encode = (text: string) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join('');
  const encoded = (times: number) =>
    Array.from({ length: times }).reduce<string>((text) => encode(text), 'pin');

  it.each([1, 2, 5])('means a PIN, %d times', (times) => {
    expect(() => parse([encoded(times), ['5621']])).toThrow(malformed);
  });

  it('is decoded five times and no more', () => {
    expect(parse([encoded(6), ['x']])).toBeUndefined();
  });
});

// Generated queries: ways in which callers write a PIN into a URL wrongly, and parameters that mean no PIN.
import fc from 'fast-check';

/** A query as a server passes it on: names and values are decoded once, and the values of each name are collected. */
export function parseQuery(query: string): Map<string, string[]> {
  const parsed = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) {
    parsed.set(name, [...(parsed.get(name) ?? []), value]);
  }
  return parsed;
}

const capitalized = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
const fullwidth = (text: string) =>
  text.replace(/[!-~]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) + 0xfee0));

const companion = fc.constantFrom('recovery', 'user', 'my', 'new', 'data', 'account', 'sms', 'old');
const kind = fc.constantFrom('', 'code', 'number', 'value', 's', 'nr', 'digits');
/** Characters that may be beside a word of a name, also within another parameter's value. */
const signs = ['_', '-', '.', '[', '][', '$', '2', '00', '\0', '\u200b', '\ufffd', '日'];

/** Names with the word "pin" in them, decoded. */
const namesOfPins = (...moreSigns: string[]) =>
  fc.oneof(
    // Between signs, in any case: user[pin], RECOVERY_PIN, data.pin
    fc
      .tuple(
        companion,
        fc.constantFrom(...signs, ...moreSigns),
        fc.mixedCase(fc.constant('pin')),
        fc.constantFrom(...signs, ...moreSigns),
        companion,
      )
      .chain(([before, opening, pin, closing, after]) =>
        fc.constantFrom(
          `${before}${opening}${pin}`,
          `${before}${opening}${pin}${closing}`,
          `${before.toUpperCase()}${opening}${pin}`,
          `${before}${opening}${pin}${closing}${after}`,
          `${opening}${pin}${closing}${after}`,
          `${pin}${closing}${after}`,
          `${pin}${closing}`,
        ),
      ),
    // Among capitalized words: recoveryPin, RecoveryPIN, PINCode
    fc
      .tuple(companion, fc.constantFrom('Pin', 'PIN'), kind, companion)
      .chain(([before, pin, after, more]) =>
        fc.constantFrom(
          `${before}${pin}${capitalized(after)}`,
          `${capitalized(before)}${pin}${capitalized(after)}`,
          `${before}${pin}${after}`,
          `${before}${pin}${capitalized(more)}`,
          `${pin.toLowerCase()}${capitalized(more)}`,
        ),
      ),
    // In a compound: recoverypin, USERPIN, pincode
    fc
      .tuple(companion, kind)
      .chain(([before, after]) =>
        fc.constantFrom(`${before}pin${after}`, `${before}pin${after}`.toUpperCase()),
      ),
    // "pin" itself, in another case or width, with an accent, or with a letter that only some languages have
    fc.constantFrom('PIN', 'Pin', 'piN', 'pins', 'pın', 'pIN', 'pín', 'ｐｉｎ', 'ⓟⓘⓝ', '\ufeffpin', 'p.i.n.'),
  );

const fourDigits = fc.nat(9_999).map((number) => String(number).padStart(4, '0'));
const otherDigits = fourDigits.chain((pin) =>
  fc.constantFrom(
    fullwidth(pin),
    pin.replace(/\d/g, (digit) => String.fromCodePoint(0x660 + Number(digit))),
    `"${pin}"`,
    `[${pin}]`,
  ),
);
const values = fc.oneof(fourDigits, fc.constantFrom('1', 'abcd', '56210', 'undefined'));
const separators = fc.constantFrom('?', '&', ';', '#', ',', ' ', '\t', '/', '|', '&amp;', '\n', '＆');

/** Percent-encodes a text several times. */
function encode(text: string, times: number): string {
  let encoded = text;
  for (let time = 0; time < times; time++) encoded = encodeURIComponent(encoded.toWellFormed());
  return encoded;
}

/** Encodes only what would end the parameter or is not allowed in a URL. */
const raw = (text: string) => text.replace(/[^!-~]|[#%&+]/g, (one) => encodeURIComponent(one));

/** Values of other parameters in which something is assigned to a PIN. */
const assignments = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('de', '', 'https://example.com/a', '1'),
      separators,
      fc.oneof(
        fc.tuple(fc.oneof(namesOfPins(), fc.constant('pin')), values),
        fc.tuple(
          fc.constantFrom('pin', 'PIN', 'recoveryPin', 'user[pin]', 'pin[]', 'RECOVERYPIN'),
          fc.constant(''),
        ),
      ),
    )
    .map(([start, separator, [name, value]]) => `${start}${separator}${name}=${value}`),
  fc
    .tuple(fc.oneof(namesOfPins(), fc.constant('pin')), fourDigits, fc.nat(2))
    .map(([name, pin, indent]) => JSON.stringify({ lang: 'de', [name]: pin }, null, indent)),
  fc.tuple(fc.constantFrom('?', '&'), fourDigits).map(([separator, pin]) => `de${separator}${pin}`),
);

const anyNames = namesOfPins(' ', ';', ':', '&', '/', '?');

/** Parameters that a caller meant as a PIN, but that are not exactly `pin=` and four digits. */
const parametersMeantAsPins = fc.oneof(
  fc
    .tuple(anyNames, fc.oneof(values, fc.constant('')), fc.constantFrom(1, 2, 3))
    .map(([name, value, times]) => `${encode(name, times)}=${value}`),
  fc.tuple(anyNames, fc.oneof(values, fc.constant(''))).map(([name, value]) => `${raw(name)}=${value}`),
  anyNames.map((name) => encode(name, 1)),
  fc
    .tuple(companion, assignments, fc.constantFrom(1, 2, 3))
    .map(([name, value, times]) => `${name}=${encode(value, times)}`),
  fc.tuple(companion, assignments).map(([name, value]) => `${name}=${raw(value)}`),
  assignments.map((text) => encode(text, 1)),
  fc
    .tuple(
      fc.constantFrom('', '?', '[]', '%20', '0', '_', 'undefined', 'null', '(null)'),
      fc.oneof(fourDigits, otherDigits),
    )
    .map(([name, pin]) => `${name}=${encode(pin, 1)}`),
  fc
    .tuple(
      fc.constantFrom('', '?', '/', '(', '%00'),
      fc.oneof(fourDigits, otherDigits),
      fc.constantFrom('', '=', '=1', '=true', ')'),
    )
    .map(([before, pin, after]) => `${before}${encode(pin, 1)}${after}`),
  fc
    .tuple(fourDigits, fc.constantFrom('', '-', ':', '/', '%3D'))
    .map(([pin, between]) => `pin${between}${pin}`),
  fc.constantFrom('pin', 'pin=', 'pin=562', 'pin=56210', 'pin=%ff621'),
  fourDigits.chain(([...digits]) =>
    fc.constantFrom(
      digits.join(),
      JSON.stringify(digits),
      `[]=${digits.join()}`,
      digits.map((digit, place) => `${place}=${digit}`).join('&'),
      digits.map((digit) => `[]=${digit}`).join('&'),
    ),
  ),
  fc.constantFrom('[object%20Object]', '[object+Promise]', 'user=[object%20Object]'),
);

/** Words that contain the letters "pin" and mean something else. */
const otherWords = fc.constantFrom(
  ...[
    'shipping',
    'ping',
    'pinterest',
    'opinion',
    'spin',
    'spinner',
    'shopping',
    'mapping',
    'pink',
    'pine',
    'pint',
  ],
  ...[
    'alpine',
    'spine',
    'happiness',
    'pinpoint',
    'pineapple',
    'pinned',
    'pinning',
    'philippines',
    'typing',
    'camping',
  ],
  ...[
    'pinnacle',
    'pinball',
    'grouping',
    'developing',
    'spinach',
    'pinging',
    'pinion',
    'pingback',
    'escaping',
    'dropping',
  ],
);
const plainWords = fc.constantFrom(
  ...[
    'utm',
    'source',
    'medium',
    'campaign',
    'lang',
    'locale',
    'country',
    'uber',
    'trace',
    'id',
    'version',
    'platform',
  ],
  ...[
    'gclid',
    'fbclid',
    'session',
    'device',
    'ref',
    'in',
    'p',
    'pi',
    'n',
    'info',
    'app',
    'build',
    'ts',
    'nonce',
    'page',
  ],
);
const innocentNames = fc
  .tuple(
    fc.array(fc.oneof(otherWords, plainWords), { minLength: 1, maxLength: 4 }),
    fc.constantFrom('_', '-', '.', 'camel', 'Pascal', 'CONSTANT', '[]'),
  )
  // Capital letters before another word can spell it, too: `NPIn`, `NPSpin`.
  .filter(([words, style]) => !/camel|Pascal/.test(style) || words.every(({ length }) => length > 1))
  .map(([words, style]) => {
    const [first = '', ...rest] = words;
    if (style === 'camel') return first + rest.map(capitalized).join('');
    if (style === 'Pascal') return words.map(capitalized).join('');
    if (style === 'CONSTANT') return words.join('_').toUpperCase();
    if (style === '[]') return first + rest.map((word) => `[${word}]`).join('');
    return words.join(style);
  })
  // Adjacent single letters can spell it, as in `p_i_n`.
  .filter((name) => name.replace(/[^a-z]/gi, '').toLowerCase() !== 'pin');

const bytes = fc.uint8Array({ minLength: 1, maxLength: 90 }).map((array) => Buffer.from(array));
const randomTexts = fc.oneof(
  bytes.map((buffer) => buffer.toString('base64')),
  bytes.map((buffer) => buffer.toString('base64url')),
  bytes.map((buffer) => buffer.toString('hex')),
  fc.uuid(),
  fc.stringMatching(/^[A-Za-z0-9]{20,120}$/),
);
const plainValues = fc.oneof(
  randomTexts,
  innocentNames,
  fourDigits,
  otherWords.map((word) => `the ${word}, pin of the week: "pin" & 12:30`),
  fc.array(fourDigits, { minLength: 2, maxLength: 4 }).map((list) => list.join(',')),
  fc.integer().map(String),
  fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[=:?&]/g, '')),
);
const innocentUrls = fc.tuple(innocentNames, plainValues, innocentNames, randomTexts).map(
  ([name, value, other, random]) =>
    `https://example.com/pin/5621?${new URLSearchParams([
      [name, value],
      [other, random],
    ])}#top`,
);

const innocentParameters = fc
  .tuple(innocentNames, fc.oneof(plainValues, innocentUrls))
  .map(([name, value]) => `${encode(name, 1)}=${encode(value, 1)}`);

/** Queries with a parameter that is meant as a PIN but is not a valid one, among harmless parameters. */
export const queriesMeaningPins: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(innocentParameters, { maxLength: 2 }),
    parametersMeantAsPins,
    fc.array(
      fc.oneof(
        innocentParameters,
        fourDigits.map((pin) => `pin=${pin}`),
      ),
      { maxLength: 2 },
    ),
  )
  .map(([before, meant, after]) => [...before, meant, ...after].join('&'));

/** Queries that have nothing to do with a PIN. */
export const innocentQueries: fc.Arbitrary<string> = fc
  .array(innocentParameters, { maxLength: 4 })
  .map((parameters) => parameters.join('&'));

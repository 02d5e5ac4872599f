// Generated queries: a PIN as URL builders, serialisers and printed objects write it, and parameters that mean no PIN.
import fc from 'fast-check';

/** A query as a server passes it on: names and values are decoded once, and the values of each name are collected. */
export function parseQuery(query: string): Map<string, string[]> {
  const parsed = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) {
    parsed.set(name, [...(parsed.get(name) ?? []), value]);
  }
  return parsed;
}

const words = (text: string) => fc.constantFrom(...text.trim().split(/\s+/));
const capitalized = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
const styles: readonly ((words: readonly string[]) => string)[] = [
  ([first = '', ...rest]) => first + rest.map(capitalized).join(''),
  (parts) => parts.map(capitalized).join(''),
  (parts) => parts.join('_'),
  (parts) => parts.join('_').toUpperCase(),
  (parts) => parts.join('-'),
  (parts) => parts.join('.'),
];
const nested: typeof styles = [([first = '', ...rest]) => first + rest.map((word) => `[${word}]`).join('')];
const encode = (text: string, times: number) =>
  Array.from({ length: times }).reduce<string>((one) => encodeURIComponent(one.toWellFormed()), text);

const fourDigits = fc.nat(9_999).map((number) => String(number).padStart(4, '0'));
/** Digits or letters alone are taken for an app's release or a word (ADR 5). */
const hexadecimal = fc
  .stringMatching(/^[1-9a-f][0-9a-f]{6,7}$/)
  .filter((text) => /[a-f]/.test(text) && /\d/.test(text));

/** Members that contain a PIN, in the spellings of several languages and naming styles. */
const members = fc
  .tuple(
    words('recovery user my new account sms old'),
    fc.oneof(
      words('pin pins'),
      words('pincode pinkode pinkodu pinkoodi pinwert pinvalue pineingabe codepin inputpin'),
    ),
    words('code number value entered text'),
    fc.constantFrom(...styles),
    fc.nat(3),
  )
  .map(([before, pin, after, style, place]) =>
    style([[pin], [before, pin], [pin, after], [before, pin, after]][place] as string[]),
  );

/** How formats and languages write one member of an object. */
const writers: readonly ((name: string, pin: string) => string)[] = [
  // JSON, also with an escaped text, and lists of entries
  (name, pin) => JSON.stringify({ lang: 'de', [name]: pin }),
  (name, pin) => JSON.stringify({ [name]: Number(pin) }, null, 2),
  (name, pin) => JSON.stringify(JSON.stringify({ [name]: pin })),
  (name, pin) => JSON.stringify([{ name, value: pin }], null, 2),
  (name, pin) => JSON.stringify(['lang', 'de', name, pin]),
  (name, pin) => JSON.stringify({ [name]: pin }).replaceAll('"', '&quot;'),
  (name, pin) => JSON.stringify({ [name]: pin }).replaceAll('"', '\\u0022'),
  // YAML, TOML, XML, property lists, forms, tables
  (name, pin) => `lang: de\n${name}: ${pin}\n`,
  (name, pin) => `[reset]\n${name} = "${pin}"`,
  (name, pin) => `<reset><${name}>${pin}</${name}></reset>`,
  (name, pin) => `<${name} xsi:type="xsd:string">${pin}</${name}>`,
  (name, pin) => `<param name="${name}" value="${pin}"/>`,
  (name, pin) => `<dict>\n  <key>${name}</key>\n  <string>${pin}</string>\n</dict>`,
  (name, pin) => `Content-Disposition: form-data; name="${name}"\r\n\r\n${pin}\r\n`,
  (name, pin) => `lang=de&${name}=${pin}`,
  (name, pin) => `de?${name}=${pin}`,
  (name, pin) => `de;${name}=${pin}`,
  // RFC 6570 and the styles of OpenAPI
  (name, pin) => `lang,de,${name},${pin}`,
  (name, pin) => `${name}|${pin}|lang|de`,
  (name, pin) => `${name} ${pin}`,
  (name, pin) => `.${name}.${pin}`,
  // Java and Kotlin, Scala, C#, Swift and Objective-C, Rust, Go, Dart
  (name, pin) => `{lang=de, ${name}=${pin}}`,
  (name, pin) => `Reset(${name}=${pin})`,
  (name, pin) => `(first=${name}, second=${pin})`,
  (name, pin) => `Map(${name} -> ${pin})`,
  (name, pin) => `{ ${name} = ${pin} }`,
  (name, pin) => `[${name}, ${pin}]`,
  (name, pin) => `Reset(${name}: Optional("${pin}"))`,
  (name, pin) => `[AnyHashable("${name}"): "${pin}"]`,
  (name, pin) => `{\n    ${name} = ${pin};\n}`,
  (name, pin) => `<NSURLQueryItem 0x6000> {name = ${name}, value = ${pin}}`,
  (name, pin) => `Reset { ${name}: Some("${pin}") }`,
  (name, pin) => `map[${name}:[${pin}]]`,
  (name, pin) => `{${name}: ${pin}}`,
  // PHP, Ruby, Python, Elixir
  (name, pin) => `Array\n(\n    [${name}] => ${pin}\n)\n`,
  (name, pin) => `array(1) {\n  ["${name}"]=>\n  string(4) "${pin}"\n}`,
  (name, pin) => `a:1:{s:${name.length}:"${name}";s:4:"${pin}";}`,
  (name, pin) => `{:${name}=>"${pin}"}`,
  (name, pin) => `{'${name}': u'${pin}'}`,
  (name, pin) => `dict_items([('${name}', '${pin}')])`,
  (name, pin) => `[{${name},<<"${pin}">>}]`,
];

/** A PIN whose name was lost, or a text in place of the object that contained it. */
const losses = fc.oneof(
  fc
    .tuple(words('=* =*&lang=de undefined=* null=* [0]=* true=* NaN=* *= * *=1 "*" (*) *.0 *L'), fourDigits)
    .map(([format, pin]) => format.replace('*', pin)),
  fc
    .tuple(words('lang=de?* lang=de?=* lang=de%26* lang=de?undefined=*'), fourDigits)
    .map(([format, pin]) => format.replace('*', pin)),
  fc
    .tuple(fc.constantFrom(',', '.', '&', '|', '+', '","'), fourDigits)
    .map(([sign, pin]) => [...pin].join(sign)),
  fourDigits.map((pin) => [...pin].map((digit, place) => `${place}=${digit}`).join('&')),
  fc
    .tuple(
      words(
        'com.example.Reset@* T$Reset@* [C@* [Ljava.lang.String;@* <Reset:_0x*> HASH(0x*) #<Reset:0x*> <T_at_0x*>',
      ),
      hexadecimal,
    )
    .map(([format, hash]) => `x=${encode(format.replace('*', hash).replaceAll('_', ' '), 1)}`),
  words(
    "[object+Object] x=[object+Promise] x=Instance+of+'Reset' x=System.String[] x=Optional[Reset] x=Array",
  ),
);

const otherWords = words(`
  shipping ping pinterest opinion spin spinner shopping mapping pink pine pint alpine spine happiness pinpoint
  pineapple pinned pinning philippines typing camping pinnacle pinball grouping developing spinach pinging pinion
  pingback escaping dropping pinch pinot pinwheel pinata pinyin
  utm source medium campaign lang locale country uber trace id version platform gclid fbclid session device ref
  in info app build ts nonce page api http kpi`);
const innocentNames = fc
  .tuple(fc.array(otherWords, { minLength: 1, maxLength: 4 }), fc.constantFrom(...styles, ...nested))
  .map(([parts, style]) => style(parts));

const bytes = fc.uint8Array({ minLength: 1, maxLength: 90 }).map((array) => Buffer.from(array));
const numbers = fc.tuple(fc.nat(9_999), fc.nat(9_999), fc.nat(99));
const plainValues = fc.oneof(
  bytes.map((buffer) => buffer.toString('base64')),
  bytes.map((buffer) => buffer.toString('base64url')),
  bytes.map(
    (buffer) => `eyJhbGciOiJFUzI1NiJ9.${buffer.toString('base64url')}.${buffer.toString('base64url')}`,
  ),
  bytes.map((buffer) => buffer.toString('hex')),
  fc.uuid(),
  fc.stringMatching(/^[A-Za-z0-9]{20,120}$/),
  innocentNames,
  fourDigits,
  fc
    .date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') })
    .map((date) => date.toISOString()),
  numbers.map(([a, b, c]) => `${a}.${b}.${c}`),
  numbers.map(([a, b, c]) => `${a},${b}.${c}`),
  numbers.map(([a, b]) => `${a}x${b}`),
  fc
    .tuple(otherWords, fourDigits)
    .map(([word, year]) => `the ${word}, pin of the week: "pin" in ${year} & 12:30`),
  fc
    .tuple(otherWords, fourDigits)
    .map(([word, number]) => JSON.stringify({ [word]: number, build: Number(number) })),
  fc.integer().map(String),
  fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[=:?&]/g, '')),
);
const innocentUrls = fc
  .tuple(innocentNames, plainValues)
  .map(([name, value]) => `https://example.com/pin/5621?${new URLSearchParams([[name, value]])}#top`);
const innocentParameters = fc.oneof(
  fc
    .tuple(innocentNames, fc.oneof(plainValues, innocentUrls))
    .map(([name, value]) => `${encode(name, 1)}=${encode(value, 1)}`),
  words('utm_campaign=pin+5621 utm_content=pin utm_id=2024 id=pinterest x=1234'),
);

/** Queries that some program wrote for a request with a PIN, among harmless parameters. */
export const queriesMeaningPins: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(innocentParameters, { maxLength: 2 }),
    fc.oneof(
      { weight: 2, arbitrary: losses },
      {
        weight: 1,
        arbitrary: fc.tuple(members, fourDigits).map(([name, pin]) => `${encode(`x.${name}`, 1)}=${pin}`),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(members, fourDigits)
          .map(([name, pin]) => `0[name]=${name.replace(/[.-]/g, '_')}&0[value]=${pin}`),
      },
      {
        weight: 8,
        arbitrary: fc
          .tuple(
            members,
            fourDigits,
            fc.constantFrom(...writers),
            fc.constantFrom('', 'x=', 'params[]='),
            fc.integer({ min: 1, max: 3 }),
          )
          .map(([name, pin, write, start, times]) => start + encode(write(name, pin), times)),
      },
    ),
  )
  .map(([before, meant]) => [...before, meant].join('&'));

/** Queries that have nothing to do with a PIN. */
export const innocentQueries: fc.Arbitrary<string> = fc
  .array(innocentParameters, { maxLength: 4 })
  .map((parameters) => parameters.join('&'));

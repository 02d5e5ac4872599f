// Reads the recovery PIN from query and body. A request that may contain a PIN is never treated as one without (ADR 5).
import { ServiceError } from '../domain/errors.ts';
import { isRecoveryPin } from '../domain/recovery-pin.ts';
import type { RequestBody } from './request-body.ts';

/** The parts of a request that may contain a PIN. */
export interface PinSources {
  /** Parameter name -> all its values, percent-decoded. */
  readonly query?: ReadonlyMap<string, readonly string[]>;
  /** Header name -> all its values. The PIN is not sent as a header, so a header for it is always a mistake. */
  readonly headers?: ReadonlyMap<string, readonly string[]>;
  /** The parsed body. */
  readonly body?: RequestBody;
}

/**
 * Reads the recovery PIN of a request. Anything that may be meant as a PIN but is not a valid one is refused, because
 * treating it as "no PIN" would clear the user's payment methods.
 *
 * @param sources - the request's query, headers and body
 * @returns four ASCII digits, or `undefined` if nothing in the request may be meant as a PIN
 * @throws ServiceError `recovery-pin-malformed`
 */
export function parseRecoveryPin({
  query = new Map(),
  headers = new Map(),
  body = {},
}: PinSources): string | undefined {
  const names = [...headers.keys()].map(normalize);
  const parameters = [...query]
    .filter(([name]) => name !== 'pin')
    .flatMap(([name, values]) =>
      (values.length ? values : ['']).map((value) => [name, value].map(normalize)),
    );
  // An unreadable character can be within a word or between two: the text is read both ways.
  const misspelt = ['', '\ufffd'].some((filler) => {
    const read = (texts: string[]) => texts.map((text) => text.replace(unreadable, filler));
    return read(names).some(isPinName) || mayContainPin(parameters.map(read) as [string, string][]);
  });
  const [pin, ...more] = [...('pin' in body ? [body.pin] : []), ...(query.get('pin') ?? [])];
  if (!('pin' in body || query.has('pin') || misspelt)) return undefined;
  if (isRecoveryPin(pin) && more.length === 0 && !misspelt) return pin;
  throw new ServiceError('recovery-pin-malformed');
}

/** Invisible characters, and replacement characters of bytes that could not be decoded. */
const unreadable = /[\p{C}\ufffd]/gu;

function mayContainPin(parameters: readonly (readonly [name: string, value: string])[]): boolean {
  // Campaigns have names of their own. Only a query that was appended to one counts.
  const own = parameters.filter(([name]) => !/^utm_/i.test(name));
  const values = own.map(([, value]) => value);
  // Queries within values. White space after the sign makes it prose.
  const texts = parameters.map((parameter) => parameter.join('='));
  const pieces = texts.flatMap((text) => text.split(/[?&](?! )/).slice(1));
  const nameless = own.filter(([name]) => isNameless(name)).map(([name, value]) => value || name);
  return (
    own.some(([name, value]) => isPinName(name) || isNamelessPin(name, value) || assignsPin(value)) ||
    own.some((parameter) => lostValue.test(parameter.join('='))) ||
    pieces.some(isPinPiece) ||
    // One parameter for each digit, or one for the name and one for the PIN.
    nameless.filter((text) => /^[^\p{L}\p{N}]*\p{Nd}[^\p{L}\p{N}]*$/u.test(text)).length === 4 ||
    (values.some((value) => /^\P{L}*[\p{L}_]+\P{L}*$/u.test(value) && isPinName(value)) &&
      values.some((value) => fourDigits.test(value)))
  );
}

/** Whether `name=value` or `name`, in a query within a value, may be meant as a PIN. */
function isPinPiece(piece: string): boolean {
  const [, name = '', sign, value = ''] = /^([^=#]*)(=?)([^#]*)/.exec(piece) ?? [];
  return (sign === '=' && isPinName(name)) || isNamelessPin(name, value);
}

function isNamelessPin(name: string, value: string): boolean {
  return fourDigits.test(name) || (isNameless(name) && (fourDigits.test(value) || isPinName(value)));
}

/** Whether a name says nothing about its value. */
function isNameless(name: string): boolean {
  return /^(?:undefined|null|none|nil|nan|true|false)*$/i.test(name.replace(/\P{L}/gu, ''));
}

/** Four digits of any script, also as other types print them (`5621.0`, `5621L`), or one by one as in a list. */
const between = String.raw`[\s"',;|+.-]+`;
const digits = String.raw`(?:\p{Nd}{4}(?:\.0+)?[dflnu]?|\p{Nd}(?:${between}\p{Nd}){3}(?!${between}\p{Nd}))`;
const fourDigits = new RegExp(String.raw`^[^\p{L}\p{N}]*${digits}[^\p{L}\p{N}]*$`, 'iu');

/** What languages write in place of an object: its type, its address, or both. The PIN may have been in it. */
const lostValue = new RegExp(
  [
    String.raw`\[object[ +][A-Z]`, // JavaScript
    String.raw`@(?<=(?:[A-Z.$][\w$]{0,80}|[;}\]]|\[[A-Z])@)[0-9a-f]{5,8}(?![\w.-])|\bOptional\[`, // Java
    String.raw`\bSystem\.[A-Z]|\bInstance of '|=Array$`, // .NET, Dart, PHP
    String.raw`[\w:)][ :(]0x[0-9a-f]{6,16}\b`, // Swift, Python, Ruby, Perl
  ].join('|'),
);

/** Ordinary words that begin or end like compounds of "pin". */
const ordinaryWord = new RegExp(
  '^(?:(?:(?:back|side|tail|top)?s|un|under|cho|cris|dro|hair|king|la|linch|po|push|terra)pins?$|pin(?:[gxy]|' +
    'a(?:r|ta|fore|co|s?$)|b(?:all|oard)|c(?:er|h(?:$|e[ds]|ers?$|ing)|ush)|d(?:ar|own|rop)|e(?:[acwty]|s?$)|fo$|' +
    'h(?:ead|ole)|i(?:on|ng|t$)|k(?!o|e[ny])|n(?:[iwy]|a(?!m)|e(?![uw]))|o(?:c|l[ei]|n$|t(?!p)|ut|y)|p(?:oint|rick)|' +
    's(?:cher|el$|tripe)|t(?:[ao]?s?$|ail|erest|le)|u(?:ps?|s)$|w(?:h|orm)))',
  'i',
);

/** What follows "pin" in the middle of a compound. Elsewhere those letters are part of a word, such as `appinstall`. */
const pinEnd = new RegExp(
  'pin(?:s|[ck]o(?:de|di|du|d|odi)|n(?:o|r|um|umber|ummer)|value|val|digits?|input|field|entry|text|pass|word|otp|' +
    'tan|hash|reset)*$',
  'i',
);

/** Finds the words "pin" in a text, alone or in a compound: `user[piN]`, `recoveryPin`, `PINCode`, `PINofUser`, `pinkodu`. */
function findPinWords(text: string): RegExpExecArray[] {
  const words = [...text.matchAll(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g), ...text.matchAll(/[A-Z]{3,}[a-z]*/g)];
  const compounds = words.filter(([word]) => /^pin/i.test(word) || pinEnd.test(word));
  const alone = text.matchAll(/(?<![a-z])(?:pin|p\.i\.n)(?![a-z])/gi);
  return [...alone, ...compounds.filter(([word]) => !ordinaryWord.test(word))];
}

/** Whether a name contains the word "pin", or no letters but these three. */
function isPinName(name: string): boolean {
  return /^[^a-z]*p[^a-z]*i[^a-z]*n[^a-z]*$/i.test(name) || findPinWords(name).length > 0;
}

/** Whether a text assigns something to a name with the word "pin". */
function assignsPin(text: string): boolean {
  return findPinWords(text).some(({ 0: word, index }) => {
    const rest = text.slice(index + word.length).slice(0, 160);
    // Base64 can contain any word, and end with an equals sign, but not behind these words.
    return assignment.test(rest) || (pinEnd.test(word) && emptyAssignment.test(rest));
  });
}

const restOfName = String.raw`[^?&;#,\s/|=:]{0,60}`;
const closing = String.raw`["'\x60\\[()\]}>\u2018-\u201f]`;
const gap = String.raw`[^\p{L}\p{N}/]`;
/** A word that opens something, perhaps with a length, or a tag of YAML: `Optional("`, `value=`, `s:4:"`, `!!str `. */
const opening = String.raw`\p{L}[\p{L}\p{N}_.:$]{0,40}(?: ?[({[<="':>\]]|(?<=[!&]\w{1,20}) )${gap}{0,8}(?:\d{1,2}${gap}{1,3})?`;
const emptyAssignment = new RegExp(`^${closing}* ?=`);
const assignment = new RegExp(
  [
    String.raw`^${restOfName} ?=[=>]* ?${closing}*(?!${closing})[^?&;#,\s/|=]`, // pinOfUser=5621
    String.raw`^${restOfName}["'\x60\\\u2018-\u201f][)\]]* ?:(?! ?(?:null|true|false)\b)`, // "pin":
    String.raw`^${closing}* ?: ?["' ]*\p{Nd}{1,4}(?![-_]?[\p{L}\p{N}]|[./:]\p{N})`, // pin: 562
    String.raw`^[\p{L}\p{N}_$.-]{0,30}${gap}{1,8}(?:${opening}){0,2}${digits}(?![-_]?[\p{L}\p{N}]|[./:]\p{N})`, // pin, 5621
  ].join('|'),
  'iu',
);

/** Undoes encodings that a value keeps if it was encoded more than once, and what hides the word: width, accents, markup. */
function normalize(text: string): string {
  let decoded = text;
  // Each round undoes one level of encoding. Nobody encodes more than five times by mistake.
  for (let round = 0; round < 5; round++) {
    decoded = decoded.replace(/(?:%(?:25)*[0-9a-f]{2})+/gi, (encoded) => {
      const bytes = encoded.split('%').map((one) => one.slice(-2));
      return Buffer.from(bytes.join(''), 'hex').toString();
    });
  }
  return decoded
    .replace(/[%\\]u([0-9a-f]{4})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replaceAll('ı', 'i') // A Turkish locale lower-cases `PIN` so.
    .replace(/&quot;|<\/[^<>]*>/g, '"')
    .replace(/\s+/g, ' ');
}

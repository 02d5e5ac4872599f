// Reads the recovery PIN from query and body. Anything else that may be meant as a PIN is refused and never ignored.
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
 * treating it as "no PIN" would clear the user's payment methods. ADR 5 defines what may be meant as a PIN: a name that
 * contains the word "pin", a value that assigns something to such a name, four digits without a name, and JavaScript's text
 * for an object.
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
  const others = [...query]
    .filter(([name]) => name !== 'pin')
    .map(([name, values]) => ({ name: normalize(name), values: values.map(normalize) }));
  const misspelt =
    [...headers.keys()].some(containsPinWord) || others.some(mayBePin) || isDigitByDigit(others);
  const [pin, ...more] = [...('pin' in body ? [body.pin] : []), ...(query.get('pin') ?? [])];
  const isPresent = 'pin' in body || query.has('pin');
  if (!isPresent && !misspelt) return undefined;
  if (isRecoveryPin(pin) && more.length === 0 && !misspelt) return pin;
  throw new ServiceError('recovery-pin-malformed');
}

/** A query parameter whose name is not `pin`, normalized. */
interface OtherParameter {
  readonly name: string;
  readonly values: readonly string[];
}

/** Whether a parameter may be meant as a PIN. */
function mayBePin({ name, values }: OtherParameter): boolean {
  return (
    containsPinWord(name) ||
    isFourDigits(name) ||
    (isNameless(name) && values.some((value) => isFourDigits(value) || containsPinWord(value))) ||
    [name, ...values].some((text) => containsPinAssignment(text) || containsLostObject(text))
  );
}

/** Whether a name says nothing about the value. */
function isNameless(name: string): boolean {
  return /^(?:undefined|null|none|nil)?$/i.test(name.replace(/\P{L}/gu, ''));
}

/** Whether exactly four nameless values are a digit each: libraries write a list as `0=5&1=6&2=2&3=1` or `[]=5&[]=6&…`. */
function isDigitByDigit(parameters: readonly OtherParameter[]): boolean {
  const digits = parameters
    .filter(({ name }) => isNameless(name))
    .flatMap(({ values }) => values)
    .filter((value) => /^\p{Nd}$/u.test(value));
  return digits.length === 4;
}

/** Whether a text has JavaScript's text for an object: what the object contained, perhaps the PIN, is lost. */
function containsLostObject(text: string): boolean {
  return /\[object[ +][A-Z]\w*\]/.test(text);
}

/** Invisible characters, and replacement characters of bytes that could not be decoded. */
const unreadable = /[\p{C}\ufffd]/gu;

/**
 * Decodes what is still percent-encoded (`%70`, `%2570` and so on), converts full-width and similar characters to
 * ASCII, and removes accents. A dotless `ı` becomes `i`, because lower-casing `PIN` in a Turkish locale produces it.
 */
function normalize(text: string): string {
  let decoded = text;
  // Each round undoes one level of encoding. Nobody encodes more than five times by mistake.
  for (let round = 0; round < 5; round++) decoded = decodeOnce(decoded);
  return decoded.normalize('NFKD').replace(/\p{M}/gu, '').replaceAll('ı', 'i');
}

function decodeOnce(text: string): string {
  return text.replace(/(?:%(?:25)*[0-9a-f]{2})+/gi, (encoded) => {
    const digits = encoded.split('%').map((one) => one.slice(-2));
    return Buffer.from(digits.join(''), 'hex').toString();
  });
}

/**
 * Whether a string consists of four digits of any script and otherwise only of punctuation and symbols. Between the digits
 * only what separates the entries of a list: `5,6,2,1`, `["5","6","2","1"]`.
 */
function isFourDigits(text: string): boolean {
  return /^[^\p{L}\p{N}]*(?:\p{Nd}{4}|\p{Nd}(?:[\s"',;|+-]+\p{Nd}){3})[^\p{L}\p{N}]*$/u.test(
    text.replace(unreadable, ''),
  );
}

/** Whether a name contains "pin" as a word (`user[pin]`, `pin2`) or at the end of a compound (`recoverypin`). */
function containsPinWord(name: string): boolean {
  // An unreadable character can be between two words or within a word: check both.
  const texts = [name, name.replace(unreadable, '')];
  return (
    /^[^a-z]*p[^a-z]*i[^a-z]*n[^a-z]*$/i.test(name) ||
    texts.some(
      (text) =>
        findWords(text, /[a-z]+/gi).some(isPinWord) ||
        // The end of a word in capitals is ambiguous: `recoveryPINCode`, `RECOVERYPINcode`, `PINofUser`.
        findWords(text, /[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g).some(endsWithPinWord) ||
        findWords(text, /[A-Z]{3,}[a-z]*/g).some(endsWithPinWord) ||
        findWords(text, /[A-Z]+/g).some(isPinWord),
    )
  );
}

function findWords(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([word]) => word.toLowerCase());
}

function isPinWord(word: string): boolean {
  return /^pin(?:s|codes?|kode|number|nummer|num|nr|no|val|value|digits?|input|field|entry|text|pass|password|otp|tan)?$/.test(
    word,
  );
}

/** "Spin" is the only common word that ends in "pin" and has nothing to do with a PIN. */
function endsWithPinWord(word: string): boolean {
  return !/^spins?$/.test(word) && isPinWord(word.slice(Math.max(word.lastIndexOf('pin'), 0)));
}

/** Separates a name from the text before it. */
const separator = /[?&;#,\s/|]/;

/** Whether a string assigns a value to a PIN: `de?pin=5621`, if a query was appended to a query, or JSON. */
function containsPinAssignment(text: string): boolean {
  if (/[?&]\p{Nd}{4}(?:$|[&#])/u.test(text)) return true;
  // Strings and signs alternate.
  const parts = text.split(/([=:])/);
  for (let at = 1; at < parts.length; at += 2) {
    const [before, sign, assigned] = parts.slice(at - 1, at + 2) as [string, string, string];
    const name = before.trimEnd().split(separator).pop() as string;
    if (isPinAssignment(name, sign, assigned)) return true;
  }
  return false;
}

/** Whether `name: value` is a PIN in JSON, in an object literal, or in the printed form of an object. */
function isPinInJson(name: string, value: string): boolean {
  const isQuoted = /["'`\\\u2018-\u201f]$/u.test(name);
  const startsLikePin = isQuoted ? !/^\s*(?:null|true|false)\b/.test(value) : /^["'`\s]*\p{Nd}/u.test(value);
  return startsLikePin && containsPinWord(name);
}

function isPinAssignment(name: string, sign: string, assigned: string): boolean {
  if (sign === ':') return isPinInJson(name, assigned);
  if (assigned !== '' && !separator.test(assigned.charAt(0))) return containsPinWord(name);
  // An equals sign at the end may be the padding of base64, which can contain any word. So only a word that stands
  // immediately before it counts.
  const last = findWords(name, /[a-z0-9]+/gi).slice(-1);
  return last.some((word) => endsWithPinWord(word) && !/spins?$/.test(word));
}

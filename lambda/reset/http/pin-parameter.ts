// Where a request has its recovery PIN, and whether it has one at all: whatever may be meant as a PIN is never "no PIN".
import { ServiceError } from '../domain/errors.ts';
import { isRecoveryPin } from '../domain/recovery-pin.ts';
import type { RequestBody } from './request-body.ts';

/** The parts of a request in which a caller may have put a PIN. */
export interface PinPlaces {
  /** Parameter name -> all its values, percent-decoded. */
  readonly query?: ReadonlyMap<string, readonly string[]>;
  /** Header name, in any case -> its values. No header takes a PIN, so that one there is always a mistake. */
  readonly headers?: ReadonlyMap<string, readonly string[]>;
  /** What the body says: the other place for a PIN, and the better one. */
  readonly body?: RequestBody;
}

/**
 * Reads the recovery PIN out of a request. What may be meant as a PIN, but is not exactly that, is refused: taken for "no
 * PIN" it would cost the user the payment methods. What may be meant as one is decided in ADR 5: a name with the word
 * "pin" in it, a value that assigns something to such a name, and four digits without a name.
 *
 * @param places - the request's query, headers and body
 * @returns four ASCII digits, or `undefined` where nothing is meant as a PIN
 * @throws ServiceError `recovery-pin-malformed`
 */
export function parseRecoveryPin({
  query = new Map(),
  headers = new Map(),
  body = {},
}: PinPlaces): string | undefined {
  const misspelt =
    [...headers.keys()].some(hasWordPin) ||
    [...query].some(([name, values]) => name !== 'pin' && isMeantAsPin(name, values));
  const [pin, ...more] = [...('pin' in body ? [body.pin] : []), ...(query.get('pin') ?? [])];
  const isThere = 'pin' in body || query.has('pin');
  if (!isThere && !misspelt) return undefined;
  if (isRecoveryPin(pin) && more.length === 0 && !misspelt) return pin;
  throw new ServiceError('recovery-pin-malformed');
}

function isMeantAsPin(encodedName: string, encodedValues: readonly string[]): boolean {
  const name = simplify(encodedName);
  const values = encodedValues.map(simplify);
  const isNameless = /^(?:undefined|null|none|nil)?$/i.test(name.replace(/\P{L}/gu, ''));
  return (
    hasWordPin(name) ||
    isFourDigits(name) ||
    (isNameless && values.some((value) => isFourDigits(value) || hasWordPin(value))) ||
    [name, ...values].some(holdsPin)
  );
}

/** What cannot be seen, or could not be decoded. */
const lost = /[\p{C}\ufffd]/gu;

/**
 * A text with what is encoded still (as `%70`, `%2570` and so on) decoded, letters and signs of other widths as those of ASCII, and
 * without accents. Lower-casing `PIN` where the language is Turkish leaves an `i` without its dot.
 */
function simplify(text: string): string {
  let decoded = text;
  // A bound: each round can only undo one further encoding, and nobody encodes so often by mistake.
  for (let round = 0; round < 5; round++) decoded = decodeOnce(decoded);
  return decoded.normalize('NFKD').replace(/\p{M}/gu, '').replaceAll('ı', 'i');
}

function decodeOnce(text: string): string {
  return text.replace(/(?:%(?:25)*[0-9a-f]{2})+/gi, (encoded) => {
    const digits = encoded.split('%').map((one) => one.slice(-2));
    return Buffer.from(digits.join(''), 'hex').toString();
  });
}

/** Whether a text is four digits of any script, with nothing but signs around them. */
function isFourDigits(text: string): boolean {
  return /^[^\p{L}\p{N}]*\p{Nd}{4}[^\p{L}\p{N}]*$/u.test(text.replace(lost, ''));
}

/** Whether a name has the word "pin" in it, alone (`user[pin]`, `pin2`) or as the end of a compound (`recoverypin`). */
function hasWordPin(name: string): boolean {
  // What is lost may have stood between two words or within one.
  const texts = [name, name.replace(lost, '')];
  return (
    /^[^a-z]*p[^a-z]*i[^a-z]*n[^a-z]*$/i.test(name) ||
    texts.some(
      (text) =>
        wordsOf(text, /[a-z]+/gi).some(isPin) ||
        // `recoveryPINCode`, `RECOVERYPINcode`, `PINofUser`: where a word of capitals ends shows in three ways.
        wordsOf(text, /[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g).some(endsInPin) ||
        wordsOf(text, /[A-Z]{3,}[a-z]*/g).some(endsInPin) ||
        wordsOf(text, /[A-Z]+/g).some(isPin),
    )
  );
}

function wordsOf(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([word]) => word.toLowerCase());
}

function isPin(word: string): boolean {
  return /^pin(?:s|codes?|kode|number|nummer|num|nr|no|val|value|digits?|input|field|entry|text|pass|password|otp|tan)?$/.test(
    word,
  );
}

/** "Spin" is the one common word that ends in these letters and has nothing to do with a PIN. */
function endsInPin(word: string): boolean {
  return !/^spins?$/.test(word) && isPin(word.slice(Math.max(word.lastIndexOf('pin'), 0)));
}

/** What ends a name that stands within a text. */
const separator = /[?&;#,\s/|]/;

/** Whether a text assigns something to a PIN: `de?pin=5621` where a query was appended to another, or JSON. */
function holdsPin(text: string): boolean {
  if (/[?&]\p{Nd}{4}(?:$|[&#])/u.test(text)) return true;
  // Texts, and between each two of them the sign.
  const parts = text.split(/([=:])/);
  for (let at = 1; at < parts.length; at += 2) {
    const [before, sign, assigned] = parts.slice(at - 1, at + 2) as [string, string, string];
    const name = before.trimEnd().split(separator).pop() as string;
    if (isAssigned(name, sign, assigned)) return true;
  }
  return false;
}

/** In JSON, in an object literal, or in what a language prints of an object. */
function isAssignedInJson(name: string, value: string): boolean {
  const isQuoted = /["'`\\\u2018-\u201f]$/u.test(name);
  const startsLikePin = isQuoted ? !/^\s*(?:null|true|false)\b/.test(value) : /^["'`\s]*\p{Nd}/u.test(value);
  return startsLikePin && hasWordPin(name);
}

function isAssigned(name: string, sign: string, assigned: string): boolean {
  if (sign === ':') return isAssignedInJson(name, assigned);
  if (assigned !== '' && !separator.test(assigned.charAt(0))) return hasWordPin(name);
  // An equals sign with nothing behind it may end base64, in which any word can be found, but not right before it.
  const last = wordsOf(name, /[a-z0-9]+/gi).slice(-1);
  return last.some((word) => endsInPin(word) && !/spins?$/.test(word));
}

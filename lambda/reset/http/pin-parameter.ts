// Reads the recovery PIN from query and body. A request that may contain a PIN is never treated as one without (ADR 5).
import { ServiceError } from '../domain/errors.ts';
import { isRecoveryPin } from '../domain/recovery-pin.ts';
import { normalizeText } from './normalize-text.ts';
import { assignment, emptyAssignment, fourDigits, lostObject, oneDigit, oneWord } from './pin-notations.ts';
import { emptyName, nameName, pinBeginning, pinEnd, valueName } from './pin-words.ts';
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

/** A name and a value of the query, or of a query within a value. */
type Parameter = readonly [name: string, value: string];

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
  const misspelt = [...headers.keys()].some(isPinName) || mayContainPin(listParameters(query));
  const [pin, ...more] = [...('pin' in body ? [body.pin] : []), ...(query.get('pin') ?? [])];
  if (!('pin' in body || query.has('pin') || misspelt)) return undefined;
  if (isRecoveryPin(pin) && more.length === 0 && !misspelt) return pin;
  throw new ServiceError('recovery-pin-malformed');
}

/** Lists the parameters except `pin`, and those of queries within them. `utm_*` is left out, but no query within it is. */
function listParameters(query: ReadonlyMap<string, readonly string[]>): Parameter[] {
  return [...query]
    .filter(([name]) => name !== 'pin')
    .flatMap(([name, values]) => (values.length ? values : ['']).map((value): Parameter => [name, value]))
    .map(([name, value]): Parameter => [normalizeText(name), normalizeText(value)])
    .flatMap((parameter) => [parameter, ...findQuery(parameter.join('='))])
    .filter(([name]) => !/^utm_/i.test(name));
}

/** Finds the parameters of a query within a text. One without `=` counts only if it is four digits: `Why?really` has none. */
function findQuery(text: string): Parameter[] {
  return [...text.matchAll(/[?&](?! )([^?&=#]*)(=?)([^?&#]*)/g)]
    .map(([, ...parts]) => parts as [name: string, sign: string, value: string])
    .filter(([name, sign]) => sign || fourDigits.test(name))
    .map(([name, , value]) => [name, value]);
}

/** The four rules of ADR 5, in its order. */
function mayContainPin(parameters: readonly Parameter[]): boolean {
  return (
    parameters.some(([name]) => isPinName(name)) ||
    parameters.some(([, value]) => assignsPin(value)) ||
    hasNameAndPin(parameters) ||
    parameters.some(isNamelessPin) ||
    hasDigitsOneByOne(parameters) ||
    parameters.some((parameter) => lostObject.test(parameter.join('='))) // Rule 4.
  );
}

/** Rule 1: a name contains the word "pin", or has no other letters than these three, as in `p-i-n`. */
function isPinName(name: string): boolean {
  return /^[^a-z]*p[^a-z]*i[^a-z]*n[^a-z]*$/i.test(name) || findPinWords(name).length > 0;
}

/** Finds the words "pin" in a text, alone or in a compound: `user[piN]`, `recoveryPin`, `PINCode`, `PINofUser`, `pinkodu`. */
function findPinWords(text: string): RegExpExecArray[] {
  const words = [...text.matchAll(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g), ...text.matchAll(/[A-Z]{3,}[a-z]*/g)];
  const alone = text.matchAll(/(?<![a-z])pin(?![a-z])/gi);
  return [...alone, ...words.filter(([word]) => pinBeginning.test(word) || pinEnd.test(word))];
}

/** Rule 2: a text assigns something to a name with the word "pin". */
function assignsPin(text: string): boolean {
  return findPinWords(text).some(({ 0: word, index }) => {
    const rest = text.slice(index + word.length);
    // Base64 can contain any word and end with `=`. An empty assignment counts only directly after a match of `pinEnd`.
    return assignment.test(rest) || (pinEnd.test(word) && emptyAssignment.test(rest));
  });
}

/** Rule 2: one value is the name of a PIN, another is four digits, and the names of the two parameters fit together. */
function hasNameAndPin(parameters: readonly Parameter[]): boolean {
  const names = parameters.filter(([, value]) => oneWord.test(value) && isPinName(value));
  const pins = parameters.filter(([, value]) => fourDigits.test(value));
  return pins.some((pin) => names.some((name) => fitTogether(name, pin)));
}

function fitTogether(name: Parameter, pin: Parameter): boolean {
  const owner = lettersOf(pin).replace(valueName, '');
  return (
    withoutIndex(name) === withoutIndex(pin) ||
    nameName.test(name[0]) ||
    // `filter[0][value]` belongs to `filter[0][id]`, and `cart_value` not to `screen`.
    (owner !== lettersOf(pin) && lettersOf(name).startsWith(owner))
  );
}

/** The letters of a name, such as `p` of `p[0]`, with digits that are no index: `cd1` and `cd5` are two names of analytics. */
function withoutIndex([name]: Parameter): string {
  return name.replace(/(?<![\p{L}\p{N}])\p{N}+|[^\p{L}\p{N}]/gu, '');
}

/** Rule 3: the name is four digits; or the name says nothing, and the value is four digits or the name of a PIN. */
function isNamelessPin([name, value]: Parameter): boolean {
  return (
    fourDigits.test(name) ||
    (emptyName.test(lettersOf([name, value])) && (fourDigits.test(value) || isPinName(value)))
  );
}

/** Rule 3: there is one nameless parameter for each digit. */
function hasDigitsOneByOne(parameters: readonly Parameter[]): boolean {
  const nameless = parameters.filter((parameter) => emptyName.test(lettersOf(parameter)));
  return nameless.filter(([name, value]) => oneDigit.test(value || name)).length === 4;
}

function lettersOf([name]: Parameter): string {
  return name.replace(/\P{L}/gu, '');
}

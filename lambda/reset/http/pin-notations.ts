// How formats and languages write four digits and assignments, and what they print in place of an object. All patterns are for
// normalized texts.
import { wordBetween } from './pin-words.ts';

/**
 * Four digits of any script, also as a number of another type (`5621.0`, `5621L`), grouped (`5,621`), or separated as in a list
 * (`5,6,2,1`).
 */
const digits = String.raw`\p{Nd}(?:\p{Nd}{3}(?:\.0+)?[ln]?|[,.' ]\p{Nd}{3}|(?:[\s"',;|.-]+\p{Nd}){3})`;

/** Four digits, and otherwise only signs, or what prints a value with its type: `Optional("5621")`, `b'5621'`. */
export const fourDigits = new RegExp(
  String.raw`^[^\p{L}\p{N}]*(?:[\w.]{1,40}[("'][^\p{L}\p{N}]{0,8}){0,3}${digits}[^\p{L}\p{N}]*$`,
  'iu',
);

/** One digit, and nothing else. */
export const oneDigit = /^\p{Nd}$/u;

/** One word, and nothing else. */
export const oneWord = /^[\w-]+$/;

const restOfName = String.raw`^[\w.-]{0,30}`;
/** The same before a sign that assigns: in any script, and with indexes: PIN番号=5621, pin[0]=5621. */
const restOfAssigned = String.raw`^[\p{L}\w.-]{0,30}(?:\]?\[\w{0,20}\]){0,3}`;
/** Signs between a name and its value. No slash: `https://example.com/pin/5621` assigns nothing. */
const gap = String.raw`[^\p{L}\p{N}/]`;
/**
 * What opens a value: a word before a bracket or a quotation mark (`Optional("`), the first name within a bracket (`{String:`),
 * or a word that announces the value.
 */
const opening = String.raw`(?:(?:[\w.:#<>]{1,60} ?(?:["'](?! ?:)|[({[])|(?<=[({[])\w{1,40}:|${wordBetween}(?!\p{L}))${gap}{0,8})`;
/** Four digits that are no part of a date, a number or an identifier. */
const digitsAlone = String.raw`${digits}(?![-.]?[\p{L}\p{N}])`;

/** What follows a name if something is assigned to it. */
export const assignment = new RegExp(
  [
    String.raw`${restOfAssigned}["'\] ]{0,3}=[>"' ]{0,3}[\p{L}\p{N}]`, // pinOfUser=562, [pinOfUser] => abc
    String.raw`${restOfAssigned}["'\\]{1,8} ?:(?! ?(?:null|true|false))`, // "pin":
    `^[^<>]{0,80}(?:>? ?<[^<>]{1,80}){0,3}> ?${digitsAlone}`, // <pin>5621, <key>pin</key><string>5621
    `${restOfName}${gap}{1,8}${opening}{0,3}${digitsAlone}`, // pin, 5621
  ].join('|'),
  'iu',
);

/** What follows a name in an assignment without a value: `pin=`. */
export const emptyAssignment = /^["'[\] ]{0,3}=/;

/** What languages write in place of an object: its type, its address, or both. The PIN may have been in it. */
export const lostObject = new RegExp(
  [
    String.raw`\[object[ +][A-Z]`, // JavaScript
    String.raw`(?:\[[A-Z]|;)@[0-9a-f]{5,8}|Optional\w*\[`, // Java: [C@1b6d3586, [Lcom.example.Pin;@1b6d3586
    // An app's release has lower case before the sign, or only digits after it: com.example.app@3f2a1bc, MyApp@20240115.
    String.raw`(?<![\w$])(?:[A-Z][\w$]{0,80}(?:\{\w{1,20}\})?|(?<=\.)\w{1,2})@(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{5,8}(?![\w.-])`,
    String.raw`System\.(?:[\w.]{1,80}[[\x60]|Object|Collections|Dynamic|Linq|Security\.S)`, // .NET
    String.raw`\x60\d{1,2}\[|\{[0-9a-f]{5,8} [A-Z.]{9} `, // .NET generics; views of Android
    "Instance of '|=Array$", // Dart, PHP
    String.raw`(?:[ {]|(?<!0x[0-9a-f]{1,16}):|[A-Z]{3}\(|\)\()0x[0-9a-f]{6,16}\b`, // Swift, Python, Ruby, Perl, Go
  ].join('|'),
);

// Somebody else's text in a terminal: of tokens, issuers, messages and tables.
import { quote } from './shell-quote.ts';

/** Characters that could control a terminal, reorder or hide text, or look like the end of a line. */
const unsafe = /[\p{C}\u2028\u2029]/gu;

/**
 * Makes a text safe to be shown: replaces characters that could control the terminal, and marks where it was shortened.
 *
 * @param limit - characters
 */
export function printable(text: string, limit = 200): string {
  const shown = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return shown.replace(unsafe, '?');
}

/** Puts a value into a shell's quotes, whole; one that cannot be shown whole is replaced by words that no setting accepts. */
export function pasteable(value: string): string {
  return quote(
    value.length <= 2_000 && value.search(unsafe) < 0 ? value : '<too long or not printable: not shown>',
  );
}

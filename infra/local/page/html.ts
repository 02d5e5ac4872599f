// HTML as template strings in which every value is escaped.
import { marked } from 'marked';

/** Markup that needs no escaping. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Value = Markup | string | number | undefined | false | readonly Value[];

/** Joins a template: strings are escaped, markup is kept, arrays are joined, `undefined` and `false` are left out. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(parts.map((part, index) => part + toText(values[index])).join(''));
}

function toText(value: Value): string {
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(toText).join('');
  if (value === undefined || value === false) return '';
  return String(value).replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Renders Markdown; `undefined` becomes nothing. */
export function markdown(text: string | undefined): Markup {
  return new Markup(text === undefined ? '' : marked.parse(text, { async: false }));
}

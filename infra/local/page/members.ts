// Lists of names with their types and meanings: parameters, members of a body, headers.
import type { Schema } from './contract.ts';
import { html, type Markup, markdown } from './html.ts';

/** What is said about a name besides its schema. */
export interface Remarks {
  /** Shown behind the type, such as `in the query`. */
  readonly note: string;
  /** Markdown. */
  readonly description: string | undefined;
  readonly example?: string | undefined;
}

/** Lists the members of an object, and those of objects within it, whose names are written as `source.pointer`. */
export function renderMembers(schema: Schema): Markup {
  return html`<dl class="members">${listMembers(schema, '')}</dl>`;
}

function listMembers({ properties = {}, required = [] }: Schema, prefix: string): Markup[] {
  return Object.entries(properties).flatMap(([name, schema]) => [
    renderMember(prefix + name, schema, {
      note: required.includes(name) ? 'always' : '',
      description: schema.description,
    }),
    ...listMembers(schema, `${prefix}${name}.`),
  ]);
}

/** Describes one name, as a part of a definition list. */
export function renderMember(name: string, schema: Schema, { note, description, example }: Remarks): Markup {
  const descriptions = new Set([description, schema.description]);
  const examples = [example, ...(schema.examples ?? [])].filter(Boolean);
  return html`
    <div>
      <dt><code>${name}</code> <span>${[describeType(schema), note].filter(Boolean).join(', ')}</span></dt>
      <dd>
        ${[...descriptions].map(markdown)}
        ${schema.pattern && html`<p class="detail">Pattern <code>${schema.pattern}</code></p>`}
        ${examples.length > 0 && html`<p class="detail">Such as ${joinCodes(examples, ' or ')}</p>`}
      </dd>
    </div>`;
}

/** Joins texts, each as code. */
export function joinCodes(texts: readonly unknown[], between: string): Markup[] {
  return texts.map((text, index) => html`${index > 0 && between}<code>${String(text)}</code>`);
}

function describeType({ type = 'string', const: constant, ...limits }: Schema): string {
  const length = describeRange(limits.minLength, limits.maxLength);
  return [
    type,
    constant !== undefined && `always ${constant}`,
    length && `${length} characters`,
    describeRange(limits.minimum, limits.maximum),
  ]
    .filter(Boolean)
    .join(', ');
}

function describeRange(from: number | undefined, to: number | undefined): string {
  if (from === undefined && to === undefined) return '';
  if (to === undefined) return `at least ${from}`;
  return from === undefined ? `at most ${to}` : `${from} to ${to}`;
}

// The API reference: nothing of the contract is left out, and nothing of it becomes markup.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { marked } from 'marked';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Contract, type Response, readContract } from '../../infra/local/page/contract.ts';
import { html } from '../../infra/local/page/html.ts';
import { renderReference } from '../../infra/local/page/reference.ts';
import { documentedErrors, openApiUrl } from '../support/openapi.ts';

const contract = readContract(fileURLToPath(openApiUrl));

/** The text of HTML, in words that are separated by one space. */
function textOf(markup: string): string {
  return markup
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(?:#(\d+)|(amp|lt|gt|quot));/g, (_entity, code: string | undefined, name: string) =>
      code === undefined
        ? ({ amp: '&', lt: '<', gt: '>', quot: '"' }[name] ?? '')
        : String.fromCharCode(Number(code)),
    )
    .replace(/\s+/g, ' ')
    .trim();
}

const page = renderReference(contract, [{ language: 'curl', source: 'curl "<url>"' }]);
const text = textOf(page);

/** All values of some members, wherever they are in the document. */
function collect(value: unknown, names: readonly string[]): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [
    ...(names.includes(name) && typeof member === 'string' ? [member] : []),
    ...collect(member, names),
  ]);
}

describe('the reference', () => {
  const document = parse(readFileSync(openApiUrl, 'utf8'));

  /** What the document tells clients to do after an error. */
  function actionOf(code: string): string {
    const [operation] = Object.values(contract.paths).flatMap(Object.values);
    const examples = Object.values<Response>(operation.responses).flatMap(({ content = {} }) =>
      Object.values(content).flatMap((mediaType) => Object.entries(mediaType.examples)),
    );
    return contract['x-client-actions'][Object.fromEntries(examples)[code]?.['x-client-action'] ?? ''] ?? '';
  }

  it('has every description and summary of the contract', () => {
    const texts = [...new Set(collect(document, ['description', 'summary']))];
    expect(texts.length).toBeGreaterThan(60);
    const missing = texts.filter((one) => !text.includes(textOf(marked.parse(one, { async: false }))));
    expect(missing).toEqual([]);
  });

  it('has every code, title, detail and pattern', () => {
    const texts = [...new Set(collect(document, ['code', 'title', 'detail', 'pattern']))];
    expect(texts.length).toBeGreaterThan(70);
    // Within an example a quotation mark has a backslash before it.
    const missing = texts.filter(
      (one) => !text.includes(one) && !text.includes(JSON.stringify(one).slice(1, -1)),
    );
    expect(missing).toEqual([]);
  });

  it('has a part for each code that a link can lead to, with what a client does then', () => {
    for (const code of documentedErrors.keys()) {
      const [, part = ''] = page.split(`<div id="${code}">`);
      const action = actionOf(code);
      expect([code, textOf(part).startsWith(textOf(marked.parse(action, { async: false })))]).toEqual([
        code,
        true,
      ]);
      expect(page.split(`href="#${code}"`)).toHaveLength(2);
    }
    expect(page).toContain('href="#status-204"');
  });

  it('has the samples', () => {
    expect(page).toContain('<pre>curl &#34;&#60;url&#62;&#34;</pre>');
  });

  it('has every status, parameter, member and header by name', () => {
    const { parameters, schemas, headers } = document.components;
    const [operation] = Object.values<{ put: { responses: object } }>(document.paths);
    const names = [
      ...Object.keys(operation?.put.responses ?? {}),
      ...Object.values<{ name: string }>(parameters).map(({ name }) => name),
      ...Object.keys(headers).filter((name) => name !== 'Scope-Challenge'),
      ...Object.keys(schemas.ResetRequest.properties),
      ...Object.keys(schemas.ErrorObject.properties),
      'source.pointer',
      'source.parameter',
      'meta.remainingAttempts',
    ];
    expect(names.filter((name) => !text.includes(` ${name} `))).toEqual([]);
    expect(text).toContain('15 to 128 characters');
    expect(text).toContain('integer, 0 to 2');
  });

  it('explains "deprecated" only if the contract says so', () => {
    expect(text).toContain('Marked as deprecated, and still served.');
    const [[path, methods]] = Object.entries(contract.paths) as [[string, Contract['paths'][string]]];
    const put = { ...methods.put, deprecated: false } as NonNullable<typeof methods.put>;
    expect(textOf(renderReference({ ...contract, paths: { [path]: { put } } }))).not.toContain(
      'Marked as deprecated',
    );
  });
});

it('values never become markup', () => {
  expect(html`<p>${'<b> & "c"'}${[1, false, undefined]}${html`<i>${'>'}</i>`}</p>`.text).toBe(
    '<p>&#60;b&#62; &#38; &#34;c&#34;1<i>&#62;</i></p>',
  );
});

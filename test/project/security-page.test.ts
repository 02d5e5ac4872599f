// SECURITY.md names the tests of each point: every linked file must exist and contain the quoted titles.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const page = readFileSync(new URL('../../SECURITY.md', import.meta.url), 'utf8');
const references = [...page.matchAll(/\[[\w-]+\]\((test\/[\w./-]+)\)((?:,? "[^"]+")*)/g)].map(
  ([, file = '', quotes = '']) => ({
    file,
    quotes: [...quotes.matchAll(/"([^"]+)"/g)].map(([, quote = '']) => quote),
  }),
);

it('SECURITY.md refers to tests', () => {
  expect(references.length).toBeGreaterThan(40);
});

it.each(references)('$file contains $quotes', ({ file, quotes }) => {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  expect(quotes).not.toEqual([]);
  for (const quote of quotes) expect(text).toContain(quote);
});

// SECURITY.md and docs/reliability.md name the tests of each point: every linked file must exist and contain the quoted
// titles.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

function referencesOf(page: string) {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
  return [...text.matchAll(/\[[\w-]+\]\((?:\.\.\/)?(test\/[\w./-]+)\)((?:,? "[^"]+")*)/g)].map(
    ([, file = '', quotes = '']) => ({
      file,
      quotes: [...quotes.matchAll(/"([^"]+)"/g)].map(([, quote = '']) => quote),
    }),
  );
}

const references = ['SECURITY.md', 'docs/reliability.md'].flatMap(referencesOf);

it.each([
  ['SECURITY.md', 40],
  ['docs/reliability.md', 20],
])('%s refers to tests', (page, atLeast) => {
  expect(referencesOf(page).length).toBeGreaterThan(atLeast);
});

it.each(references)('$file contains $quotes', ({ file, quotes }) => {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  expect(quotes).not.toEqual([]);
  for (const quote of quotes) expect(text).toContain(quote);
});

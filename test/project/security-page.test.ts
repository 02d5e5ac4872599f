// SECURITY.md says which test holds which point: every file that it links to is there, and says what is quoted of it.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const page = readFileSync(new URL('../../SECURITY.md', import.meta.url), 'utf8');
const references = [...page.matchAll(/\[[\w-]+\]\((test\/[\w./-]+)\)((?:,? "[^"]+")*)/g)].map(
  ([, file = '', quotes = '']) => ({
    file,
    quotes: [...quotes.matchAll(/"([^"]+)"/g)].map(([, quote = '']) => quote),
  }),
);

it('refers to tests at all', () => {
  expect(references.length).toBeGreaterThan(40);
});

it.each(references)('$file says $quotes', ({ file, quotes }) => {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  expect(quotes).not.toEqual([]);
  for (const quote of quotes) expect(text).toContain(quote);
});

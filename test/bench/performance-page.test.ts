// docs/performance.svg, which `npm run bench` draws, has the figures of docs/performance.md, which somebody writes.
import { expect, it } from 'vitest';
import { tableUnder, textOf } from '../support/markdown.ts';

/** Heading -> its marks: name, figure as it is written, and length of the bar in pixels. */
const panels = new Map(
  textOf('docs/performance.svg')
    .split('<text class="heading"')
    .slice(1)
    .map((panel) => [/>([^<]+)</.exec(panel)?.[1] ?? '', marksIn(panel)] as const),
);

function marksIn(panel: string) {
  const mark = /"name"[^>]*>([^<]+)<.*?width="([\d.]+)".*?"value"[^>]*>([\d.,]+)/g;
  return [...panel.matchAll(mark)].map(([, name, length, figure]) => ({
    name,
    figure,
    length: Number(length),
  }));
}

it.each([
  ['Cold start: from the import to the first 204', 2],
  ['Cold start, table 2 ms and issuer 10 ms away', 4],
  ['Cold start, table 5 ms and issuer 30 ms away', 5],
  ['Warm, no PIN: processor time', 6],
  ['Warm, with a PIN: processor time', 7],
])('%s: the figures of the table', (heading, column) => {
  const rows = tableUnder('docs/performance.md', 'Figures').map((row) => [row[0], row[column]]);
  const marks = panels.get(heading) ?? [];
  expect(marks.map(({ name, figure }) => [name, figure])).toEqual(rows.filter(([, figure]) => figure));
});

it.each([...panels])('%s: bars are as long as their figures', (_heading, marks) => {
  const lengths = marks.map(({ figure, length }) => length / Number(figure?.replaceAll(',', '')));
  expect(lengths.length).toBeGreaterThan(1);
  // Figures of two digits are rounded by up to 2 %.
  expect(Math.max(...lengths) / Math.min(...lengths)).toBeLessThan(1.04);
});

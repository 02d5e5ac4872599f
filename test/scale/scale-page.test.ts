// docs/scale.md has the figures of the model.
import { expect, it } from 'vitest';
import { tableUnder, textOf } from '../support/markdown.ts';
import { drawLimits } from './draw-limits.ts';
import { durationOf, findLimits, predictNeeds, priceOfMillion } from './growth-model.ts';

const page = 'docs/scale.md';
const toNumber = (cell: string | undefined) => Number(cell?.replace(/[*, ]|MB/g, ''));

it('the limits, lowest first', () => {
  const rates = tableUnder(page, 'Which limit comes first').map(([, rate]) => toNumber(rate));
  expect(rates).toEqual(findLimits().map(({ rate }) => rate));
});

it('the picture of the limits, which `npm run scale` draws', () => {
  expect(textOf('docs/scale.svg')).toBe(drawLimits());
});

it('the picture has each limit between the right powers of ten', () => {
  const numbers = (pattern: RegExp) => [...drawLimits().matchAll(pattern)].map(([, x]) => Number(x));
  const lines = numbers(/class="grid" d="M([\d.]+)/g);
  const powers = numbers(/class="dot" cx="([\d.]+)/g).map((x) => lines.filter((line) => line <= x).length);
  expect(powers).toEqual(findLimits().map(({ rate }) => Math.floor(Math.log10(rate))));
});

it('milliseconds and price by memory size', () => {
  const rows = tableUnder(page, 'Memory size').map((row) => row.map(toNumber));
  expect(rows.length).toBeGreaterThan(3);
  for (const [memory = 0, milliseconds, price] of rows) {
    expect([milliseconds, price]).toEqual([
      Math.round(durationOf('withPin', memory)),
      Number(priceOfMillion(memory).toFixed(2)),
    ]);
  }
});

it.each([
  ['executions at once, on average', 'executions'],
  ['the same in the busiest of a thousand moments', 'executionsAtPeak'],
  ['write units a second on the table', 'tableWrites'],
  ['partitions that these take, and so shards of the stream', 'partitions'],
  ['calls of `PutEvents` a second', 'eventCalls'],
  ['environments of the publisher at work', 'publishers'],
  ['log, GB a day', 'logGigabytesPerDay'],
  ['cost, US dollars a day', 'dollarsPerDay'],
] as const)('%s', (label, need) => {
  const row = tableUnder(page, 'What a rate needs').find(([name]) => name === label) ?? [];
  expect(row.slice(1).map(toNumber)).toEqual(
    [10, 1_000, 100_000].map((rate) => {
      const value = predictNeeds(rate)[need];
      const shown = row[[10, 1_000, 100_000].indexOf(rate) + 1] ?? '';
      // As many digits as the page has.
      return Number(value.toPrecision(Math.max(1, shown.replace(/^0\.|[,.]|0+$/g, '').length)));
    }),
  );
});

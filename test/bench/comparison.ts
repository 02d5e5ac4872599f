// The figures that somebody would look at first, as docs/performance.svg.
import { drawChart } from '../support/chart.ts';
import type { Summary } from './statistics.ts';

/** Groups of measurements in the report, with their headings; those of one list have one scale. */
const groups = [
  [
    ['cold: import to first 204 over TLS', 'Cold start: from the import to the first 204'],
    ['cold: table 2 ms and issuer 10 ms away', 'Cold start, table 2 ms and issuer 10 ms away'],
    ['cold: table 5 ms and issuer 30 ms away', 'Cold start, table 5 ms and issuer 30 ms away'],
  ],
  [['warm: processor time of a reset without a PIN', 'Warm, no PIN: processor time']],
  [['warm: processor time of a reset with a PIN', 'Warm, with a PIN: processor time']],
] as const;

export type Compared = (typeof groups)[number][number][0];

/** What was measured beside each other. */
export type Subjects = Readonly<Record<string, Summary>>;

/** Draws how our times compare with floors and peers. */
export function drawComparison(times: Readonly<Record<Compared, Subjects>>): string {
  return drawChart({
    title: 'Cold starts and warm processor time: ours, floor, CDK defaults and peers',
    note: ['Milliseconds: shorter is better.'],
    panels: groups.map((list) =>
      list.map(([group, heading]) => ({
        heading,
        marks: Object.entries(times[group]).map(([name, { median, quartiles }]) => ({
          name,
          value: median,
          range: quartiles,
          isOurs: name === 'ours',
        })),
      })),
    ),
  });
}

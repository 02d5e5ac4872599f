// The figures as tables on the terminal.
import type { Size } from './bundles.ts';
import type { Compared, Subjects } from './comparison.ts';
import type { Summary } from './statistics.ts';
import { judge, type Target, type TargetName, targets } from './targets.ts';

type Groups = Readonly<Record<string, Subjects>>;

export interface Report {
  readonly machine: string;
  readonly rounds: number;
  /** The size that every start loads, by bundle. */
  readonly sizes: Readonly<Record<string, Size>>;
  /** The files of our bundle that are loaded when a request needs them. */
  readonly onDemand: Readonly<Record<string, Size>>;
  /** Bytes that every start of ours loads, by package. */
  readonly packages: readonly (readonly [string, number])[];
  /** Group of measurements -> subject -> milliseconds. */
  readonly times: Groups & Readonly<Record<Compared, Subjects>>;
  /** The same, in resets a second. */
  readonly rates: Groups;
  /** The same, in MB. */
  readonly memory: Groups;
  readonly ratios: Readonly<Partial<Record<TargetName, Summary>>>;
  /** Target -> figure. */
  readonly figures: Readonly<Record<TargetName, number>>;
  readonly loadedInVain: readonly string[];
}

/** The whole report, ratios last. */
export function formatReport(report: Report): string {
  return [
    `${report.machine}; medians and quartiles of the fastest ${report.rounds} of ${2 * report.rounds} interleaved rounds`,
    formatSizes(report),
    ...formatGroups(report.times, 'ms'),
    ...formatGroups(report.rates, 'a second'),
    ...formatGroups(report.memory, 'MB'),
    formatTargets(report),
  ].join('\n\n');
}

function formatGroups(groups: Groups, unit: string): string[] {
  return Object.entries(groups).map(([group, subjects]) =>
    table(
      [group, unit, ''],
      Object.entries(subjects).map(([name, summary]) => [name, ...cells(summary)]),
    ),
  );
}

function formatSizes({ sizes, packages, onDemand }: Report): string {
  const row = (name: string, { size, gzipped }: Size) => [name, count(size), count(gzipped)];
  return table(
    ['loaded by every start, with our largest packages', 'bytes', 'gzipped'],
    [
      ...Object.entries(sizes).map(([name, size]) => row(name, size)),
      ...packages.map(([name, size]) => [`  ${name}`, count(size), '']),
      ...Object.entries(onDemand).map(([name, size]) => row(`on demand: ${name}`, size)),
    ],
  );
}

function formatTargets({ figures, ratios }: Report): string {
  const rows = Object.entries(targets as Record<TargetName, Target>).map(([name, target]) => {
    const figure = figures[name as TargetName];
    const ratio = ratios[name as TargetName];
    const shown = target.unit === 'x' ? figure.toFixed(2) : count(figure);
    return [
      target.what,
      shown,
      ratio ? (cells(ratio)[1] as string) : '',
      `${target.bound} ${target.unit === 'x' ? target.limit : count(target.limit)}`,
      judge(target, figure),
    ];
  });
  return table(['target', 'figure', '', 'limit', ''], rows);
}

function cells({ median, quartiles }: Summary): [string, string] {
  const digits = median < 10 ? 2 : 1;
  return [median.toFixed(digits), `(${quartiles.map((value) => value.toFixed(digits)).join(' to ')})`];
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** A table with its first column aligned to the left, and the others to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return [lines[0], '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2)), ...lines.slice(1)].join(
    '\n',
  );
}

// Tables and blocks of the documentation, for tests that compare them with the code.
import { readFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);

/** The text of a file; `file` is its path from the root of the project. */
export const textOf = (file: string) => readFileSync(new URL(file, root), 'utf8');

/** The fenced blocks of a Markdown file in a language, such as `json`; '' for blocks without one. */
export function blocksIn(file: string, language: string): string[] {
  const blocks = textOf(file).matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm);
  return [...blocks].flatMap(([, its, block = '']) => (its === language ? [block] : []));
}

/**
 * Reads the tables under a heading, down to the next heading.
 *
 * @param file - path of a Markdown file from the root of the project
 * @param heading - the text of the heading, without `#`
 * @returns for each table the rows below its head, each as its cells
 * @throws Error if there is no such heading, or no table below it
 */
export function tablesUnder(file: string, heading: string): string[][][] {
  const lines = textOf(file).split('\n');
  const start = lines.findIndex((line) => line.replace(/^#+ /, '') === heading && line.startsWith('#'));
  if (start < 0) throw new Error(`${file} has no heading "${heading}"`);
  const tables: string[][][] = [];
  for (const line of lines.slice(start + 1)) {
    if (/^#+ /.test(line)) break;
    const cells = cellsOf(line);
    if (cells.length === 0) continue;
    if (cells.every((cell) => /^-+$/.test(cell))) {
      // The row above is the head of this table, not the last row of the one before.
      tables.at(-1)?.pop();
      tables.push([]);
    } else tables.at(-1)?.push(cells);
  }
  if (tables.length === 0) throw new Error(`${file} has no table under "${heading}"`);
  return tables;
}

/** The first of these tables. */
export const tableUnder = (file: string, heading: string) => tablesUnder(file, heading)[0] as string[][];

/** The names in a cell's code spans: `` `a`, `b` `` are two. */
export function codesIn(cell = ''): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

function cellsOf(line: string): string[] {
  if (!line.startsWith('|')) return [];
  return line
    .slice(1, line.lastIndexOf('|'))
    .split('|')
    .map((cell) => cell.trim());
}

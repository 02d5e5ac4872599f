// Tables of the documentation, for tests that compare them with the code.
import { readFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);

/**
 * Reads the first table under a heading.
 *
 * @param file - path of a Markdown file from the root of the project
 * @param heading - the text of the heading, without `#`
 * @returns the rows below the table's head, each as its cells
 * @throws Error where there is no such heading, or no table below it
 */
export function tableUnder(file: string, heading: string): string[][] {
  const lines = readFileSync(new URL(file, root), 'utf8').split('\n');
  const start = lines.findIndex((line) => line.replace(/^#+ /, '') === heading && line.startsWith('#'));
  if (start < 0) throw new Error(`${file} has no heading "${heading}"`);
  const section = lines.slice(start + 1);
  const end = section.findIndex((line) => /^#+ /.test(line));
  const rows = (end < 0 ? section : section.slice(0, end)).map(cellsOf);
  const head = rows.findIndex((cells) => cells.every((cell) => /^-+$/.test(cell)) && cells.length > 0);
  if (head < 0) throw new Error(`${file} has no table under "${heading}"`);
  const body = rows.slice(head + 1);
  const length = body.findIndex((cells) => cells.length === 0);
  return length < 0 ? body : body.slice(0, length);
}

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

// The files of the page. A fixed list, so that a request cannot choose a path in the file system.
import { createReadStream, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { readContract } from './contract.ts';
import { renderReference, type Sample } from './reference.ts';

export interface PageFile {
  /** Media type. */
  readonly type: string;
  open(): Readable;
}

const here = dirname(fileURLToPath(import.meta.url));
const { resolve } = createRequire(import.meta.url);
const contract = join(here, '../../../lambda/reset/openapi.yaml');

/** Files of docs/samples by the language's name. */
const samples = { curl: 'reset.sh', Kotlin: 'Reset.kt', Swift: 'reset.swift' };

const types = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  yaml: 'application/yaml; charset=utf-8',
  woff2: 'font/woff2',
} as const;

const ownNames = [
  'base.css',
  'page.css',
  'reference.css',
  'icon.svg',
  'page.js',
  'answer.js',
  'dom.js',
  'exchange.js',
  'reset-form.js',
  'tokens.js',
  'timeline.js',
  'user-card.js',
];

/**
 * Lists the files by the path of their URL.
 *
 * @param prefix - of all paths but `/`, with a slash at both ends
 */
export function listFiles(prefix: string): Readonly<Record<string, PageFile>> {
  const fonts = { 'inter.woff2': 'inter', 'jetbrains-mono.woff2': 'jetbrains-mono' };
  return {
    '/': fileAt(join(here, 'browser/index.html')),
    ...Object.fromEntries(ownNames.map((name) => [prefix + name, fileAt(join(here, 'browser', name))])),
    ...Object.fromEntries(
      Object.entries(fonts).map(([name, font]) => [
        prefix + name,
        fileAt(resolve(`@fontsource-variable/${font}/files/${font}-latin-wght-normal.woff2`)),
      ]),
    ),
    [`${prefix}openapi.yaml`]: fileAt(contract),
    // Rendered anew for each request, so that a change of the contract or a sample shows after a reload.
    [`${prefix}reference`]: {
      type: types.html,
      open: () => Readable.from(renderReference(readContract(contract), readSamples())),
    },
  };
}

function readSamples(): Sample[] {
  return Object.entries(samples).map(([language, name]) => ({
    language,
    source: readFileSync(join(here, '../../../docs/samples', name), 'utf8').trimEnd(),
  }));
}

function fileAt(path: string): PageFile {
  const extension = path.slice(path.lastIndexOf('.') + 1) as keyof typeof types;
  return { type: types[extension], open: () => createReadStream(path) };
}

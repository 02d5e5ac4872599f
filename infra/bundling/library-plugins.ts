// esbuild plugins that put into effect what trimmed-libraries.ts says.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';
import { type Narrowing, narrowings, standIns } from './trimmed-libraries.ts';

const standInFolder = fileURLToPath(new URL('stand-ins', import.meta.url));

/** Resolves what stand-ins stand in for to them. */
export const standInPlugin: Plugin = {
  name: 'stand-ins',
  setup({ onResolve }) {
    const byModule = new Map(standIns.map((standIn) => [standIn.module, standIn]));
    const lastNames = standIns.map(({ module }) =>
      escapeForPattern(module.slice(module.lastIndexOf('/') + 1)),
    );
    onResolve({ filter: new RegExp(`(^|/)(${lastNames.join('|')})$`) }, ({ path, resolveDir }) => {
      const standIn = byModule.get(moduleOf(path, resolveDir));
      return standIn && { path: join(standInFolder, standIn.by) };
    });
  },
};

/** What is imported, as a package's name or a file of one. */
function moduleOf(path: string, resolveDir: string): string {
  if (!path.startsWith('.')) return path;
  const file = join(resolveDir, path).replaceAll('\\', '/');
  return file.slice(file.lastIndexOf('/node_modules/') + '/node_modules/'.length);
}

/** Loads only a part of the files that are narrowed. */
export const narrowingPlugin: Plugin = {
  name: 'narrowings',
  setup({ onLoad }) {
    for (const narrowing of narrowings) {
      const steps = ['', 'node_modules', ...narrowing.file.split('/').map(escapeForPattern)];
      onLoad({ filter: new RegExp(`${steps.join('[\\\\/]')}$`) }, ({ path }) => ({
        contents: narrowed(narrowing, readFileSync(path, 'utf8')),
        loader: 'default',
      }));
    }
  },
};

/**
 * Applies a narrowing.
 *
 * @throws Error where there was nothing to leave out: the library's file is no longer what it was
 */
export function narrowed({ file, narrow }: Narrowing, text: string): string {
  const part = narrow(text);
  if (part === text) throw new Error(`Nothing of ${file} was left out: has it changed?`);
  return part;
}

function escapeForPattern(text: string): string {
  return text.replace(/[.\\/+*?^$()[\]{}|-]/g, '\\$&');
}

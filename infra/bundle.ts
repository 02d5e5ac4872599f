// The deployment package: ES modules with everything in them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buildSync } from 'esbuild';
import { bundlingOptions } from './bundling.ts';

export interface Bundle {
  /** The folder to deploy; it holds `index.mjs` and the modules that it imports, and nothing else. */
  readonly codeFolder: string;
  /** The folder of the modules' source maps, which are kept out of the package: they would be paid for there. */
  readonly sourceMapFolder: string;
}

/**
 * Bundles a function with all it imports. The AWS SDK is in it too: the version that was tested is the one that
 * runs, and few files load faster than the many of the runtime's own copy. Names are short; the source maps have the
 * ones in the source.
 *
 * @param outputFolder - the bundle's two folders are made in it
 * @param entryPoint - below the project's root; it becomes `index.mjs`
 * @throws where esbuild finds a fault, with its message
 */
export function bundleFunction(outputFolder: string, entryPoint: string): Bundle {
  const codeFolder = join(outputFolder, 'code');
  const sourceMapFolder = join(outputFolder, 'source-map');
  const { outputFiles } = buildSync({
    ...bundlingOptions,
    entryPoints: [{ in: entryPoint, out: 'index' }],
    outdir: codeFolder,
    sourcemap: 'external',
    sourcesContent: true,
    write: false,
  });
  for (const { path, contents } of outputFiles) {
    const folder = path.endsWith('.map') ? sourceMapFolder : codeFolder;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, basename(path)), contents);
  }
  return { codeFolder, sourceMapFolder };
}

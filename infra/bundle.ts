// The deployment package: one ES module with everything in it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const projectRoot = fileURLToPath(new URL('..', import.meta.url));

export interface Bundle {
  /** The folder to deploy; it holds `index.mjs` and nothing else. */
  readonly codeFolder: string;
  /** The folder of `index.mjs.map`, which is kept out of the package: it would be loaded and paid for there. */
  readonly sourceMapFolder: string;
}

/**
 * Bundles `lambda/index.ts` with all it imports. The AWS SDK is in it too: the version that was tested is the one that
 * runs, and one file loads faster than the many of the runtime's own copy. Names stay readable for stack traces.
 *
 * @param outputFolder - the bundle's two folders are made in it
 * @throws where esbuild finds a fault, with its message
 */
export function bundleFunction(outputFolder: string): Bundle {
  const codeFolder = join(outputFolder, 'code');
  const sourceMapFolder = join(outputFolder, 'source-map');
  const { outputFiles } = buildSync({
    absWorkingDir: projectRoot,
    entryPoints: ['lambda/index.ts'],
    outfile: join(codeFolder, 'index.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    sourcemap: 'external',
    sourcesContent: true,
    write: false,
    logLevel: 'warning',
  });
  for (const { path, contents } of outputFiles) {
    const folder = path.endsWith('.map') ? sourceMapFolder : codeFolder;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, basename(path)), contents);
  }
  return { codeFolder, sourceMapFolder };
}

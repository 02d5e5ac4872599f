// Makes the deployment packages: ES modules without external dependencies.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { bundlingOptions } from './options.ts';

export interface Bundle {
  /** The folder to deploy; it holds `index.mjs` and the modules that it imports, and nothing else. */
  readonly codeFolder: string;
  /** The folder of the modules' source maps, which are not deployed, because they would slow down the start. */
  readonly sourceMapFolder: string;
}

/** The bundles of all functions of the stack. */
export interface Bundles {
  readonly reset: Bundle;
  readonly publisher: Bundle;
}

/**
 * Bundles all functions. Constructs cannot await anything, so this runs before the stack is made.
 *
 * @param outputFolder - the bundles' folders are made in it
 * @throws Error with esbuild's message if a file cannot be bundled
 */
export async function bundleFunctions(outputFolder: string): Promise<Bundles> {
  const [reset, publisher] = await Promise.all([
    bundleFunction(join(outputFolder, 'reset'), 'lambda/reset/index.ts'),
    bundleFunction(join(outputFolder, 'publisher'), 'lambda/publisher/index.ts'),
  ]);
  return { reset, publisher };
}

/**
 * Bundles a function with everything that it imports. The AWS SDK is included, so that the tested version is the one that
 * runs, and because a few bundled files load faster than the runtime's own copy.
 */
async function bundleFunction(outputFolder: string, entryPoint: string): Promise<Bundle> {
  const codeFolder = join(outputFolder, 'code');
  const sourceMapFolder = join(outputFolder, 'source-map');
  const { outputFiles } = await build({
    ...bundlingOptions,
    entryPoints: [{ in: entryPoint, out: 'index' }],
    // Fixed, so that the result does not depend on the output folder: source maps contain the path to the sources, and
    // the names of files are hashes of their content.
    outdir: '.',
    sourcemap: 'external',
    sourcesContent: true,
    write: false,
  });
  // Files of an earlier synthesis would be deployed too.
  for (const folder of [codeFolder, sourceMapFolder]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  }
  for (const { path, contents } of outputFiles) {
    const folder = path.endsWith('.map') ? sourceMapFolder : codeFolder;
    writeFileSync(join(folder, basename(path)), contents);
  }
  return { codeFolder, sourceMapFolder };
}

// The deployment package: ES modules with everything in them.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { bundlingOptions } from './options.ts';

export interface Bundle {
  /** The folder to deploy; it holds `index.mjs` and the modules that it imports, and nothing else. */
  readonly codeFolder: string;
  /** The folder of the modules' source maps, which are kept out of the package: they would be paid for there. */
  readonly sourceMapFolder: string;
}

/** The bundles of all functions of the stack. */
export interface Bundles {
  readonly reset: Bundle;
  readonly publisher: Bundle;
}

/**
 * Bundles all functions. Constructs cannot wait, so this is done before there is a stack.
 *
 * @param outputFolder - the bundles' folders are made in it
 * @throws where esbuild finds a fault, with its message
 */
export async function bundleFunctions(outputFolder: string): Promise<Bundles> {
  const [reset, publisher] = await Promise.all([
    bundleFunction(join(outputFolder, 'reset'), 'lambda/reset/index.ts'),
    bundleFunction(join(outputFolder, 'publisher'), 'lambda/publisher/index.ts'),
  ]);
  return { reset, publisher };
}

/**
 * Bundles a function with all it imports. The AWS SDK is in it too: the version that was tested is the one that
 * runs, and few files load faster than the many of the runtime's own copy. Names are short; the source maps have the
 * ones in the source.
 */
async function bundleFunction(outputFolder: string, entryPoint: string): Promise<Bundle> {
  const codeFolder = join(outputFolder, 'code');
  const sourceMapFolder = join(outputFolder, 'source-map');
  const { outputFiles } = await build({
    ...bundlingOptions,
    entryPoints: [{ in: entryPoint, out: 'index' }],
    // Not where they are written: source maps tell the way from there to the sources, and names are hashes of that, too.
    outdir: '.',
    sourcemap: 'external',
    sourcesContent: true,
    write: false,
  });
  // A synthesis before this one may have left modules of other names there, which would be deployed too.
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

// The bundles that are measured: ours as it is deployed, and peers as CDK bundles them by default.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, buildSync, type Metafile } from 'esbuild';
import { bundlingOptions } from '../../infra/bundling.ts';

export interface Bundle {
  /** Path of the module that has the handler. */
  readonly entry: string;
  /** Bytes of all files. */
  readonly size: number;
  readonly gzipped: number;
  readonly metafile: Metafile;
}

/** Bundles the function as it is deployed. */
export function bundleProduct(folder: string): Bundle {
  return build({ ...bundlingOptions, outdir: folder }, join(folder, 'index.mjs'));
}

/** Bundles the same source with the defaults of CDK's `NodejsFunction` and its `bundleAwsSDK`. */
export function bundleProductByDefaults(folder: string): Bundle {
  const entry = join(folder, 'index.mjs');
  const options: BuildOptions = {
    ...cdkDefaults,
    entryPoints: ['lambda/index.ts'],
    // The source awaits at its top level, so it has to be an ES module; packages in it call `require`.
    format: 'esm',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    outfile: entry,
  };
  return build(options, entry);
}

/** Bundles a peer with the same defaults. */
export function bundlePeer(name: string, folder: string): Bundle {
  const entry = join(folder, 'index.cjs');
  return build({ ...cdkDefaults, entryPoints: [`test/bench/peers/${name}.js`], outfile: entry }, entry);
}

const cdkDefaults: BuildOptions = {
  absWorkingDir: bundlingOptions.absWorkingDir,
  bundle: true,
  platform: 'node',
  target: 'node24',
  logLevel: 'error',
};

function build(options: BuildOptions, entry: string): Bundle {
  const { outputFiles = [], metafile } = buildSync({ ...options, write: false, metafile: true });
  for (const { path, contents } of outputFiles) {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, contents);
  }
  return {
    entry,
    size: outputFiles.reduce((sum, { contents }) => sum + contents.length, 0),
    gzipped: outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0),
    metafile: metafile as Metafile,
  };
}

/** Bytes in a bundle by package, `own` for the project's files; the largest first. */
export function bytesByPackage({ metafile }: Bundle): [string, number][] {
  const bytes = new Map<string, number>();
  for (const output of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
      const name = packageOf(path);
      bytes.set(name, (bytes.get(name) ?? 0) + bytesInOutput);
    }
  }
  return [...bytes].filter(([, size]) => size > 0).sort(([, a], [, b]) => b - a);
}

/** The package that a bundled file belongs to, `own` for the project's files. */
export function packageOf(path: string): string {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? 'own';
}

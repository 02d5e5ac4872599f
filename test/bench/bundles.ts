// The measured bundles: ours as it is deployed, and peers as CDK bundles them by default.
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build, type Metafile, type OutputFile } from 'esbuild';
import { bundlingOptions } from '../../infra/bundling/options.ts';

/** In bytes. */
export interface Size {
  readonly size: number;
  readonly gzipped: number;
}

export interface Bundle {
  /** Path of the module that has the handler. */
  readonly entry: string;
  /** The files that every start loads. */
  readonly atStart: Size;
  /** The files that are loaded when a request needs them, by name. */
  readonly onDemand: Readonly<Record<string, Size>>;
  readonly metafile: Metafile;
}

/** Bundles the function as it is deployed. */
export function bundleProduct(folder: string): Promise<Bundle> {
  return buildInto({ ...bundlingOptions, outdir: folder }, join(folder, 'index.mjs'));
}

/** Bundles the same source with the defaults of CDK's `NodejsFunction` and its `bundleAwsSDK`. */
export function bundleProductByDefaults(folder: string): Promise<Bundle> {
  const entry = join(folder, 'index.mjs');
  const options: BuildOptions = {
    ...cdkDefaults,
    entryPoints: ['lambda/reset/index.ts'],
    // The source has a top-level await, which requires an ES module; packages in it call `require`.
    format: 'esm',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    outfile: entry,
  };
  return buildInto(options, entry);
}

/** Bundles a peer with the same defaults. */
export function bundlePeer(name: string, folder: string): Promise<Bundle> {
  const entry = join(folder, 'index.cjs');
  return buildInto({ ...cdkDefaults, entryPoints: [`test/bench/peers/${name}.js`], outfile: entry }, entry);
}

const cdkDefaults: BuildOptions = {
  absWorkingDir: bundlingOptions.absWorkingDir,
  bundle: true,
  platform: 'node',
  target: 'node24',
  logLevel: 'error',
};

async function buildInto(options: BuildOptions, entry: string): Promise<Bundle> {
  const { outputFiles = [], metafile } = await build({ ...options, write: false, metafile: true });
  for (const { path, contents } of outputFiles) {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, contents);
  }
  const loaded = loadedWith(basename(entry), metafile as Metafile);
  const [atStart, onDemand] = [true, false].map((wanted) =>
    outputFiles.filter(({ path }) => loaded.has(basename(path)) === wanted),
  ) as [OutputFile[], OutputFile[]];
  return {
    entry,
    atStart: sizeOf(atStart),
    onDemand: Object.fromEntries(onDemand.map((file) => [basename(file.path), sizeOf([file])])),
    metafile: metafile as Metafile,
  };
}

/** A file of a bundle, and those that it imports in order to be loaded; the entry awaits what it imports at run time. */
function loadedWith(
  name: string,
  { outputs }: Metafile,
  loaded = new Set<string>(),
  kinds = ['import-statement', 'dynamic-import'],
): Set<string> {
  loaded.add(name);
  const [, output] = Object.entries(outputs).find(([path]) => basename(path) === name) ?? [];
  for (const { path, kind } of output?.imports ?? []) {
    const isNew = kinds.includes(kind) && path.includes('/') && !loaded.has(basename(path));
    if (isNew) loadedWith(basename(path), { inputs: {}, outputs }, loaded, ['import-statement']);
  }
  return loaded;
}

function sizeOf(files: readonly OutputFile[]): Size {
  const sum = (bytes: (file: OutputFile) => number) => files.reduce((total, file) => total + bytes(file), 0);
  return {
    size: sum(({ contents }) => contents.length),
    gzipped: sum(({ contents }) => gzipSync(contents, { level: 9 }).length),
  };
}

/** Bytes that every start loads, by package, `own` for the project's files; the largest first. */
export function bytesByPackage({ entry, metafile }: Bundle): [string, number][] {
  const bytes = new Map<string, number>();
  const loaded = loadedWith(basename(entry), metafile);
  for (const [file, output] of Object.entries(metafile.outputs)) {
    if (!loaded.has(basename(file))) continue;
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

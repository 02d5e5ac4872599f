// How a function is bundled. The stack, the benchmark and the tests build with exactly this.
import { fileURLToPath } from 'node:url';
import type { BuildOptions } from 'esbuild';
import { builtinPlugin } from './builtin-plugin.ts';

/** esbuild's options without the output folder. The result is several ES modules; `index.mjs` is loaded first. */
export const bundlingOptions = {
  absWorkingDir: fileURLToPath(new URL('../..', import.meta.url)),
  entryPoints: ['lambda/reset/index.ts'],
  bundle: true,
  // Dynamic imports become files of their own, which are loaded only when they are needed.
  splitting: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  // Prefers the ES modules of packages, because only those can be tree-shaken. esbuild's default for Node is CommonJS.
  mainFields: ['module', 'main'],
  alias: { '@aws-sdk/credential-provider-node': './infra/bundling/environment-credentials.ts' },
  plugins: [builtinPlugin],
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
} satisfies BuildOptions;

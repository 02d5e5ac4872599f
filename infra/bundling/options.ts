// How a function is bundled. The stack, the benchmark and the tests build with exactly this.
import { fileURLToPath } from 'node:url';
import type { BuildOptions } from 'esbuild';
import { builtinPlugin } from './builtin-plugin.ts';

/** esbuild's options, complete but for where the output goes: several ES modules, of which `index.mjs` is loaded first. */
export const bundlingOptions = {
  absWorkingDir: fileURLToPath(new URL('../..', import.meta.url)),
  entryPoints: ['lambda/reset/index.ts'],
  bundle: true,
  // What is imported at run time becomes a file of its own. In one file it would be wrapped together with all that it
  // shares with the rest, and nothing unused could be dropped from that any more.
  splitting: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  // ES modules where a package has them, since only those can be taken apart; esbuild's default for Node is CommonJS.
  mainFields: ['module', 'main'],
  alias: { '@aws-sdk/credential-provider-node': './infra/bundling/environment-credentials.ts' },
  plugins: [builtinPlugin],
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
} satisfies BuildOptions;

// How the function is bundled: the options, and all that is left out of a library. The stack, the benchmark and the
// tests build with exactly this.
import { fileURLToPath } from 'node:url';
import type { BuildOptions } from 'esbuild';

/** A module of a library that something smaller stands in for. */
export interface StandIn {
  readonly module: string;
  /** File below the project's root. */
  readonly by: string;
  /** Packages that import the module; should others come to, the reason has to be thought through again. */
  readonly importedBy: readonly string[];
  readonly reason: string;
}

/** Everything that is replaced or left out. Tests fail when a library comes to need it, or no longer has it. */
export const standIns: readonly StandIn[] = [
  {
    module: '@aws-sdk/credential-provider-node',
    by: 'infra/stand-ins/environment-credentials.ts',
    importedBy: ['@aws-sdk/client-dynamodb', '@aws-sdk/client-secrets-manager'],
    reason:
      "Lambda gives a function its role's credentials in the environment, always. The other ten places that the chain " +
      'looks in are a third of the bundle. Outside Lambda, where nothing is bundled, the whole chain works.',
  },
  {
    module: '@smithy/core/event-streams',
    by: 'infra/stand-ins/left-out.ts',
    importedBy: ['@smithy/core'],
    reason: 'Loaded by operations that stream events; none of UpdateItem, GetItem and GetSecretValue does.',
  },
  {
    module: '@aws-sdk/endpoint-cache',
    by: 'infra/stand-ins/endpoint-cache.ts',
    importedBy: ['@aws-sdk/middleware-endpoint-discovery'],
    reason:
      "Endpoint discovery is of no operation of DynamoDB's any more; its cache is made and never asked.",
  },
  {
    module: 'bowser',
    by: 'infra/stand-ins/left-out.ts',
    importedBy: ['@aws-sdk/core'],
    reason:
      'Tells browsers apart, for the user agent of code that runs in one. Code splitting would write it out.',
  },
];

/** esbuild's options, complete but for where the output goes: several ES modules, of which `index.mjs` is loaded first. */
export const bundlingOptions = {
  absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
  entryPoints: ['lambda/index.ts'],
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
  alias: Object.fromEntries(standIns.map(({ module, by }) => [module, `./${by}`])),
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
} as const satisfies BuildOptions;

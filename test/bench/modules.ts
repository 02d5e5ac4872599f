// The modules that a fresh process loads for the handler and its first request.
import { basename } from 'node:path';
import { type Bundle, packageOf } from './bundles.ts';
import { type Environment, program, runForJson } from './children.ts';

export interface LoadedModules {
  /** Names of the bundle's files. */
  readonly files: readonly string[];
  /** Node's own modules, internal ones included. */
  readonly builtins: readonly string[];
  /** The packages that have code in those files. */
  readonly packages: readonly string[];
}

/**
 * Loads a bundle in a process of its own.
 *
 * @param env - with `BENCH_EVENT` the handler is called too
 */
export async function listLoadedModules(bundle: Bundle, env: Environment): Promise<LoadedModules> {
  const { files, builtins } = await runForJson<Omit<LoadedModules, 'packages'>>(
    [program('modules'), bundle.entry],
    env,
  );
  const inputs = Object.entries(bundle.metafile.outputs)
    .filter(([path]) => files.includes(basename(path)))
    .flatMap(([, output]) => Object.keys(output.inputs));
  return { files, builtins, packages: [...new Set(inputs.map(packageOf))] };
}

/**
 * The loaded modules that a reset without PIN and password does not need and that cost most: other sources of
 * credentials, code that is loaded on demand, undici and similar. Node's modules that load in a millisecond or two are
 * not included.
 */
export function loadedInVain({ builtins, packages }: LoadedModules): string[] {
  return [
    ...builtins.filter((name) => /undici|worker_threads|http2|inspector|^assert$|finalization/.test(name)),
    ...packages.filter(
      (name) =>
        /credential-provider|token-providers|nested-clients|client-secrets-manager|zxcvbn/.test(name) &&
        name !== '@aws-sdk/credential-provider-env',
    ),
  ];
}

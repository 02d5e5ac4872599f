// What a fresh process loads to have the handler and to answer a first request.
import { basename } from 'node:path';
import { type Bundle, packageOf } from './bundles.ts';
import { type Environment, program, runForJson } from './children.ts';

export interface LoadedModules {
  /** Names of the bundle's files. */
  readonly files: readonly string[];
  /** Modules of Node itself, internal ones too. */
  readonly builtins: readonly string[];
  /** Packages of which something is in those files. */
  readonly packages: readonly string[];
}

/**
 * Loads a bundle in a process of its own.
 *
 * @param env - with `BENCH_EVENT` the handler is called, too
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
 * Of what was loaded, what no reset without PIN and password needs and what costs most: other sources of credentials, what
 * is loaded on demand, undici and the like. Parts of Node that the SDK loads in a millisecond or two are not worth a mention.
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

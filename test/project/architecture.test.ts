// The dependency rules of the design: which folder may import which, and what no file of a folder may mention.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** What a source file imports, types included: package names, and paths of files relative to the project. */
function importsOf(file: string): string[] {
  const specifiers = [...read(file).matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
    ([, specifier]) => specifier ?? '',
  );
  return specifiers.map((name) => (name.startsWith('.') ? normalize(join(dirname(file), name)) : name));
}

const filesIn = (folder: string) => globSync(`${folder}/**/*.{ts,js}`, { cwd: root }).sort();

/** What the files of a folder import from outside it, as `file > import`. */
function importsFrom(folder: string, isForbidden: (imported: string) => boolean): string[] {
  return filesIn(folder).flatMap((file) =>
    importsOf(file)
      .filter((imported) => !imported.startsWith(`${folder}/`) && isForbidden(imported))
      .map((imported) => `${file} > ${imported}`),
  );
}

const isFile = (imported: string) => /\.(ts|js)$/.test(imported);
const isIn = (...folders: string[]) => {
  return (imported: string) => folders.some((folder) => imported.startsWith(`${folder}/`));
};

/** The rooms of infra/, and what each may import of this project beside itself: the table of ADR 19. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  'infra/settings': ['lambda', 'infra/shared'],
  'infra/constructs': ['lambda', 'infra/settings', 'infra/bundling', 'infra/shared'],
  'infra/bundling': [],
  'infra/operations': ['lambda', 'infra/settings', 'infra/users', 'infra/command-line', 'infra/shared'],
  'infra/local': ['lambda', 'infra/users', 'infra/command-line', 'infra/shared'],
  'infra/users': ['lambda'],
  'infra/command-line': ['lambda/shared', 'infra/shared'],
  'infra/shared': [],
};

it('the helpers of this test find files and their imports', () => {
  expect(filesIn('lambda/reset')).toContain('lambda/reset/http/middleware/verify-token.ts');
  expect(importsOf('lambda/reset/http/pipeline.ts')).toEqual(
    expect.arrayContaining(['@middy/core', 'lambda/reset/domain/errors.ts']),
  );
  expect(importsOf('lambda/reset/adapters/pepper.ts')).toContain('lambda/reset/adapters/secrets-manager.ts');
});

describe('imports follow the design:', () => {
  it.each<[string, string, (imported: string) => boolean]>([
    ['lambda', 'files outside it', isFile],
    ['lambda/shared', 'files outside it', isFile],
    ['lambda/reset', 'the publisher', isIn('lambda/publisher')],
    ['lambda/publisher', 'the reset function', isIn('lambda/reset')],
    ['lambda/reset/http', 'adapters', isIn('lambda/reset/adapters')],
    ['lambda/reset/adapters', 'HTTP', isIn('lambda/reset/http')],
  ])('%s does not import %s', (folder, _what, isForbidden) => {
    expect(filesIn(folder).length).toBeGreaterThan(2);
    expect(importsFrom(folder, isForbidden)).toEqual([]);
  });

  it('only the rooms of infra/ that ADR 19 names stand beside app.ts and stack.ts', () => {
    const names = filesIn('infra').map((file) => file.split('/')[1]);
    expect([...new Set(names)].sort()).toEqual(
      [...Object.keys(rooms).map((room) => room.replace('infra/', '')), 'app.ts', 'stack.ts'].sort(),
    );
  });

  it.each(Object.entries(rooms))('of this project, %s imports only itself and %j', (room, allowed) => {
    expect(filesIn(room).length).toBeGreaterThan(0);
    const isForbidden = (imported: string) => isFile(imported) && !isIn(...allowed)(imported);
    expect(importsFrom(room, isForbidden)).toEqual([]);
  });

  it.each(['lambda', 'infra'])('no file of %s imports itself by way of others', (folder) => {
    const circles: string[] = [];
    const done = new Set<string>();
    const follow = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' > '));
      if (path.includes(file) || done.has(file)) return;
      for (const imported of importsOf(file).filter((name) => filesIn(folder).includes(name)))
        follow(imported, [...path, file]);
      done.add(file);
    };
    for (const file of filesIn(folder)) follow(file, []);
    expect(circles).toEqual([]);
  });

  it('app.ts and stack.ts import nothing of the programs', () => {
    const allowed = isIn('infra/bundling', 'infra/constructs', 'infra/settings');
    const imports = [...importsOf('infra/app.ts'), ...importsOf('infra/stack.ts')].filter(isFile);
    expect(imports.filter((imported) => imported !== 'infra/stack.ts' && !allowed(imported))).toEqual([]);
  });

  // The CDK takes a second to load, which `npm run smoke` and the like have no use for.
  it.each(['infra/local', 'infra/operations', 'infra/users', 'infra/command-line', 'infra/shared'])(
    '%s does not import the CDK',
    (folder) => {
      expect(importsFrom(folder, (imported) => /^(aws-cdk-lib|constructs)\b/.test(imported))).toEqual([]);
    },
  );

  it('lambda/reset/domain imports only itself, node:crypto and the list of common passwords', () => {
    expect(importsFrom('lambda/reset/domain', (imported) => imported !== 'node:crypto')).toEqual([
      'lambda/reset/domain/common-passwords.ts > @zxcvbn-ts/language-common',
    ]);
  });

  it('only lambda/reset/http imports middy', () => {
    expect(importsFrom('lambda/reset/adapters', (imported) => imported.startsWith('@middy/'))).toEqual([]);
    const importing = filesIn('lambda').filter((file) =>
      importsOf(file).some((name) => name.startsWith('@middy/')),
    );
    expect(importing.filter((file) => !file.startsWith('lambda/reset/http/'))).toEqual([]);
  });
});

describe('lambda/reset/domain does not mention', () => {
  it.each<[string, RegExp]>([
    ['an HTTP status', /\b(20[0-4]|40\d|41\d|42\d|50[0-4])\b/],
    [
      'a header or a URL',
      /\bheaders?\b|authorization|content-type|www-authenticate|request-id|https?:\/\/(?!github|cheat)/i,
    ],
    ['an event', /PasswordReset\b|RecoveryPinLocked/],
    ['AWS', /\baws\b|dynamodb|lambda|secrets manager|cloudwatch/i],
  ])('%s', (_what, word) => {
    const found = filesIn('lambda/reset/domain').flatMap((file) =>
      read(file)
        .split('\n')
        .filter((line) => word.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    );
    expect(found).toEqual([]);
  });
});

it('lambda/ does not mention laptop tools', () => {
  const mentioning = filesIn('lambda').filter((file) => /dynalite|\bsam\b|laptop/i.test(read(file)));
  expect(mentioning).toEqual([]);
});

it('no two files have the same base name, except entry and configuration of the two functions', () => {
  const names = new Map<string, string[]>();
  for (const file of [...filesIn('lambda'), ...filesIn('infra')]) {
    const name = file.slice(file.lastIndexOf('/') + 1);
    names.set(name, [...(names.get(name) ?? []), file]);
  }
  const shared = [...names.values()].filter((files) => files.length > 1);
  expect(shared).toEqual([
    ['lambda/publisher/config.ts', 'lambda/reset/config.ts'],
    ['lambda/publisher/index.ts', 'lambda/reset/index.ts'],
  ]);
});

it('lambda/ has no module-level variables that change', () => {
  const stateful = filesIn('lambda').filter((file) => /^(let|var) |^export let /m.test(read(file)));
  expect(stateful).toEqual([]);
});

// The commit in the outputs of a stack, asked of a real git.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readCommit } from '../../infra/settings/commit.ts';

let folder: string;
const git = (...args: readonly string[]) =>
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x.example', ...args], {
    cwd: folder,
    encoding: 'utf8',
  }).trim();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'password-reset-commit-'));
  // git must not find a repository above the temporary folder.
  vi.stubEnv('GIT_CEILING_DIRECTORIES', tmpdir());
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function commitFile(): string {
  git('init', '--quiet');
  writeFileSync(join(folder, 'cdk.json'), '{}');
  git('add', '.');
  git('commit', '--quiet', '--message', 'first');
  return git('rev-parse', 'HEAD');
}

test('the commit is the full hash, with a mark if a file was changed or added since', () => {
  const commit = commitFile();
  expect(commit).toMatch(/^[0-9a-f]{40}$/);
  expect(readCommit(folder)).toBe(commit);
  writeFileSync(join(folder, 'new.ts'), '');
  expect(readCommit(folder)).toBe(`${commit}-dirty`);
  rmSync(join(folder, 'new.ts'));
  writeFileSync(join(folder, 'cdk.json'), '{ }');
  expect(readCommit(folder)).toBe(`${commit}-dirty`);
});

test('the commit is unknown in a copy without a repository, without a commit, and without git', () => {
  expect(readCommit(folder)).toBe('unknown');
  git('init', '--quiet');
  expect(readCommit(folder)).toBe('unknown');
  commitFile();
  vi.stubEnv('PATH', '/nowhere');
  expect(readCommit(folder)).toBe('unknown');
});

test('the commit is unknown in a folder of another repository that does not have its files', () => {
  commitFile();
  const copy = join(folder, 'copy');
  mkdirSync(copy);
  writeFileSync(join(copy, 'cdk.json'), '{}');
  expect(readCommit(copy)).toBe('unknown');
});

// GitHub's workflows: whose code they run, what they may do, and for how long.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<string, { readonly 'timeout-minutes'?: number; readonly permissions?: unknown }>
  >;
}

const files = globSync('.github/workflows/*.yml');
const texts = files.map((file) => readFileSync(file, 'utf8'));
const workflows = texts.map((text) => parse(text) as Workflow);
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

it('every action is pinned by its commit, with the version beside it', () => {
  const actions = texts.flatMap((text) => [...text.matchAll(/uses: *(.+)/g)].map(([, action]) => action));
  expect(actions.length).toBeGreaterThan(1);
  for (const action of actions) expect(action).toMatch(/^[\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

it('no job may write, and every job has a time limit', () => {
  for (const { permissions, jobs } of workflows) {
    expect(permissions).toEqual({ contents: 'read' });
    for (const job of Object.values(jobs)) {
      expect(job).not.toHaveProperty('permissions');
      expect(job['timeout-minutes']).toBeLessThanOrEqual(30);
    }
  }
});

it('the scripts that jobs run exist', () => {
  const runs = texts.flatMap((text) =>
    [...text.matchAll(/(?:npm run |\.ci\/)([\w:-]+)/g)].map(([command, name = '']) => ({ command, name })),
  );
  expect(runs.length).toBeGreaterThan(1);
  const missing = runs.filter(({ command, name }) =>
    command.startsWith('.ci/') ? !existsSync(command) : manifest.scripts[name] === undefined,
  );
  expect(missing).toEqual([]);
});

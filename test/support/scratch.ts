// A folder that the test files of a run share and that is removed at its end; worker processes end without a clean-up.
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Path of the folder, which may not exist yet; it is removed when the run ends. */
    scratch: string;
  }
}

/** Vitest's global set-up: once per run, before any test file. */
export function setup(project: TestProject): () => void {
  // Created by the first test that writes to it: most runs need none, and those of mutants end without a teardown.
  const folder = join(tmpdir(), `password-reset-tests-${randomUUID()}`);
  project.provide('scratch', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}

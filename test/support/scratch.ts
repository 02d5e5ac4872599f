// A folder for what the files of a test run share; worker processes are ended without a chance to tidy up.
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Path of the folder, which may have to be made; it is gone when the run ends. */
    scratch: string;
  }
}

/** Vitest's global set-up: once per run, before any test file. */
export function setup(project: TestProject): () => void {
  // Made by whoever puts something into it: most runs need none, and those of mutants end without a teardown.
  const folder = join(tmpdir(), `password-reset-tests-${randomUUID()}`);
  project.provide('scratch', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}

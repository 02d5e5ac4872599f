// A folder for what the files of a test run share; worker processes are ended without a chance to tidy up.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Path of the folder; it is gone when the run ends. */
    scratch: string;
  }
}

/** Vitest's global set-up: once per run, before any test file. */
export function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'password-reset-tests-'));
  project.provide('scratch', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}

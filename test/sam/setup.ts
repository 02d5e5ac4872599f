// Vitest's global set-up of `npm run test:sam`: `npm run sam` runs during all tests.
import type { TestProject } from 'vitest/node';
import { type SamProcess, startSam } from './sam-process.ts';
import { prepareSam } from './tools.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    sam: Omit<SamProcess, 'stop'>;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { stop, ...sam } = await startSam(await prepareSam());
  project.provide('sam', sam);
  return stop;
}

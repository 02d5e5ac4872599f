// What all test runs have in common; each of the other configurations says which files it runs.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Tests start dozens of processes, each of which would compile the same libraries again.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('.cache/compiled', import.meta.url));

export default defineConfig({
  test: {
    globalSetup: ['test/support/table-engine.ts', 'test/support/scratch.ts'],
    setupFiles: 'test/support/environment.ts',
    // CI has two cores, and much of the time goes by waiting for processes and time-outs.
    maxWorkers: 3,
    // Tests that wait for time-outs wait side by side.
    maxConcurrency: 12,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    reporters: [
      'default',
      [
        'json',
        { outputFile: `reports/${(process.env.npm_lifecycle_event ?? 'test').replaceAll(':', '-')}.json` },
      ],
    ],
  },
});

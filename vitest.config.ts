import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/{unit,integration,contract,infra,bench}/**/*.test.ts'],
    globalSetup: 'test/support/table-engine.ts',
    setupFiles: 'test/support/environment.ts',
    // Two cores are what CI has.
    maxWorkers: 2,
    // Tests that wait for time-outs wait side by side.
    maxConcurrency: 24,
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

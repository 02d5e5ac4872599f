// The tests that a group of mutants is held against; test/mutation/run.ts says which.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: (process.env.MUTATION_TESTS ?? '').split(','),
    globalSetup: 'test/support/table-engine.ts',
    setupFiles: 'test/support/environment.ts',
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});

// The tests that a group of mutants is held against; run.ts says which.
import { defineConfig } from 'vitest/config';
import { common } from '../../vitest.config.ts';

// Stryker reports itself.
const { reporters: _, ...test } = common;

export default defineConfig({
  test: { ...test, include: (process.env.MUTATION_TESTS ?? '').split(',') },
});

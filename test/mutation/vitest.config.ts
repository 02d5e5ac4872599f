// The tests of a group of mutants, which run.ts passes in MUTATION_TESTS.
import { defineConfig } from 'vitest/config';
import { common } from '../../vitest.config.ts';

// Stryker has its own reporters.
const { reporters: _, ...test } = common;

export default defineConfig({
  test: { ...test, include: (process.env.MUTATION_TESTS ?? '').split(',') },
});

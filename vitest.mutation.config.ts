// The tests that a group of mutants is held against; test/mutation/run.ts says which.
import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.base.config.ts';

// Stryker reports itself.
const { reporters: _, ...test } = base.test ?? {};

export default mergeConfig(
  { test },
  defineConfig({ test: { include: (process.env.MUTATION_TESTS ?? '').split(',') } }),
);

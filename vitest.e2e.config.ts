import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

// What needs a browser; everything else runs without one.
const { include: _, globalSetup: __, ...test } = base.test ?? {};

export default mergeConfig(
  { test },
  defineConfig({ test: { include: ['test/e2e/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 } }),
);

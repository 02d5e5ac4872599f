// `npm run test:e2e`: what needs a browser; everything else runs without one.
import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.base.config.ts';

const { globalSetup: _, ...test } = base.test ?? {};

export default mergeConfig(
  { test },
  defineConfig({ test: { include: ['test/e2e/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 } }),
);

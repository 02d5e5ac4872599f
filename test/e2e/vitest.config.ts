// `npm run test:e2e`: the tests that need a browser.
import { defineConfig } from 'vitest/config';
import { common } from '../../vitest.config.ts';

const { globalSetup: _, ...test } = common;

export default defineConfig({
  test: { ...test, include: ['test/e2e/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
});

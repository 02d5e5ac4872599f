// `npm run test:deploy`: deploys the stack into an emulator of AWS, and lints its templates.
import { defineConfig } from 'vitest/config';
import { common } from '../../vitest.config.ts';

export default defineConfig({
  test: {
    ...common,
    globalSetup: ['test/support/scratch.ts', 'test/deploy/setup.ts'],
    include: ['test/deploy/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 300_000,
  },
});

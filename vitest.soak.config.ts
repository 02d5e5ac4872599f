// `npm run test:soak`: load, and the generated tests with far more than `npm test` generates.
import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.base.config.ts';

export default mergeConfig(
  base,
  defineConfig({
    test: {
      include: ['test/soak/**/*.test.ts', 'test/integration/{properties,schedules,killed}.test.ts'],
      env: { LONG_RUN: '1' },
      // One for each core: there is always something to do.
      maxWorkers: 2,
      testTimeout: 170_000,
    },
  }),
);

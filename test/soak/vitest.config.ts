// `npm run test:soak`: load, and the generated tests with far more than `npm test` generates.
import { defineConfig } from 'vitest/config';
import { common } from '../../vitest.config.ts';

export default defineConfig({
  test: {
    ...common,
    include: ['test/soak/**/*.test.ts', 'test/integration/{properties,schedules,killed}.test.ts'],
    env: { LONG_RUN: '1' },
    // One for each core: there is always something to do.
    maxWorkers: 2,
    testTimeout: 170_000,
  },
});

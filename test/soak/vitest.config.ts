// `npm run test:soak`: load, and the generated tests with far more cases than in `npm test`.
import { defineConfig } from 'vitest/config';
import { common } from '../../vitest.config.ts';

export default defineConfig({
  test: {
    ...common,
    include: ['test/soak/**/*.test.ts', 'test/integration/{properties,schedules,killed}.test.ts'],
    env: { LONG_RUN: '1' },
    // One for each core of CI, since these tests rarely wait.
    maxWorkers: 2,
    testTimeout: 170_000,
  },
});

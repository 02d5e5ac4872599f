// `npm run test:soak`: load, and the generated tests with far more cases than in `npm test`.
import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { common } from '../../vitest.config.ts';

/** The files with generated cases, which are new ones in each run. */
const generated = globSync('test/{unit,integration}/**/*.test.ts').filter((file) =>
  readFileSync(file, 'utf8').includes("from 'fast-check'"),
);

export default defineConfig({
  test: {
    ...common,
    include: ['test/soak/**/*.test.ts', 'test/integration/killed.test.ts', ...generated],
    env: { LONG_RUN: '1' },
    // One for each core of CI, since these tests rarely wait.
    maxWorkers: 2,
    testTimeout: 170_000,
  },
});

// `npm run test:soak`: load, and the generated tests with far more cases than in `npm test`.
import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { common } from '../../vitest.config.ts';

/** The files with generated cases, which are new ones in each run, or whose number of cases depends on the run. */
const scaled = globSync('test/{unit,integration}/**/*.test.ts').filter((file) =>
  /'fast-check'|\/generated-cases\.ts'/.test(readFileSync(file, 'utf8')),
);

export default defineConfig({
  test: {
    ...common,
    include: ['test/soak/**/*.test.ts', ...scaled],
    env: { LONG_RUN: '1' },
    // One for each core of CI, since these tests rarely wait.
    maxWorkers: 2,
    testTimeout: 170_000,
  },
});

// `npm run test:sam`: the synthesised template in SAM's containers.
import { defineConfig } from 'vitest/config';
import { common } from '../../vitest.config.ts';

export default defineConfig({
  test: {
    ...common,
    globalSetup: 'test/sam/setup.ts',
    include: ['test/sam/**/*.test.ts'],
    // All tests use the same table and, with one container per function, wait for the same function.
    maxWorkers: 1,
    fileParallelism: false,
    // An invocation starts a container.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

// `npm test`, `npm run test:all` and `npm run test:dynamodb-local`; what other test runs need besides stands in their folders.
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig, type ViteUserConfig } from 'vitest/config';

// Tests start processes, each of which would compile the same libraries again.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('.cache/compiled', import.meta.url));

/** What all test runs have in common. */
export const common: NonNullable<ViteUserConfig['test']> = {
  globalSetup: ['test/support/table-engine.ts', 'test/support/scratch.ts'],
  setupFiles: 'test/support/environment.ts',
  // CI has two cores, and much of the time goes by waiting for processes and time-outs.
  maxWorkers: 4,
  // Tests that wait for time-outs wait side by side.
  maxConcurrency: 12,
  // Only what hangs takes this long: a slow or busy machine must not fail a test.
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 15_000 } },
  reporters: ['default', 'json'],
  outputFile: {
    json: `reports/${(process.env.npm_lifecycle_event ?? 'test').replaceAll(':', '-')}.json`,
  },
};

/** Only DynamoDB Local has streams. */
const needsStreams = ['test/integration/replay.test.ts', 'test/integration/stream.test.ts'];

const folder = 'test/{unit,integration,contract,infra,local,project,vectors,bench,scale}';
/** Tests that start programs, synthesize stacks, or count to a thousand. */
const slow = '**/*.slow.test.ts';
const stack = 'test/infra/stack/**';
const notHere = process.env.TABLE_ENGINE === 'dynamodb-local' ? [] : needsStreams;

/**
 * Files of a project share processes, since loading the AWS SDK or the CDK anew for each takes longer than most tests. So a
 * file that changes its process puts it back, and none can mock a module.
 */
function project(name: string, include: string, ...exclude: string[]) {
  return {
    extends: true as const,
    test: {
      name,
      include: [include],
      exclude: [...configDefaults.exclude, ...notHere, ...exclude],
      isolate: false,
      unstubEnvs: true,
      restoreMocks: true,
    },
  };
}

const stackProject = project('slow-stack', `${stack}/*.test.ts`);

export default defineConfig({
  test: {
    ...common,
    projects: [
      project('fast', `${folder}/**/*.test.ts`, slow),
      project('slow', `${folder}/${slow}`, stack),
      // The CDK takes seconds to load, so its files share one process, in which each stage is synthesized once. Vitest wants
      // projects with another number of workers to have another order.
      { ...stackProject, test: { ...stackProject.test, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
});

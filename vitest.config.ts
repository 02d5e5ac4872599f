// `npm test` and `npm run test:dynamodb-local`; what soak, mutation and browser tests need besides stands in their folders.
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig, type ViteUserConfig } from 'vitest/config';

// Tests start dozens of processes, each of which would compile the same libraries again.
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
  reporters: [
    'default',
    [
      'json',
      { outputFile: `reports/${(process.env.npm_lifecycle_event ?? 'test').replaceAll(':', '-')}.json` },
    ],
  ],
};

const folders = ['unit', 'integration', 'contract', 'infra', 'local', 'project', 'vectors', 'bench', 'scale'];

/** Files that change what others of their process would see: modules that they mock, the console, trusted certificates. */
export const apart = [
  'test/integration/composition.test.ts',
  'test/integration/faults.test.ts',
  'test/integration/naughty-strings.test.ts',
  'test/integration/schedules.test.ts',
  'test/unit/reset/adapters/signing-keys.test.ts',
  'test/unit/reset/http/pipeline.test.ts',
];

/** Only DynamoDB Local has streams. */
const elsewhere =
  process.env.TABLE_ENGINE === 'dynamodb-local'
    ? []
    : ['test/integration/replay.test.ts', 'test/integration/stream.test.ts'];

export default defineConfig({
  test: {
    ...common,
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: folders.map((folder) => `test/${folder}/**/*.test.ts`),
          exclude: [...configDefaults.exclude, ...apart, ...elsewhere],
          // Loading the AWS SDK or CDK anew for each file takes longer than most of the tests.
          isolate: false,
          unstubEnvs: true,
          restoreMocks: true,
        },
      },
      { extends: true, test: { name: 'apart', include: apart } },
    ],
  },
});

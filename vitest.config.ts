// `npm test`, `npm run test:all` and `npm run test:dynamodb-local`; what other test runs need besides stands in their folders.
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

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

/** Files that change what others of their process would see: modules that they mock, trusted certificates. */
const changesProcess = /(vi\.mock|vi\.hoisted|setDefaultCACertificates)\(/;

/** Only DynamoDB Local has streams. */
const needsStreams = ['test/integration/replay.test.ts', 'test/integration/stream.test.ts'];

const folders = 'unit,integration,contract,infra,local,project,vectors,bench,scale';
const files = globSync(`test/{${folders}}/**/*.test.ts`, { exclude: ['**/node_modules/**'] })
  .filter((file) => process.env.TABLE_ENGINE === 'dynamodb-local' || !needsStreams.includes(file))
  .map((file) => ({
    file,
    isSlow: file.endsWith('.slow.test.ts'),
    needsStack: file.startsWith('test/infra/stack/'),
    isApart: changesProcess.test(readFileSync(file, 'utf8')),
  }));

/** Files of a project share processes, since loading the AWS SDK or the CDK anew for each takes longer than most tests. */
function project(name: string, found: typeof files, isolate = false) {
  const include = found.map(({ file }) => file);
  return { extends: true as const, test: { name, include, isolate, unstubEnvs: true, restoreMocks: true } };
}

export default defineConfig({
  test: {
    ...common,
    projects: [
      project(
        'fast',
        files.filter(({ isSlow, isApart }) => !isSlow && !isApart),
      ),
      project(
        'fast-apart',
        files.filter(({ isSlow, isApart }) => !isSlow && isApart),
        true,
      ),
      // What starts programs, synthesizes stacks, or counts to a thousand.
      project(
        'slow',
        files.filter(({ isSlow, isApart, needsStack }) => isSlow && !isApart && !needsStack),
      ),
      // The CDK takes seconds to load, so its files share one process, in which each stage is synthesized once.
      {
        extends: true,
        test: {
          ...project(
            'slow-stack',
            files.filter(({ needsStack }) => needsStack),
          ).test,
          maxWorkers: 1,
          // Vitest wants projects with another number of workers to have another order.
          sequence: { groupOrder: 1 },
        },
      },
      project(
        'slow-apart',
        files.filter(({ isSlow, isApart }) => isSlow && isApart),
        true,
      ),
    ],
  },
});

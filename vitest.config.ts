import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Tests start dozens of processes, each of which would compile the same libraries again.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('.cache/compiled', import.meta.url));

/** Only DynamoDB Local has streams; a run on it names the folder. */
const folders = ['unit', 'integration', 'contract', 'infra', 'bench'];
if (process.env.TABLE_ENGINE === 'dynamodb-local') folders.push('stream');

export default defineConfig({
  test: {
    include: folders.map((folder) => `test/${folder}/**/*.test.ts`),
    globalSetup: 'test/support/table-engine.ts',
    setupFiles: 'test/support/environment.ts',
    // Two cores are what CI has.
    maxWorkers: 2,
    // Tests that wait for time-outs wait side by side.
    maxConcurrency: 12,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    reporters: [
      'default',
      [
        'json',
        { outputFile: `reports/${(process.env.npm_lifecycle_event ?? 'test').replaceAll(':', '-')}.json` },
      ],
    ],
  },
});

// `npm test`, and `npm run test:dynamodb-local`, which names the folders.
import { configDefaults, defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.base.config.ts';

const folders = ['unit', 'integration', 'contract', 'infra', 'bench'];
// Only DynamoDB Local has streams.
if (process.env.TABLE_ENGINE === 'dynamodb-local') folders.push('stream');

/** Files that change what others of their process would see: modules that they mock, the console, trusted certificates. */
export const apart = [
  'test/integration/composition.test.ts',
  'test/integration/faults.test.ts',
  'test/integration/naughty-strings.test.ts',
  'test/integration/schedules.test.ts',
  'test/unit/handler.test.ts',
  'test/unit/signing-keys.test.ts',
];

export default mergeConfig(
  base,
  defineConfig({
    test: {
      projects: [
        {
          extends: true,
          test: {
            name: 'together',
            include: folders.map((folder) => `test/${folder}/**/*.test.ts`),
            exclude: [...configDefaults.exclude, ...apart],
            // Loading the AWS SDK or CDK anew for each file takes longer than most of the tests.
            isolate: false,
            unstubEnvs: true,
            restoreMocks: true,
          },
        },
        { extends: true, test: { name: 'apart', include: apart } },
      ],
    },
  }),
);

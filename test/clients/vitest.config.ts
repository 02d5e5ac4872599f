// `npm run test:clients`: clients that openapi-generator makes from openapi.yaml. Needs Java and Maven.
import { defineConfig } from 'vitest/config';
import { common } from '../../vitest.config.ts';

const { globalSetup: _, ...test } = common;

export default defineConfig({ test: { ...test, include: ['test/clients/**/*.test.ts'] } });

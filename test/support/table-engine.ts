// Starts the table engine that a test run uses: dynalite, or DynamoDB Local with TABLE_ENGINE=dynamodb-local.
import type { TestProject } from 'vitest/node';
import { startDynalite } from '../../infra/local/table.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Base URL of the engine that this test run uses. */
    tableEndpoint: string;
  }
}

/** Vitest's global set-up: once per run, before any test file. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const engine =
    process.env.TABLE_ENGINE === 'dynamodb-local' ? await startDynamoDbLocal() : await startDynalite(0);
  project.provide('tableEndpoint', engine.endpoint);
  return () => engine.stop();
}

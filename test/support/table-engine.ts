// Starts the table engine that a test run uses: dynalite, or DynamoDB Local with TABLE_ENGINE=dynamodb-local.
import type { TestProject } from 'vitest/node';
import { startDynalite, type TableEngine } from '../../infra/local/table.ts';
import { startTableRelay } from '../../infra/local/table-relay.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Base URL of this test run's engine. */
    tableEndpoint: string;
  }
}

/** Vitest's global set-up: once per run, before any test file. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const engine =
    process.env.TABLE_ENGINE === 'dynamodb-local' ? await startDynamoDbLocal() : await startRelayedDynalite();
  project.provide('tableEndpoint', engine.endpoint);
  return () => engine.stop();
}

/** dynalite behind the relay, which returns the item with a failed condition, as DynamoDB does. */
async function startRelayedDynalite(): Promise<TableEngine> {
  const engine = await startDynalite(0);
  const relay = await startTableRelay(engine.endpoint, 0);
  return {
    endpoint: relay.endpoint,
    async stop() {
      relay.stop();
      await engine.stop();
    },
  };
}

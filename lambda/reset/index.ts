// The entry point, and the only file with module-level state. It loads code in the order in which the start needs it: first
// the code that fetches the signing keys, then the AWS SDK, which connects to the table, then the rest. So the network
// answers while code is loaded.
import { setTimeout } from 'node:timers/promises';
import { createReporting } from '../shared/telemetry.ts';
import { openSigningKeys } from './adapters/signing-keys.ts';
import { loadConfig } from './config.ts';

const config = loadConfig(process.env);
const reporting = createReporting(config);
const signingKeys = openSigningKeys(config.tokenIssuer, reporting.logger);
// The DNS lookup and the TLS handshake need turns of the event loop, which loading code blocks. Without this pause they would
// begin only after everything is loaded.
await setTimeout(5);
const { openTableClient } = await import('./adapters/table-connection.ts');
const tableClient = openTableClient(config.tableEndpoint, reporting.logger);
const { composeHandler } = await import('./compose.ts');

/** Lambda invokes this for each request of the API Gateway REST API. */
export const handler = await composeHandler(config, reporting, { signingKeys, tableClient });

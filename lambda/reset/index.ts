// The entry point: the only file with state of its own, made once per execution environment. It loads first what asks for
// the signing keys, then what connects to the table, and the rest while the network answers.
import { setTimeout } from 'node:timers/promises';
import { createReporting } from '../shared/telemetry.ts';
import { openSigningKeys } from './adapters/signing-keys.ts';
import { loadConfig } from './config.ts';

const config = loadConfig(process.env);
const reporting = createReporting(config);
const signingKeys = openSigningKeys(config.jwks, reporting.logger);
// Looking up the issuer's name and greeting it take turns of the event loop, which loading holds up: without this pause
// both begin only when the rest is loaded.
await setTimeout(5);
const { openTableClient } = await import('./adapters/table-connection.ts');
const tableClient = openTableClient(config.tableEndpoint, reporting.logger);
const { composeHandler } = await import('./compose.ts');

/** What Lambda invokes for each request of the API Gateway REST API. */
export const handler = await composeHandler(config, reporting, { signingKeys, tableClient });

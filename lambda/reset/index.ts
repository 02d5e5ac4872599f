// The entry point: the only file with state of its own, made once per execution environment.

import { createReporting } from '../shared/telemetry.ts';
import { composeHandler } from './compose.ts';
import { loadConfig } from './config.ts';

const config = loadConfig(process.env);

/** What Lambda invokes for each request of the API Gateway REST API. */
export const handler = await composeHandler(config, createReporting(config));

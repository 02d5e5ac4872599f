// Builds the handler from its configuration: connects keys, table, pepper and reporting with the pipeline.
import { describeFault } from '../shared/describe-fault.ts';
import type { Reporting } from '../shared/telemetry.ts';
import { createVerifyAccessToken } from './adapters/access-token.ts';
import { createPepperLoader, fetchSecretText } from './adapters/pepper.ts';
import { openSigningKeys } from './adapters/signing-keys.ts';
import { openTableClient } from './adapters/table-connection.ts';
import { createUserTable, type UserTableOptions } from './adapters/user-table.ts';
import type { Config } from './config.ts';
import type { LoadPeppers } from './domain/reset-password.ts';
import { createHandler, type Handler } from './http/pipeline.ts';

/** The connections that are opened while the function starts. */
export interface Connections {
  readonly signingKeys: ReturnType<typeof openSigningKeys>;
  readonly tableClient: Promise<UserTableOptions['client']>;
  /** Limits the time of each write; default: `withinTime`. */
  readonly limitTime: UserTableOptions['limitTime'];
}

/**
 * Makes the handler for a configuration.
 *
 * @param config - as `loadConfig` returns it; the AWS SDK reads region and credentials from its own variables
 * @param reporting - where to log and count
 * @param opened - connections that are being opened; others are opened here
 */
export async function composeHandler(
  config: Config,
  reporting: Reporting,
  opened: Partial<Connections> = {},
): Promise<Handler> {
  const [signingKeys, client] = await Promise.all([
    opened.signingKeys ?? openSigningKeys(config.tokenIssuer, reporting.logger),
    opened.tableClient ?? openTableClient(config.tableEndpoint, reporting.logger),
  ]);
  return createHandler({
    paths: config.paths,
    corsOrigins: config.corsOrigins,
    verifyAccessToken: createVerifyAccessToken(config.tokenIssuer, signingKeys, Date.now),
    users: createUserTable({
      client,
      tableName: config.tableName,
      requiredLinkedIdentity: config.requiredLinkedIdentity,
      limitTime: opened.limitTime,
    }),
    loadPeppers: openPeppers(config, reporting),
    minPasswordLength: config.minPasswordLength,
    documentationUrl: config.documentationUrl,
    deprecation: config.deprecation,
    now: () => Date.now(),
    ...reporting,
  });
}

function openPeppers({ peppers }: Config, { logger }: Reporting): LoadPeppers {
  if (typeof peppers !== 'string') return async () => peppers;
  return createPepperLoader((signal) => fetchSecretText(peppers, signal), {
    now: Date.now,
    onFailedRefresh: (error) =>
      logger.warn('The pepper keys could not be refreshed', { fault: describeFault(error) }),
  });
}

// Builds the handler out of its configuration: clients, keys, pepper and reporting, each made once.
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createAccessTokenVerifier } from './access-token.ts';
import type { Config } from './config.ts';
import { createHandler, type Handler, type Reporting } from './handler.ts';
import { describeFault } from './middleware/request-log.ts';
import { createPepperLoader, fetchSecretText, type LoadPeppers } from './pepper.ts';
import { createSigningKeys, fetchJwksFrom, type SigningKeys } from './signing-keys.ts';
import { createUserTable } from './user-table.ts';

/** Where the deployed function reports to: its log, with the metrics embedded. */
export function createReporting({ serviceName }: Pick<Config, 'serviceName'>): Reporting {
  return {
    logger: new Logger({ serviceName }),
    metrics: new Metrics({ namespace: 'PasswordReset', serviceName }),
  };
}

/**
 * Makes the handler that a configuration describes. The signing keys are fetched here, once; a failure is logged and
 * does not stop the start, the first request asks again.
 *
 * @param config - as `loadConfig` returns it; region and credentials the AWS SDK reads from its own variables
 * @param reporting - where to log and count
 */
export async function composeHandler(config: Config, reporting: Reporting): Promise<Handler> {
  const signingKeys = await openSigningKeys(config, reporting);
  return createHandler({
    paths: config.paths,
    corsOrigins: config.corsOrigins,
    verifyAccessToken: createAccessTokenVerifier(config, signingKeys, Date.now),
    users: createUserTable({
      client: createTableClient(config),
      tableName: config.tableName,
      requiredLinkedIdentity: config.requiredLinkedIdentity,
      readAfterFailedCondition: config.tableEndpoint !== undefined,
    }),
    loadPeppers: openPeppers(config),
    now: Date.now,
    ...reporting,
  });
}

function createTableClient({ tableEndpoint }: Config): DynamoDBClient {
  return new DynamoDBClient({
    ...(tableEndpoint !== undefined && { endpoint: tableEndpoint }),
    // Three attempts within 0.8 s each: both writes of a reset, a fetch of the keys and one of the pepper together
    // stay below the function's ten seconds.
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 400, requestTimeout: 800, throwOnRequestTimeout: true },
  });
}

async function openSigningKeys({ jwks }: Config, { logger }: Reporting): Promise<SigningKeys> {
  if (typeof jwks !== 'string') return { find: async (kid) => jwks.get(kid) };
  const keys = createSigningKeys(() => fetchJwksFrom(jwks), Date.now);
  try {
    await keys.refresh();
  } catch (error) {
    logger.warn('The signing keys could not be fetched at the start', { fault: describeFault(error) });
  }
  return keys;
}

function openPeppers({ peppers }: Config): LoadPeppers {
  if (typeof peppers !== 'string') return async () => peppers;
  return createPepperLoader(() => fetchSecretText(peppers), Date.now);
}

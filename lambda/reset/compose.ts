// Builds the handler out of its configuration: clients, keys, pepper and reporting, each made once.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientOptions } from '../shared/aws-client.ts';
import { describeFault } from '../shared/describe-fault.ts';
import type { Reporting } from '../shared/telemetry.ts';
import { createAccessTokenVerifier } from './adapters/access-token.ts';
import { createPepperLoader, fetchSecretText } from './adapters/pepper.ts';
import {
  createSigningKeys,
  fetchJwksFrom,
  type ParsedKeySet,
  type SigningKeys,
} from './adapters/signing-keys.ts';
import { EarlyAgent, openTableConnection } from './adapters/table-connection.ts';
import { createUserTable } from './adapters/user-table.ts';
import type { Config } from './config.ts';
import type { LoadPeppers } from './domain/reset-password.ts';
import { createHandler, type Handler } from './http/pipeline.ts';

/**
 * Makes the handler that a configuration describes. The signing keys are fetched and the connection to the table is
 * opened here, side by side; a failure is logged and does not stop the start, the first request tries again.
 *
 * @param config - as `loadConfig` returns it; region and credentials the AWS SDK reads from its own variables
 * @param reporting - where to log and count
 */
export async function composeHandler(config: Config, reporting: Reporting): Promise<Handler> {
  const [signingKeys, client] = await Promise.all([
    openSigningKeys(config, reporting),
    openTableClient(config, reporting),
  ]);
  return createHandler({
    paths: config.paths,
    corsOrigins: config.corsOrigins,
    verifyAccessToken: createAccessTokenVerifier(config, signingKeys, Date.now),
    users: createUserTable({
      client,
      tableName: config.tableName,
      requiredLinkedIdentity: config.requiredLinkedIdentity,
    }),
    loadPeppers: openPeppers(config, reporting),
    minPasswordLength: config.minPasswordLength,
    now: () => Date.now(),
    ...reporting,
  });
}

async function openTableClient({ tableEndpoint }: Config, { logger }: Reporting): Promise<DynamoDBClient> {
  const agent = new EarlyAgent({ keepAlive: true, maxSockets: 50 });
  const client = new DynamoDBClient({
    ...(tableEndpoint !== undefined && { endpoint: tableEndpoint }),
    // Milliseconds: three attempts of at most 750 and two pauses of at most 100 and 200 make 2,550 a write. With the keys
    // and the pepper (1,500 each) in front, both writes of a reset, its Argon2id (300) and one last write that is given
    // at most 1,000 end within 9,400; at 9,500 the pipeline answers for whatever hangs in spite of this.
    ...clientOptions({ attempts: 3, connecting: 400, answering: 750, agent }),
  });
  // Without TLS there is little to open ahead.
  if (tableEndpoint?.startsWith('http:')) return client;
  try {
    await openTableConnection(client, agent);
  } catch (error) {
    logger.warn('The connection to the table could not be opened at the start', {
      fault: describeFault(error),
    });
  }
  return client;
}

async function openSigningKeys({ jwks }: Config, { logger }: Reporting): Promise<SigningKeys> {
  const onKeySet = (parsed: ParsedKeySet) => reportLeftOut(parsed, logger);
  if (typeof jwks !== 'string') {
    onKeySet(jwks);
    return { find: async (kid) => jwks.keys.get(kid) };
  }
  const keys = createSigningKeys((signal) => fetchJwksFrom(jwks, signal), {
    now: Date.now,
    onKeySet,
    onFailedRefresh: (error) =>
      logger.warn('The signing keys could not be refreshed', { fault: describeFault(error) }),
  });
  try {
    await keys.preload();
  } catch (error) {
    logger.warn('The signing keys could not be fetched at the start', { fault: describeFault(error) });
  }
  return keys;
}

/** As many keys as a log line names; a set can hold thousands. */
const maxNamedKeys = 20;

/** An issuer that signs with a key which was left out looks like an attack otherwise: its tokens are all invalid. */
function reportLeftOut({ keys, leftOut }: ParsedKeySet, logger: Reporting['logger']): void {
  if (keys.size > 0 && leftOut.length === 0) return;
  logger.warn(keys.size > 0 ? 'Keys of the issuer are left out' : 'The issuer has no usable signing key', {
    leftOut: leftOut.slice(0, maxNamedKeys),
    leftOutCount: leftOut.length,
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

// The composition root: configuration -> clients -> handler. The only file with state of its own.
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createAccessTokenVerifier } from './access-token.ts';
import { type Config, loadConfig } from './config.ts';
import { createHandler } from './handler.ts';
import { describeFault } from './middleware/request-log.ts';
import { createPepperLoader, fetchSecretText, type LoadPeppers } from './pepper.ts';
import { createSigningKeys, fetchJwksFrom, type SigningKeys } from './signing-keys.ts';
import { createUserTable } from './user-table.ts';

const serviceName = 'password-reset';

const config = loadConfig(process.env);
const logger = new Logger({ serviceName });
const signingKeys = await openSigningKeys(config);

/** What Lambda invokes for each request of the API Gateway REST API. */
export const handler = createHandler({
  paths: config.paths,
  verifyAccessToken: createAccessTokenVerifier(config, signingKeys, Date.now),
  users: createUserTable({
    client: new DynamoDBClient({
      // Three attempts within 0.8 s each: both writes of a reset, a fetch of the keys and of the pepper together stay
      // below the function's ten seconds.
      maxAttempts: 3,
      requestHandler: { connectionTimeout: 400, requestTimeout: 800, throwOnRequestTimeout: true },
    }),
    tableName: config.tableName,
    requiredLinkedIdentity: config.requiredLinkedIdentity,
    readAfterFailedCondition: config.hasCustomTableEndpoint,
  }),
  loadPeppers: openPeppers(config),
  logger,
  metrics: new Metrics({ namespace: 'PasswordReset', serviceName }),
  now: Date.now,
});

/** Fetches the keys while the function starts. A failure does not stop it: the first request asks again. */
async function openSigningKeys({ jwks }: Config): Promise<SigningKeys> {
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

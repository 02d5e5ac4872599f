// The pepper keys: their format, and how they are fetched from Secrets Manager.
import { clientOptions } from '../../shared/aws-client.ts';
import { CodedError } from '../../shared/describe-fault.ts';
import type { Peppers } from '../domain/recovery-pin.ts';
import type { LoadPeppers } from '../domain/reset-password.ts';
import { type CachedFetchOptions, createCachedFetch } from './cached-fetch.ts';

const minKeyLength = 32;
/** The PHC format limits `keyid` to eight bytes, which is 11 characters of base64. */
const keyNamePattern = /^[A-Za-z0-9]{1,11}$/;

/**
 * Parses pepper keys.
 *
 * @param json - a flat object such as `{"current":"k2","k1":"…","k2":"…"}`: each key has at least 32 characters, and
 *   `current` names one of them
 * @throws Error that says what is wrong without quoting a key
 */
export function parsePeppers(json: string): Peppers {
  const parsed = parseObject(json);
  const { current, ...named } = parsed;
  const keys = new Map<string, string>();
  for (const [name, key] of Object.entries(named)) {
    if (!keyNamePattern.test(name)) throw new Error('the name of a key must be 1 to 11 letters and digits');
    if (typeof key !== 'string' || key.length < minKeyLength) {
      throw new Error(`key "${name}" must be a string of at least ${minKeyLength} characters`);
    }
    keys.set(name, key);
  }
  // The names are strings, so a `current` that is one of them is a string.
  if (!keys.has(current as string)) throw new Error('"current" must name one of the keys');
  // The same key under two names would look like a rotation. If a name occurs twice, JSON.parse silently drops one key.
  const members = json.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1;
  if (members !== new Set(keys.values()).size + 1) throw new Error('must not contain a name or a key twice');
  return { current: current as string, keys };
}

function parseObject(json: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    // Not passed on: the parser's message quotes the input.
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
    return parsed as Record<string, unknown>;
  throw new Error('must be a JSON object such as {"current":"k1","k1":"<at least 32 characters>"}');
}

/**
 * The secret could not be read or is malformed. The log shows the name of this class, which says which service failed.
 */
export class PepperUnavailableError extends Error {
  override readonly name = 'PepperUnavailableError';
}

/**
 * Creates the function that loads the pepper keys, cached by `createCachedFetch`. They are fetched when the first PIN
 * arrives, so that a reset without a PIN does not depend on them.
 *
 * @param fetchSecret - returns the secret's value
 * @param options - the clock, and a listener for failed refreshes
 */
export function createPepperLoader(
  fetchSecret: (signal: AbortSignal) => Promise<string>,
  options: Pick<CachedFetchOptions<Peppers>, 'now' | 'onFailedRefresh'>,
): LoadPeppers {
  const peppers = createCachedFetch({
    fetch: async (signal) => parseSecret(await fetchSecret(signal)),
    unavailable: (cause) => new PepperUnavailableError('The pepper keys could not be fetched', { cause }),
    ...options,
  });
  return ({ refresh } = { refresh: false }) => peppers.get(() => !refresh);
}

function parseSecret(text: string): Peppers {
  try {
    return parsePeppers(text);
  } catch (cause) {
    throw new CodedError('SECRET_MALFORMED', { cause });
  }
}

/**
 * Fetches the value of a secret from AWS Secrets Manager.
 *
 * @param secretId - name or ARN
 * @param signal - aborts the fetch, even in the middle of an answer
 */
export async function fetchSecretText(secretId: string, signal?: AbortSignal): Promise<string> {
  // Imported on demand, because most cold starts do not need this client.
  const { GetSecretValueCommand, SecretsManagerClient } = await import('./secrets-manager.ts');
  // Two attempts of at most 700 ms and a pause of at most 100 ms are 1.5 seconds, the time limit of a cached fetch.
  const client = new SecretsManagerClient(clientOptions({ attempts: 2, connecting: 500, answering: 700 }));
  try {
    const command = new GetSecretValueCommand({ SecretId: secretId });
    const { SecretString } = await client.send(command, signal && { abortSignal: signal });
    return SecretString ?? '';
  } finally {
    client.destroy();
  }
}

// The pepper keys: their format, and where they come from.
import { clientOptions } from '../../shared/aws-client.ts';
import { CodedError } from '../../shared/describe-fault.ts';
import type { Peppers } from '../domain/recovery-pin.ts';
import type { LoadPeppers } from '../domain/reset-password.ts';
import { type CachedFetchOptions, createCachedFetch } from './cached-fetch.ts';

const minKeyLength = 32;
/** At most eight bytes as PHC's `keyid` counts them. */
const keyNamePattern = /^[A-Za-z0-9]{1,11}$/;

/**
 * Parses pepper keys, a flat JSON object such as `{"current":"k2","k1":"…","k2":"…"}`.
 *
 * @param json - each key at least 32 characters, `current` the name of one of them
 * @throws Error that says what is wrong and shows no key
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
  // Key names are strings, so a match is one.
  if (!keys.has(current as string)) throw new Error('"current" must name one of the keys');
  // One key under two names looks like a rotation and is none. Of two members with one name JSON.parse keeps the last, and
  // the other key would be lost unseen.
  const members = json.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1;
  if (members !== new Set(keys.values()).size + 1) throw new Error('must not have a name or a key twice');
  return { current: current as string, keys };
}

function parseObject(json: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    // The parser's own message quotes the text.
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
    return parsed as Record<string, unknown>;
  throw new Error('must be a JSON object such as {"current":"k1","k1":"<at least 32 characters>"}');
}

/** The secret could not be read or is not what it should be; named so that the log tells which neighbour failed. */
export class PepperUnavailableError extends Error {
  override readonly name = 'PepperUnavailableError';
}

/**
 * Pepper keys that are fetched when a PIN is first seen, so that a reset without a PIN never depends on them, and kept
 * as `createCachedFetch` says.
 *
 * @param fetchSecret - returns the secret's text
 * @param options - the clock, and who is told of a failure that the last good keys make up for
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
 * Fetches a secret's text from AWS Secrets Manager.
 *
 * @param secretId - name or ARN
 * @param signal - gives up when it is aborted, half-way through an answer too
 */
export async function fetchSecretText(secretId: string, signal?: AbortSignal): Promise<string> {
  // Loaded only when a PIN is seen: most cold starts need no second client.
  const { GetSecretValueCommand, SecretsManagerClient } = await import('./secrets-manager.ts');
  // Two attempts of at most 700 ms and a pause of at most 100 make 1.5 seconds, all that a request with a PIN has for this.
  const client = new SecretsManagerClient(clientOptions({ attempts: 2, connecting: 500, answering: 700 }));
  // The SDK heeds a signal until the answer begins; what trickles in after that ends with its connection.
  signal?.addEventListener('abort', () => client.destroy());
  try {
    const command = new GetSecretValueCommand({ SecretId: secretId });
    const { SecretString } = await client.send(command, signal && { abortSignal: signal });
    return SecretString ?? '';
  } finally {
    client.destroy();
  }
}

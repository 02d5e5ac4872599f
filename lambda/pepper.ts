// The pepper keys: their format, and where they come from.
import type { Peppers } from './recovery-pin.ts';

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
    const [twin] = [...keys].find(([, other]) => other === key) ?? [];
    if (twin !== undefined) throw new Error(`keys "${twin}" and "${name}" are the same: make a new one`);
    keys.set(name, key);
  }
  // Their names are texts, so that what is one of them is a text too.
  if (!keys.has(current as string)) throw new Error('"current" must name one of the keys');
  // Of two members with one name JSON.parse keeps the last, and the other key would be lost unseen.
  const members = json.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1;
  if (members !== keys.size + 1) throw new Error('must not have the same name twice');
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

export type LoadPeppers = (options?: { readonly refresh: boolean }) => Promise<Peppers>;

/** How long fetched keys are used before they are asked for again: the longest a rotation takes to be noticed. */
const cacheMilliseconds = 5 * 60_000;

/**
 * Pepper keys that are fetched when a PIN is first seen, so that a reset without a PIN never depends on them. While
 * they cannot be fetched again the last good ones go on working.
 *
 * @param fetchSecret - returns the secret's text
 * @param now - milliseconds since the epoch
 */
export function createPepperLoader(fetchSecret: () => Promise<string>, now: () => number): LoadPeppers {
  let cached: { readonly peppers: Peppers; readonly until: number } | undefined;
  let pending: Promise<Peppers> | undefined;

  async function fetchPeppers(): Promise<Peppers> {
    try {
      const peppers = parsePeppers(await fetchSecret());
      cached = { peppers, until: now() + cacheMilliseconds };
      return peppers;
    } catch (cause) {
      throw new PepperUnavailableError('The pepper keys could not be had', { cause });
    }
  }

  return async (options) => {
    if (!options?.refresh && cached !== undefined && now() < cached.until) return cached.peppers;
    pending ??= fetchPeppers().finally(() => {
      pending = undefined;
    });
    try {
      return await pending;
    } catch (error) {
      if (cached === undefined) throw error;
      return cached.peppers;
    }
  };
}

/**
 * Fetches a secret's text from AWS Secrets Manager.
 *
 * @param secretId - name or ARN
 */
export async function fetchSecretText(secretId: string): Promise<string> {
  // Loaded only when a PIN is seen: most cold starts need no second client.
  const { GetSecretValueCommand, SecretsManagerClient } = await import('./secrets-manager.ts');
  const client = new SecretsManagerClient({
    // Two attempts of a second each, so that a request with a PIN still fits the function's ten seconds. The socket's
    // own time-out is for an answer that begins and does not end.
    retryMode: 'standard',
    maxAttempts: 2,
    requestHandler: {
      connectionTimeout: 500,
      requestTimeout: 1_000,
      throwOnRequestTimeout: true,
      socketTimeout: 1_000,
    },
  });
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
    return SecretString ?? '';
  } finally {
    client.destroy();
  }
}

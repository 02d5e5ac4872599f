// Changes of the pepper secret. Each is a new version with all keys of the one before, and becomes the current version
// only if that one is still current: of two operators at the same time, one is refused and none loses a key.
import { randomBytes, randomUUID } from 'node:crypto';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  paginateListSecretVersionIds,
  ResourceNotFoundException,
  type SecretsManagerClient,
  type SecretVersionsListEntry,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { maxAgeMilliseconds } from '../../lambda/reset/adapters/cached-fetch.ts';
import { parsePeppers } from '../../lambda/reset/adapters/pepper.ts';
import type { Peppers } from '../../lambda/reset/domain/recovery-pin.ts';
import { kindOf } from '../../lambda/shared/describe-fault.ts';
import { UsageError } from '../command-line/usage-error.ts';

/**
 * Milliseconds: after this time every running function knows a change of the secret. Twice the age at which a function fetches
 * it again, so that one failed fetch does no harm.
 */
export const spreadMilliseconds = 2 * maxAgeMilliseconds;

/** The staging label of a version that is written and not current yet. The next such version takes it over. */
const newVersion = 'ROTATION';

/** The secret as it was read. */
interface PepperSecret {
  readonly arn: string;
  /** When the secret was last changed in any way. */
  readonly changedAt: number;
  readonly current: PepperVersion & { readonly peppers: Peppers };
  /** All versions that still exist, the newest first. */
  readonly versions: readonly PepperVersion[];
}

interface PepperVersion {
  readonly id: string;
  readonly labels: readonly string[];
  readonly createdAt: number;
  /** Undefined if the version does not hold pepper keys. */
  readonly peppers: Peppers | undefined;
}

/** A change that was made. */
export interface PepperChange {
  readonly arn: string;
  /** The key that was added or made current. */
  readonly name: string;
  /** The key that was current before. */
  readonly currentBefore: string;
  /** The names of all keys, in the order of the secret. */
  readonly names: readonly string[];
}

/**
 * Adds a random key under the next free name, such as `k3` after `k2`, and leaves `current` as it is.
 *
 * @param secretId - ARN or name
 * @param signal - ends the reading; what is being written then is finished
 * @throws UsageError if the secret does not hold pepper keys, or was changed by somebody else meanwhile
 */
export async function addPepperKey(
  client: SecretsManagerClient,
  secretId: string,
  signal?: AbortSignal,
): Promise<PepperChange> {
  const secret = await readSecret(client, secretId, signal);
  const { peppers } = secret.current;
  const name = nextName(secret.versions);
  const keys = new Map(peppers.keys).set(name, randomBytes(32).toString('hex'));
  await makeCurrentVersion(client, secret, { current: peppers.current, keys });
  return { arn: secret.arn, name, currentBefore: peppers.current, names: [...keys.keys()] };
}

/**
 * Makes a key the current one, or makes the key before it current again.
 *
 * @param secretId - ARN or name
 * @param name - of a key that every running function knows
 * @param now - milliseconds since the epoch
 * @param signal - ends the reading; what is being written then is finished
 * @returns undefined if the key is the current one already
 * @throws UsageError if there is no such key, if a running function may not know it yet, if the secret does not hold
 *   pepper keys, or was changed by somebody else meanwhile
 */
export async function promotePepperKey(
  client: SecretsManagerClient,
  secretId: string,
  name: string,
  now: number,
  signal?: AbortSignal,
): Promise<PepperChange | undefined> {
  const secret = await readSecret(client, secretId, signal);
  const { current, keys } = secret.current.peppers;
  const names = [...keys.keys()];
  if (!keys.has(name)) throw new UsageError(`there is no key "${name}": the secret has ${names.join(', ')}.`);
  if (name === current) return undefined;
  const knownFrom = secret.changedAt + spreadMilliseconds;
  if (now < knownFrom && !versionsInUse(secret, now).every((version) => hasSameKey(version, secret, name))) {
    throw new UsageError(
      `running functions may not know "${name}" yet: the secret was changed at ` +
        `${new Date(secret.changedAt).toISOString()}. Repeat this from ${new Date(knownFrom).toISOString()} on.`,
    );
  }
  await makeCurrentVersion(client, secret, { current: name, keys });
  return { arn: secret.arn, name, currentBefore: current, names };
}

/**
 * Names of all versions count, so that no name ever stands for two keys. The name after `k9999999999` is too long, and is
 * refused before it is written.
 */
function nextName(versions: readonly PepperVersion[]): string {
  const names = versions.flatMap(({ peppers }) => [...(peppers?.keys.keys() ?? [])]);
  const numbers = names.map((name) => Number(/^k(\d+)$/.exec(name)?.[1] ?? 0));
  return `k${Math.max(0, ...numbers) + 1}`;
}

/** The versions beside the current one that a running function may have fetched if the secret was changed just now. */
function versionsInUse({ versions }: PepperSecret, now: number): PepperVersion[] {
  const isNew = ({ createdAt }: PepperVersion) => createdAt > now - spreadMilliseconds;
  const newestOfOld = versions.find((version) => !isNew(version));
  return versions.filter(
    (version) => version.labels.includes('AWSPREVIOUS') || version === newestOfOld || isNew(version),
  );
}

function hasSameKey({ peppers }: PepperVersion, { current }: PepperSecret, name: string): boolean {
  return peppers?.keys.get(name) === current.peppers.keys.get(name);
}

async function readSecret(
  client: SecretsManagerClient,
  SecretId: string,
  signal?: AbortSignal,
): Promise<PepperSecret> {
  const options = signal && { abortSignal: signal };
  const { ARN, LastChangedDate } = await client.send(new DescribeSecretCommand({ SecretId }), options);
  const arn = String(ARN);
  const versions: PepperVersion[] = [];
  // Versions without a label too.
  const pages = paginateListSecretVersionIds({ client }, { SecretId: arn, IncludeDeprecated: true }, options);
  for await (const { Versions = [] } of pages)
    for (const entry of Versions) versions.push(await readVersion(client, arn, entry, options));
  signal?.throwIfAborted();
  versions.sort((a, b) => b.createdAt - a.createdAt);
  const current = versions.find(({ labels }) => labels.includes('AWSCURRENT'));
  if (current?.peppers === undefined) {
    throw new UsageError(
      `${arn} does not hold pepper keys such as {"current":"k1","k1":"…"}: pass the output PepperSecret of the stack.`,
    );
  }
  return {
    arn,
    changedAt: Math.max(current.createdAt, LastChangedDate?.getTime() ?? 0),
    current: { ...current, peppers: current.peppers },
    versions,
  };
}

async function readVersion(
  client: SecretsManagerClient,
  SecretId: string,
  { VersionId, VersionStages = [], CreatedDate }: SecretVersionsListEntry,
  options: { readonly abortSignal: AbortSignal } | undefined,
): Promise<PepperVersion> {
  const text = await client.send(new GetSecretValueCommand({ SecretId, VersionId }), options).then(
    ({ SecretString }) => SecretString,
    (error) => {
      // Secrets Manager deletes old versions at some time, and a version may have no value yet.
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    },
  );
  return {
    id: String(VersionId),
    labels: VersionStages,
    createdAt: CreatedDate?.getTime() ?? 0,
    peppers: parseOrUndefined(String(text)),
  };
}

function parseOrUndefined(text: string): Peppers | undefined {
  try {
    return parsePeppers(text);
  } catch {
    return undefined;
  }
}

/**
 * Writes a version, and moves the label `AWSCURRENT` to it from the version that was read. Secrets Manager refuses the
 * move if another version has the label by then.
 */
async function makeCurrentVersion(
  client: SecretsManagerClient,
  { arn, current }: PepperSecret,
  peppers: Peppers,
): Promise<void> {
  const SecretString = JSON.stringify({ current: peppers.current, ...Object.fromEntries(peppers.keys) });
  parsePeppers(SecretString);
  const id = randomUUID();
  await client
    .send(
      new PutSecretValueCommand({
        SecretId: arn,
        SecretString,
        ClientRequestToken: id,
        VersionStages: [newVersion],
      }),
    )
    .catch((error) => {
      // The message may quote the value.
      throw new UsageError(
        `the new version could not be written (${kindOf(error)}). The current version is unchanged.`,
      );
    });
  try {
    await client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: arn,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: id,
        RemoveFromVersionId: current.id,
      }),
    );
  } catch (error) {
    const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId: arn }));
    const isCurrent = (version: string) => VersionIdsToStages?.[version]?.includes('AWSCURRENT');
    // The SDK repeats a call whose answer was lost, and the repetition is refused.
    if (isCurrent(id)) return;
    if (isCurrent(current.id)) throw error;
    throw new UsageError(
      'somebody else changed the secret at the same time. Their change holds, and yours was not made: ' +
        'look at theirs, and repeat the command.',
    );
  }
}

// AWS Secrets Manager for tests: one secret behind the real SDK client, with versions and their labels.
import { createAwsJsonServer, ServiceFault } from '../../../infra/local/aws-json.ts';
import { listen } from '../../../infra/local/listen.ts';

export interface Version {
  readonly id: string;
  labels: string[];
  /** Undefined: it is listed, and has no value any more. */
  text: string | undefined;
  /** Milliseconds since the epoch. */
  createdAt: number;
}

export interface SecretServer {
  readonly endpoint: string;
  versions: Version[];
  changedAt: number;
  /** What the clock of the service says, in milliseconds since the epoch. */
  now: number;
  /** The operations that were called. */
  readonly calls: string[];
  /** Set to act before a call is carried out; an error is the answer. */
  before: ((operation: string) => void | Promise<void>) | undefined;
  /** Set to act after a call was carried out; an error is the answer. */
  after: ((operation: string) => void) | undefined;
  /** Puts a version into the secret as the current one. */
  put(id: string, value: unknown): void;
  /** Its current value, parsed. */
  current(): Record<string, string>;
  close(): void;
}

export const secretArn = 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:pepper';

/** Starts a secret without versions. */
export async function startSecretServer(): Promise<SecretServer> {
  function move(label: string, to: string): void {
    for (const version of secret.versions) version.labels = version.labels.filter((one) => one !== label);
    find(to).labels.push(label);
  }

  function find(id: unknown): Version {
    const found = secret.versions.find((version) => version.id === id);
    if (found) return found;
    throw new ServiceFault(400, 'ResourceNotFoundException');
  }

  const withLabel = (label: string) => secret.versions.find(({ labels }) => labels.includes(label));

  const operations: Readonly<Record<string, (input: Record<string, unknown>) => unknown>> = {
    DescribeSecret: () => ({
      ARN: secretArn,
      LastChangedDate: secret.changedAt / 1_000,
      VersionIdsToStages: Object.fromEntries(
        secret.versions.filter(({ labels }) => labels.length > 0).map(({ id, labels }) => [id, labels]),
      ),
    }),
    // Pages of two, and versions without a label only if they are asked for.
    ListSecretVersionIds({ NextToken, IncludeDeprecated }) {
      const start = Number(NextToken ?? 0);
      const listed = secret.versions.filter(({ labels }) => IncludeDeprecated || labels.length > 0);
      const Versions = listed.slice(start, start + 2).map(({ id, labels, createdAt }) => ({
        VersionId: id,
        ...(labels.length > 0 && { VersionStages: labels }),
        CreatedDate: createdAt / 1_000,
      }));
      return { Versions, ...(start + 2 < listed.length && { NextToken: String(start + 2) }) };
    },
    GetSecretValue({ VersionId }) {
      const { text } = find(VersionId);
      if (text === undefined) throw new ServiceFault(400, 'ResourceNotFoundException');
      return { SecretString: text };
    },
    PutSecretValue({ ClientRequestToken, SecretString, VersionStages }) {
      const [id, stages] = [String(ClientRequestToken), VersionStages as string[]];
      if (!stages.some(Boolean)) throw new ServiceFault(400, 'InvalidParameterException');
      secret.versions.push({ id, labels: [], text: String(SecretString), createdAt: secret.now });
      for (const label of stages) move(label, id);
      secret.changedAt = secret.now;
      return { VersionId: id };
    },
    UpdateSecretVersionStage({ VersionStage, MoveToVersionId, RemoveFromVersionId }) {
      const holder = withLabel(String(VersionStage));
      if (holder && holder.id !== RemoveFromVersionId)
        throw new ServiceFault(400, 'InvalidParameterException');
      move(String(VersionStage), String(MoveToVersionId));
      if (holder) move('AWSPREVIOUS', holder.id);
      secret.changedAt = secret.now;
      return {};
    },
  };

  const server = createAwsJsonServer(async (operation, input) => {
    secret.calls.push(operation);
    await secret.before?.(operation);
    if (!input.SecretId) throw new ServiceFault(400, 'InvalidParameterException');
    const output = operations[operation]?.(input);
    secret.after?.(operation);
    return output;
  });
  const secret: SecretServer = {
    endpoint: await listen(server, 0, 'PORT'),
    versions: [],
    changedAt: 0,
    now: 0,
    calls: [],
    before: undefined,
    after: undefined,
    put(id, value) {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      secret.versions.push({ id, labels: [], text, createdAt: secret.now });
      const holder = withLabel('AWSCURRENT');
      move('AWSCURRENT', id);
      if (holder) move('AWSPREVIOUS', holder.id);
      secret.changedAt = secret.now;
    },
    current: () => JSON.parse(withLabel('AWSCURRENT')?.text ?? ''),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return secret;
}

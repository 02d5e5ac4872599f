// `npm run rotate-pepper` against Secrets Manager of the emulator.
import { randomUUID } from 'node:crypto';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { beforeEach, describe, expect, inject, it } from 'vitest';
import {
  addPepperKey,
  promotePepperKey,
  spreadMilliseconds,
} from '../../infra/operations/pepper-versions.ts';
import { parsePeppers } from '../../lambda/reset/adapters/pepper.ts';
import { createPinVerifier, parseVerifier, verifyPin } from '../../lambda/reset/domain/recovery-pin.ts';
import { runProgram } from './program.ts';

const { endpoint, environment } = inject('emulator');
const client = new SecretsManagerClient({ endpoint });
const firstKey = 'k1'.repeat(32);
let secretId: string;

beforeEach(async () => {
  secretId = await createSecret(JSON.stringify({ current: 'k1', k1: firstKey }));
});

async function createSecret(SecretString: string): Promise<string> {
  const { ARN } = await client.send(new CreateSecretCommand({ Name: randomUUID(), SecretString }));
  return String(ARN);
}

async function readPeppers(VersionId?: string) {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId, VersionId }));
  return parsePeppers(String(SecretString));
}

const rotate = (...args: readonly string[]) =>
  runProgram(['npm', 'run', '-s', 'rotate-pepper', '--', ...args], environment);

const later = () => Date.now() + spreadMilliseconds + 2_000;

it('adds a key that nothing uses yet, says what to run when, and prints no key', async () => {
  const { code, stdout, stderr } = await rotate('--secret', secretId);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { current, keys } = await readPeppers();
  expect({ current, names: [...keys.keys()], k1: keys.get('k1') }).toEqual({
    current: 'k1',
    names: ['k1', 'k2'],
    k1: firstKey,
  });
  expect(keys.get('k2')).toMatch(/^[0-9a-f]{64}$/);
  expect(stdout).toContain(`npm run rotate-pepper -- --secret ${secretId} --promote k2`);
  for (const key of keys.values()) expect(stdout).not.toContain(key);
});

it('refuses to promote a key before every running function knows it, and says when it can be', async () => {
  await addPepperKey(client, secretId);
  const { code, stderr } = await rotate('--secret', secretId, '--promote', 'k2');
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^npm run rotate-pepper: running functions may not know "k2" yet: .+ Repeat this from \S+Z on\.\n$/,
  );
  expect((await readPeppers()).current).toBe('k1');
});

it('rotates again and again, with every PIN of before still verified', async () => {
  const verifiers: string[] = [];
  for (const name of ['k2', 'k3', 'k4']) {
    verifiers.push(await createPinVerifier(await readPeppers(), 'alice', '5621'));
    expect(await addPepperKey(client, secretId)).toMatchObject({ name });
    expect(await promotePepperKey(client, secretId, name, later())).toMatchObject({ name });
  }
  const peppers = await readPeppers();
  expect(peppers.current).toBe('k4');
  for (const verifier of verifiers)
    expect(await verifyPin(peppers, 'alice', '5621', parseVerifier(verifier))).toMatchObject({
      matches: true,
    });
});

it('goes back at once, and keeps the key under which PINs were stored meanwhile', async () => {
  await addPepperKey(client, secretId);
  await promotePepperKey(client, secretId, 'k2', later());
  const meanwhile = await createPinVerifier(await readPeppers(), 'alice', '5621');
  const { code, stdout } = await rotate('--secret', secretId, '--promote', 'k1');
  expect(code).toBe(0);
  expect(stdout).toContain('"k1" is the current key of k1, k2');
  const peppers = await readPeppers();
  expect(peppers.current).toBe('k1');
  expect(await verifyPin(peppers, 'alice', '5621', parseVerifier(meanwhile))).toMatchObject({
    matches: true,
  });
});

it('does nothing if the key is the current one already', async () => {
  const before = await listVersions();
  const { code, stdout } = await rotate('--secret', secretId, '--promote', 'k1');
  expect([code, stdout]).toEqual([0, '"k1" is the current key already.\n']);
  expect(await listVersions()).toEqual(before);
});

describe('of two operators at the same time', () => {
  it('who add keys, one is refused, and a name never stands for two keys', async () => {
    const results = await Promise.allSettled(Array.from({ length: 6 }, () => addPepperKey(client, secretId)));
    const refused = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason.message] : [],
    );
    for (const message of refused) expect(message).toContain('somebody else changed the secret');
    const { keys } = await readPeppers();
    expect(keys.size).toBe(1 + results.length - refused.length);
    expect(keys.get('k1')).toBe(firstKey);
  });

  it('the second is refused if the first writes between its reading and its writing', async () => {
    const racing = new SecretsManagerClient({ endpoint });
    let raced = false;
    racing.middlewareStack.add(
      (next, context) => async (args) => {
        if (context.commandName === 'PutSecretValueCommand' && !raced) {
          raced = true;
          await addPepperKey(client, secretId);
        }
        return next(args);
      },
      { step: 'initialize' },
    );
    await expect(addPepperKey(racing, secretId)).rejects.toThrow('somebody else changed the secret');
    const kept = await readPeppers();
    expect([...kept.keys.keys()]).toEqual(['k1', 'k2']);
    // The refused version exists, so its name is used up.
    expect(await addPepperKey(racing, secretId)).toMatchObject({ name: 'k3', names: ['k1', 'k2', 'k3'] });
    expect((await readPeppers()).keys.get('k2')).toBe(kept.keys.get('k2'));
  });
});

it('takes a change for made if only its answer was lost', async () => {
  const forgetful = new SecretsManagerClient({ endpoint });
  forgetful.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      if (context.commandName === 'UpdateSecretVersionStageCommand') throw new Error('socket hang up');
      return result;
    },
    { step: 'initialize' },
  );
  expect(await addPepperKey(forgetful, secretId)).toMatchObject({ name: 'k2' });
  expect([...(await readPeppers()).keys.keys()]).toEqual(['k1', 'k2']);
});

it('gives a name that an earlier version has to no other key', async () => {
  await addPepperKey(client, secretId);
  // Somebody moves the secret back to a version without the key, by hand.
  const versions = await listVersions();
  const idOf = (label: string) =>
    versions.find(({ VersionStages }) => VersionStages?.includes(label))?.VersionId;
  await client.send(
    new UpdateSecretVersionStageCommand({
      SecretId: secretId,
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: idOf('AWSPREVIOUS'),
      RemoveFromVersionId: idOf('AWSCURRENT'),
    }),
  );
  expect(await addPepperKey(client, secretId)).toMatchObject({ names: ['k1', 'k3'] });
});

it.each([
  ['another secret', '{"username":"admin","password":"correct horse battery staple correct horse"}'],
  ['a text', 'correct horse battery staple correct horse'],
])('refuses %s, does not change it, and prints nothing of it', async (_what, text) => {
  secretId = await createSecret(text);
  const { code, stdout, stderr } = await rotate('--secret', secretId);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain('does not hold pepper keys');
  expect(stderr).not.toContain('horse');
  expect(await listVersions()).toHaveLength(1);
});

it('refuses a key that the secret does not have', async () => {
  const { code, stderr } = await rotate('--secret', secretId, '--promote', 'k9');
  expect([code, stderr]).toEqual([1, 'npm run rotate-pepper: there is no key "k9": the secret has k1.\n']);
});

it('says what is missing, and shows its options with --help', async () => {
  expect((await rotate()).stderr).toContain('--secret is missing');
  expect((await rotate('--sekret', 'x')).stderr).toContain('did you mean --secret?');
  expect(await rotate('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('--promote k3') });
});

it('counts from the last change of the secret, whoever made it', async () => {
  await addPepperKey(client, secretId);
  const { current, keys } = await readPeppers();
  const SecretString = JSON.stringify({ current, ...Object.fromEntries(keys), own: 'own'.repeat(20) });
  await client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString }));
  await expect(promotePepperKey(client, secretId, 'own', Date.now())).rejects.toThrow(
    'may not know "own" yet',
  );
  expect(await promotePepperKey(client, secretId, 'own', later())).toMatchObject({ currentBefore: 'k1' });
});

async function listVersions() {
  const command = new ListSecretVersionIdsCommand({ SecretId: secretId, IncludeDeprecated: true });
  return (await client.send(command)).Versions ?? [];
}

// `npm run rotate-pepper` and what it calls, against a secret of ours.
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Interruption } from '../../../infra/command-line/program.ts';
import { ServiceFault } from '../../../infra/local/aws-json.ts';
import {
  addPepperKey,
  promotePepperKey,
  spreadMilliseconds,
} from '../../../infra/operations/pepper-versions.ts';
import { rotatePepper } from '../../../infra/operations/rotate-pepper.ts';
import { runInProcess, startInProcess } from '../../support/run-program.ts';
import { type SecretServer, secretArn, startSecretServer } from './secret-server.ts';

const [key1, key2, key3] = ['k1', 'k2', 'k3'].map((name) => name.repeat(16)) as [string, string, string];
/** When the secret was last changed. */
const changed = Date.parse('2026-03-01T09:30:00Z');
const known = changed + spreadMilliseconds;
let secret: SecretServer;
let client: SecretsManagerClient;
beforeEach(async () => {
  secret = await startSecretServer();
  secret.now = changed - 10 * spreadMilliseconds;
  secret.put('v1', { current: 'k1', k1: key1 });
  client = new SecretsManagerClient({ endpoint: secret.endpoint, maxAttempts: 1 });
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', secret.endpoint);
});
afterEach(() => {
  client.destroy();
  secret.close();
});

/** Puts a version with k2 beside k1, now. */
function addSecondKey(): void {
  secret.now = changed;
  secret.put('v2', { current: 'k1', k1: key1, k2: key2 });
}

const rotate = (...args: readonly string[]) => runInProcess(rotatePepper, ['--secret', 'pepper', ...args]);
const promote = (name: string, now: number) => promotePepperKey(client, 'pepper', name, now);

describe('adding a key', () => {
  it('keeps every other key and the current one, and prints the name but no key', async () => {
    const { code, stdout, stderr } = await rotate();
    const { current, k1, k2, ...others } = secret.current();
    expect({ current, k1, others }).toEqual({ current: 'k1', k1: key1, others: {} });
    expect(k2).toMatch(/^[0-9a-f]{64}$/);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trim().split('\n');
    expect(lines).toEqual([
      `Added "k2" to ${secretArn}. Nothing uses it yet: "k1" is the current key of k1, k2.`,
      'Make sure that the service that sets PINs has read the secret again.',
      expect.stringMatching(/^Then, from \S+Z on:$/),
      `  npm run rotate-pepper -- --secret ${secretArn} --promote k2`,
    ]);
    const from = Date.parse(lines[2]?.split(' ')[2] ?? '');
    expect(Math.abs(from - Date.now() - spreadMilliseconds)).toBeLessThan(60_000);
    expect(stdout).not.toContain(String(k2));
  });

  it('prints the result on stderr if nobody reads stdout any more, as in `| true`', async () => {
    let stderr = '';
    const output = {
      print: async () => false,
      warn: async (lines: string) => {
        stderr += lines;
        return true;
      },
    };
    const code = await rotatePepper(['--secret', 'pepper'], {}, output, new AbortController().signal);
    expect([code, stderr]).toEqual([0, expect.stringContaining('Added "k2"')]);
  });

  it('is finished if it is interrupted while it writes, and is not begun if before', async () => {
    const controller = new AbortController();
    const run = () =>
      rotatePepper(
        ['--secret', 'pepper'],
        {},
        { print: async () => true, warn: async () => true },
        controller.signal,
      );
    secret.before = (operation) => {
      if (operation === 'PutSecretValue') controller.abort(new Interruption('SIGINT'));
    };
    expect(await run()).toBe(0);
    expect(Object.keys(secret.current())).toEqual(['current', 'k1', 'k2']);
    expect(await run()).toBe(130);
    expect(Object.keys(secret.current())).toEqual(['current', 'k1', 'k2']);
    expect(secret.calls.filter((operation) => operation === 'PutSecretValue')).toHaveLength(1);
  });

  it.each(['DescribeSecret', 'ListSecretVersionIds', 'GetSecretValue'])(
    'ends at once if it is interrupted while %s is not answered',
    async (hanging) => {
      const reached = new Promise<void>((resolve) => {
        secret.before = async (operation) => {
          if (operation !== hanging) return;
          resolve();
          await new Promise(() => {});
        };
      });
      const program = startInProcess(rotatePepper, ['--secret', 'pepper']);
      await reached;
      expect(await program.end(new Interruption('SIGINT'))).toEqual({
        code: 130,
        stdout: '',
        stderr: 'npm run rotate-pepper: interrupted by SIGINT\n',
      });
    },
  );

  it('gives no name a second time that any version ever had', async () => {
    secret.put('v2', { current: 'k1', k1: key1, k7: key2 });
    secret.put('v3', { current: 'k1', k1: key1, own: key3 });
    secret.put('v4', { current: 'k1', k1: key1 });
    for (const version of secret.versions.slice(0, 2)) version.labels = [];
    expect(await addPepperKey(client, 'pepper')).toEqual({
      arn: secretArn,
      name: 'k8',
      currentBefore: 'k1',
      names: ['k1', 'k8'],
    });
  });

  it.each([
    [['k12', 'ak30', 'k40b'], 'k13'],
    [['k999999999', 'k1000000000'], 'k1000000001'],
  ])('counts on from the highest number: after %j comes %s', async (names, name) => {
    const keys = Object.fromEntries(names.map((known) => [known, known.repeat(12)]));
    secret.put('v2', { current: names[0], ...keys });
    expect(await addPepperKey(client, 'pepper')).toMatchObject({ name, names: [...names, name] });
    expect(secret.current()).toMatchObject(keys);
  });

  it('writes nothing if the next name would be longer than functions accept', async () => {
    secret.put('v2', { current: 'k9999999999', k9999999999: key1 });
    expect((await rotate()).stderr).toBe(
      'npm run rotate-pepper: the name of a key must be 1 to 11 letters and digits\n',
    );
    expect(secret.calls).not.toContain('PutSecretValue');
  });

  it('ignores versions that have no value, or a value of another kind', async () => {
    secret.put('v2', 'not pepper keys');
    secret.put('v3', '{}');
    secret.put('v4', { current: 'k1', k1: key1 });
    const [, second] = secret.versions;
    if (second) second.text = undefined;
    expect(await addPepperKey(client, 'pepper')).toMatchObject({ name: 'k2' });
  });

  it.each([['{"username":"admin"}'], ['a text'], ['']])(
    'refuses the secret %j, and prints nothing of it',
    async (text) => {
      secret.put('v2', text);
      const { code, stdout, stderr } = await rotate();
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toBe(
        `npm run rotate-pepper: ${secretArn} does not hold pepper keys such as {"current":"k1","k1":"…"}: ` +
          'pass the output PepperSecret of the stack.\n',
      );
      expect(secret.versions).toHaveLength(2);
    },
  );

  it('refuses a secret without a current version, or without any', async () => {
    for (const version of secret.versions) version.labels = [];
    expect((await rotate()).stderr).toContain('does not hold pepper keys such as');
    secret.versions = [];
    expect((await rotate()).stderr).toContain('does not hold pepper keys such as');
    expect(secret.calls).not.toContain('PutSecretValue');
  });

  it('writes nothing if it may not read a version: that one may have the next name', async () => {
    secret.before = (operation) => {
      if (operation === 'GetSecretValue') throw new ServiceFault(400, 'AccessDeniedException');
    };
    expect((await rotate()).stderr).toBe(
      'npm run rotate-pepper: these credentials may not do this: --help lists the permissions ' +
        '(AccessDeniedException: AccessDeniedException).\n',
    );
    expect(secret.calls).not.toContain('PutSecretValue');
  });
});

describe('a change that meets another one', () => {
  it('is refused, and the other one holds', async () => {
    secret.before = (operation) => {
      if (operation !== 'PutSecretValue') return;
      secret.before = undefined;
      secret.put('theirs', { current: 'k1', k1: key1, own: key2 });
    };
    const { code, stderr } = await rotate();
    expect([code, stderr]).toEqual([
      1,
      'npm run rotate-pepper: somebody else changed the secret at the same time. Their change holds, and yours ' +
        'was not made: look at theirs, and repeat the command.\n',
    ]);
    expect(secret.current()).toEqual({ current: 'k1', k1: key1, own: key2 });
  });

  it('is refused also if the other one comes between writing and moving the label', async () => {
    secret.before = (operation) => {
      if (operation === 'UpdateSecretVersionStage')
        secret.put('theirs', { current: 'k1', k1: key1, own: key2 });
    };
    await expect(addPepperKey(client, 'pepper')).rejects.toThrow('somebody else changed the secret');
    expect(secret.current()).toEqual({ current: 'k1', k1: key1, own: key2 });
  });

  it('is refused also if the other one came through this command, and took over the label of a new version', async () => {
    secret.before = (operation) => {
      if (operation !== 'UpdateSecretVersionStage') return;
      secret.before = undefined;
      for (const version of secret.versions)
        version.labels = version.labels.filter((label) => label !== 'ROTATION');
      secret.put('theirs', { current: 'k1', k1: key1, k2: key2 });
    };
    await expect(addPepperKey(client, 'pepper')).rejects.toThrow('somebody else changed the secret');
    expect(secret.current()).toEqual({ current: 'k1', k1: key1, k2: key2 });
  });

  it('is made if only the answer was lost', async () => {
    secret.after = (operation) => {
      if (operation === 'UpdateSecretVersionStage') throw new Error('lost');
    };
    expect(await addPepperKey(client, 'pepper')).toMatchObject({ name: 'k2' });
    expect(Object.keys(secret.current())).toEqual(['current', 'k1', 'k2']);
  });

  it('throws its own error if it failed for another reason', async () => {
    secret.before = (operation) => {
      if (operation === 'UpdateSecretVersionStage') throw new Error('down');
    };
    await expect(addPepperKey(client, 'pepper')).rejects.toThrow(/^(?!somebody)/);
    expect(secret.current()).toEqual({ current: 'k1', k1: key1 });
  });

  it('throws an error without the value that could not be written', async () => {
    secret.before = (operation) => {
      if (operation === 'PutSecretValue') throw new Error(key1);
    };
    await expect(addPepperKey(client, 'pepper')).rejects.toThrow(
      'the new version could not be written (InternalFailure). The current version is unchanged.',
    );
  });
});

describe('promoting a key', () => {
  it('is refused until every running function knows it; the message says when to repeat it', async () => {
    addSecondKey();
    await expect(promote('k2', known - 1)).rejects.toThrow(
      'running functions may not know "k2" yet: the secret was changed at 2026-03-01T09:30:00.000Z. ' +
        `Repeat this from ${new Date(known).toISOString()} on.`,
    );
    expect(secret.current().current).toBe('k1');
    expect(await promote('k2', known)).toEqual({
      arn: secretArn,
      name: 'k2',
      currentBefore: 'k1',
      names: ['k1', 'k2'],
    });
    expect(secret.current()).toEqual({ current: 'k2', k1: key1, k2: key2 });
  });

  it('says what it changed, and the way back', async () => {
    secret.put('v2', { current: 'k1', k1: key1, k2: key2 });
    const { code, stdout, stderr } = await rotate('--promote', 'k2');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trim().split('\n')).toEqual([
      `"k2" is the current key of k1, k2 in ${secretArn}.`,
      'PINs under "k1" go on working; each is stored under "k2" when it is next used.',
      'Remove no key: docs/runbook.md, "Rotating the pepper", counts the PINs under each. The way back:',
      `  npm run rotate-pepper -- --secret ${secretArn} --promote k1`,
    ]);
  });

  it('is possible at once if every version that a function may have read has the key: the way back', async () => {
    addSecondKey();
    secret.now = known;
    await promote('k2', known);
    expect(await promote('k1', known + 1)).toMatchObject({ name: 'k1', currentBefore: 'k2' });
    expect(secret.current()).toEqual({ current: 'k1', k1: key1, k2: key2 });
  });

  it.each([
    ['the version before', { current: 'k1', k1: key1 }],
    ['it under another key', { current: 'k1', k1: key1, k2: key3 }],
  ])('is refused while functions may have read %s', async (_what, value) => {
    secret.put('old', value);
    // Two changes since, both with the key: no label says any more what functions have read.
    secret.now = known - 2_000;
    secret.put('new', { current: 'k1', k1: key1, k2: key2 });
    secret.now = known - 1_000;
    secret.put('newest', { current: 'k1', k1: key1, k2: key2 });
    await expect(promote('k2', known)).rejects.toThrow('running functions may not know "k2" yet');
    expect(await promote('k2', known - 1_000 + spreadMilliseconds)).toMatchObject({ name: 'k2' });
  });

  it('is refused while a version without the key was current a moment ago', async () => {
    secret.put('old', { current: 'k1', k1: key1, k2: key2 });
    secret.now = changed;
    secret.put('without', { current: 'k1', k1: key1 });
    secret.put('with', { current: 'k1', k1: key1, k2: key2 });
    secret.put('with-too', { current: 'k1', k1: key1, k2: key2 });
    await expect(promote('k2', changed + 1)).rejects.toThrow('may not know "k2" yet');
  });

  it('is possible as soon as the version that added it is old enough, whatever was added since', async () => {
    // Listed first, and long out of use.
    secret.put('older', { current: 'k1', k1: key1 });
    addSecondKey();
    secret.now = known - 1_000;
    secret.put('v3', { current: 'k1', k1: key1, k2: key2, k3: key3 });
    await expect(promote('k3', known)).rejects.toThrow('may not know "k3" yet');
    await expect(promote('k2', known - 1)).rejects.toThrow('may not know "k2" yet');
    expect(await promote('k2', known)).toMatchObject({ name: 'k2' });
  });

  it('is refused while functions may have read a previous version that holds no keys', async () => {
    secret.now += 1_000;
    secret.put('broken', 'no keys');
    secret.now = changed;
    secret.put('v3', { current: 'k1', k1: key1, k2: key2 });
    await expect(promote('k2', known - 1)).rejects.toThrow('may not know "k2" yet');
  });

  it('counts from the last change, also if that made no version', async () => {
    secret.now += 1_000;
    secret.put('v2', { current: 'k1', k1: key1, k2: key2 });
    secret.changedAt = changed;
    // The version before the current one, which lacks the key, has been current until then.
    await expect(promote('k2', known - 1)).rejects.toThrow('may not know "k2" yet');
    expect(await promote('k2', known)).toMatchObject({ name: 'k2' });
  });

  it('changes nothing if the key is the current one, or there is none of that name', async () => {
    expect(await rotate('--promote', 'k1')).toEqual({
      code: 0,
      stdout: '"k1" is the current key already.\n',
      stderr: '',
    });
    secret.put('v2', { current: 'k1', k1: key1, k2: key2 });
    expect((await rotate('--promote', 'k9')).stderr).toBe(
      'npm run rotate-pepper: there is no key "k9": the secret has k1, k2.\n',
    );
    expect(secret.calls).not.toContain('PutSecretValue');
  });
});

it('says in its help how to promote a key, and how long to wait', async () => {
  const { code, stdout } = await runInProcess(rotatePepper, ['--help']);
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/--promote k3\n.*: 10 minutes after it was added\.\n/),
  ]);
});

it('says what is missing', async () => {
  expect((await runInProcess(rotatePepper)).stderr).toBe(
    'npm run rotate-pepper: --secret is missing: pass the output PepperSecret of the stack.\n',
  );
  expect((await rotate('--promot', 'k2')).stderr).toContain(
    'There is no option --promot: did you mean --promote?',
  );
});

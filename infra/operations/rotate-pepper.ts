// `npm run rotate-pepper`: adds a pepper key, and makes a key the current one.
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { readOptions } from '../command-line/command-options.ts';
import { createProgram, type Output } from '../command-line/program.ts';
import { runProgram } from '../command-line/run-program.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { callOptions } from './call-options.ts';
import { addPepperKey, type PepperChange, promotePepperKey, spreadMilliseconds } from './pepper-versions.ts';

const help = `Rotates the pepper of the recovery PINs, in two steps. No key is ever removed, so no PIN breaks.

npm run rotate-pepper -- --secret <ARN>
    adds a random key under the next free name, such as k3 after k2. Nothing uses it yet.
npm run rotate-pepper -- --secret <ARN> --promote k3
    makes it the current key, once every running function knows it: ${spreadMilliseconds / 60_000} minutes after it was added.
npm run rotate-pepper -- --secret <ARN> --promote k2
    the way back: makes the key before it current again, at once.

--secret   ARN or name of the pepper secret: the output PepperSecret of the stack.
--promote  name of the key.

Keys are never printed. Required permissions on the secret: DescribeSecret, ListSecretVersionIds, GetSecretValue,
PutSecretValue and UpdateSecretVersionStage of Secrets Manager.`;

export const rotatePepper = createProgram(
  { name: 'npm run rotate-pepper', help },
  async (args, _env, output, signal) => {
    const { secret, promote } = readOptions(args, {
      secret: { type: 'string' },
      promote: { type: 'string' },
    });
    if (!secret) throw new UsageError('--secret is missing: pass the output PepperSecret of the stack.');
    const client = new SecretsManagerClient(callOptions);
    if (promote === undefined)
      return report(output, describeAdded(await addPepperKey(client, secret, signal)));
    const change = await promotePepperKey(client, secret, promote, Date.now(), signal);
    await report(output, change ? describePromoted(change) : [`"${promote}" is the current key already.`]);
  },
);

function describeAdded({ arn, name, currentBefore, names }: PepperChange): string[] {
  return [
    `Added "${name}" to ${arn}. Nothing uses it yet: "${currentBefore}" is the current key of ${names.join(', ')}.`,
    'Make sure that the service that sets PINs has read the secret again.',
    `Then, from ${new Date(Date.now() + spreadMilliseconds).toISOString()} on:`,
    `  npm run rotate-pepper -- --secret ${arn} --promote ${name}`,
  ];
}

function describePromoted({ arn, name, currentBefore, names }: PepperChange): string[] {
  return [
    `"${name}" is the current key of ${names.join(', ')} in ${arn}.`,
    `PINs under "${currentBefore}" go on working; each is stored under "${name}" when it is next used.`,
    'Remove no key: docs/runbook.md, "Rotating the pepper", counts the PINs under each. The way back:',
    `  npm run rotate-pepper -- --secret ${arn} --promote ${currentBefore}`,
  ];
}

/** The change is made: its key must have a reader, even if nobody reads stdout. */
async function report({ print, warn }: Output, lines: readonly string[]): Promise<void> {
  const text = lines.join('\n');
  if (!(await print(text))) await warn(text);
}

if (import.meta.main) await runProgram(rotatePepper);

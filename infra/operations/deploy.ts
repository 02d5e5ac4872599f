// `npm run deploy`: `cdk deploy`, after a comparison with the settings that are deployed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ListSubscriptionsByTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { refuseUnclear } from '../command-line/command-options.ts';
import { createProgram, Interruption, type Output } from '../command-line/program.ts';
import { runProgram } from '../command-line/run-program.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { compareSettings } from '../settings/given-settings.ts';
import { readSettingsOrExit } from '../settings/settings.ts';
import { callOptions } from './call-options.ts';
import { readOutputs } from './stack-outputs.ts';

const help = `Compares the settings with those that are deployed, and runs cdk deploy.

npm run deploy -- -c stage=prod -c tokenIssuer=… …
    checks settings and credentials, shows what differs from the deployed settings, and deploys. A deployment that would
    drop a setting is refused. Afterwards it says if the mail address for alarms is not confirmed yet.
npm run deploy -- -c stage=prod … --drop tokenScope
    drops a setting, or several separated by commas. docs/configuration.md says what that does to a running stage.

All other options are those of cdk deploy, such as --require-approval never. Region and profile are the first that is set of
--region, CDK_REGION, AWS_REGION, AWS_DEFAULT_REGION and the profile's region, and of --profile, CDK_PROFILE, AWS_PROFILE and
AWS_DEFAULT_PROFILE. A setting of which ~/.cdk.json, cdk.context.json or CDK_CONTEXT has another value is refused.

Required permissions: DescribeStacks of CloudFormation, ListSubscriptionsByTopic of SNS, and those of cdk deploy.`;

export const deploy = createProgram({ name: 'npm run deploy', help }, main);

async function main(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  { print }: Output,
  signal: AbortSignal,
): Promise<void> {
  const { context, drop, others, ...given } = readArguments(args);
  const { context: ownContext } = JSON.parse(readFileSync('cdk.json', 'utf8'));
  const settings = readSettingsOrExit({ ...ownContext, ...context }, env);
  // Passed on even if there is none: the CDK would look into ~/.cdk.json, and prefers keys in the environment to AWS_PROFILE.
  const profile = given.profile || env.CDK_PROFILE || env.AWS_PROFILE || env.AWS_DEFAULT_PROFILE || '';
  if (profile) env.AWS_PROFILE = profile;
  const region = given.region || env.CDK_REGION || env.AWS_REGION || env.AWS_DEFAULT_REGION;
  if (region) env.AWS_REGION = region;
  // If no variable names the region, it is that of the profile.
  env.AWS_REGION = await new SNSClient(callOptions).config.region();
  const stack = `password-reset-${settings.stage}`;
  const before = await readOutputs(stack, signal).catch((error: Error) => {
    if (error.name !== 'ValidationError' || !error.message.includes('does not exist')) throw error;
  });
  if (!before) await print(`The stack ${stack} is not deployed yet in ${env.AWS_REGION}.`);
  else if (before.Settings === undefined)
    await print(
      `The stack ${stack} does not say with which settings it was deployed, so nothing is compared.`,
    );
  else {
    const { dropped, lines } = compareSettings(before.Settings, settings.given);
    await print(`The stack ${stack} was deployed from commit ${before.Commit}.`);
    await print(
      lines.length > 0
        ? `This deployment\n  ${lines.join('\n  ')}`
        : 'This deployment has the same settings.',
    );
    refuseDrops(dropped, drop);
  }
  const target = ['--region', env.AWS_REGION, `--profile=${profile}`];
  await runCdk([...target, ...others], { ...env, COMPARED_SETTINGS: JSON.stringify(settings.given) }, signal);
  await warnOfPendingSubscriptions((await readOutputs(stack, signal)).AlarmTopic, print, signal);
}

interface Arguments {
  /** As after `-c`. */
  readonly context: Readonly<Record<string, string | undefined>>;
  /** Names of settings. */
  readonly drop: readonly string[];
  readonly region: string | undefined;
  readonly profile: string | undefined;
  /** All other arguments, and the context. */
  readonly others: readonly string[];
}

const taken = {
  drop: { type: 'string', multiple: true },
  region: { type: 'string' },
  profile: { type: 'string' },
} as const;

const options = {
  ...taken,
  context: { type: 'string', short: 'c', multiple: true },
  // The CDK takes --c for -c.
  c: { type: 'string', multiple: true },
} as const;

function readArguments(args: readonly string[]): Arguments {
  // Not strict: the other options are the CDK's.
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  refuseUnclear(tokens, options);
  const given = tokens.filter((token) => token.kind === 'option');
  const valuesOf = (...names: string[]) =>
    given.flatMap(({ name, value }) => (names.includes(name) && value ? [value] : []));
  const own = given.filter(({ name }) => Object.hasOwn(taken, name));
  const indexes = own.flatMap(({ index, inlineValue }) => (inlineValue ? [index] : [index, index + 1]));
  return {
    context: readContext(valuesOf('context', 'c')),
    drop: valuesOf('drop').flatMap((names) => names.split(',')),
    region: valuesOf('region')[0],
    profile: valuesOf('profile')[0],
    others: args.filter((_arg, index) => !indexes.includes(index)),
  };
}

function readContext(texts: readonly string[]): Arguments['context'] {
  const context = new Map<string, string | undefined>();
  for (const text of texts) {
    const [key = '', value] = text.split(/=(.*)/s, 2);
    if (context.has(key) && context.get(key) !== value)
      throw new UsageError(`-c ${key}=… is given twice, with different values: give it once.`);
    context.set(key, value);
  }
  return Object.fromEntries(context);
}

function refuseDrops(dropped: readonly string[], allowed: readonly string[]): void {
  const refused = dropped.filter((name) => !allowed.includes(name));
  if (refused.length === 0) return;
  throw new UsageError(
    `the deployment would drop ${refused.join(', ')}. Pass ${refused.length > 1 ? 'them' : 'it'} as before, or ` +
      `add --drop ${refused.join(',')}; docs/configuration.md says what that does.`,
  );
}

/** Runs `cdk deploy` in this terminal; if it fails, this program ends with its exit code. */
async function runCdk(args: readonly string[], env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const cdk = spawn(process.execPath, ['node_modules/aws-cdk/bin/cdk', 'deploy', ...args], {
    env,
    stdio: 'inherit',
  });
  // The terminal sends Ctrl-C to the CDK too, which ends by itself.
  const end = () => {
    const reason = signal.reason instanceof Interruption ? signal.reason.signal : undefined;
    if (reason !== 'SIGINT') cdk.kill(reason);
  };
  signal.addEventListener('abort', end);
  const [code] = await once(cdk, 'exit');
  if (code !== 0) process.exit(code ?? 1);
}

/** Nobody gets a mail before the address is confirmed, and nothing else would say so. */
async function warnOfPendingSubscriptions(
  topic: string | undefined,
  print: Output['print'],
  signal: AbortSignal,
): Promise<void> {
  if (topic === undefined) return;
  const client = new SNSClient(callOptions);
  const { Subscriptions = [] } = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn: topic }), {
    abortSignal: signal,
  });
  client.destroy();
  for (const { SubscriptionArn, Endpoint } of Subscriptions)
    if (SubscriptionArn === 'PendingConfirmation')
      await print(
        `No alarm reaches ${Endpoint} yet: confirm the mail "AWS Notification - Subscription Confirmation" ` +
          '(docs/runbook.md, "After the first deployment").',
      );
}

if (import.meta.main) await runProgram(deploy);

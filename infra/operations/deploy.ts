// `npm run deploy`: `cdk deploy`, after a comparison with the settings that are deployed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ListSubscriptionsByTopicCommand, SNSClient } from '@aws-sdk/client-sns';
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

All other options are those of cdk deploy, such as --require-approval never.

Required permissions: DescribeStacks of CloudFormation, ListSubscriptionsByTopic of SNS, and those of cdk deploy.`;

export const deploy = createProgram({ name: 'npm run deploy', help }, main);

async function main(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  { print }: Output,
  signal: AbortSignal,
): Promise<void> {
  const { context, drop, profile = env.CDK_PROFILE, others } = readArguments(args);
  const { context: ownContext } = JSON.parse(readFileSync('cdk.json', 'utf8'));
  const settings = readSettingsOrExit({ ...ownContext, ...context }, env);
  if (profile) env.AWS_PROFILE = profile;
  // The CDK reads this variable before the profile, as the AWS CLI does; the SDK does not read it.
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION;
  if (region) env.AWS_REGION = region;
  const stack = `password-reset-${settings.stage}`;
  const before = await readOutputs(stack).catch((error: Error) => {
    if (error.name !== 'ValidationError' || !error.message.includes('does not exist')) throw error;
  });
  if (!before) await print(`The stack ${stack} is not deployed yet.`);
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
  // The CDK also reads the context from CDK_CONTEXT and from files. The last -c counts, so these deploy what was compared.
  const compared = Object.entries(settings.given).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  await runCdk([...others, ...compared], env, signal);
  await warnOfPendingSubscriptions((await readOutputs(stack)).AlarmTopic, print);
}

interface Arguments {
  /** As after `-c`. */
  readonly context: Readonly<Record<string, string>>;
  /** Names of settings. */
  readonly drop: readonly string[];
  readonly profile: string | undefined;
  /** All arguments but `--drop`. */
  readonly others: readonly string[];
}

function readArguments(args: readonly string[]): Arguments {
  const { values, tokens } = parseArgs({
    args: [...args],
    options: {
      context: { type: 'string', short: 'c', multiple: true },
      // The CDK takes --c for -c.
      c: { type: 'string', multiple: true },
      drop: { type: 'string', multiple: true },
      profile: { type: 'string' },
    },
    // The other options are the CDK's.
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const texts = (list: unknown) => [list ?? []].flat().filter((one) => typeof one === 'string');
  const ofDrop = tokens.flatMap((token) =>
    token.kind === 'option' && token.name === 'drop'
      ? [token.index, ...(token.inlineValue ? [] : [token.index + 1])]
      : [],
  );
  return {
    context: Object.fromEntries(
      [...texts(values.context), ...texts(values.c)].map((text) => text.split(/=(.*)/s, 2)),
    ),
    drop: texts(values.drop).flatMap((names) => names.split(',')),
    profile: texts(values.profile)[0],
    others: args.filter((_arg, index) => !ofDrop.includes(index)),
  };
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
async function warnOfPendingSubscriptions(topic: string | undefined, print: Output['print']): Promise<void> {
  if (topic === undefined) return;
  const client = new SNSClient(callOptions);
  const { Subscriptions = [] } = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn: topic }));
  client.destroy();
  for (const { SubscriptionArn, Endpoint } of Subscriptions)
    if (SubscriptionArn === 'PendingConfirmation')
      await print(
        `No alarm reaches ${Endpoint} yet: confirm the mail "AWS Notification - Subscription Confirmation" ` +
          '(docs/runbook.md, "After the first deployment").',
      );
}

if (import.meta.main) await runProgram(deploy);

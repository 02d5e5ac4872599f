// Synthesizes the stack of a stage in this process, as the app does, but without bundling.
import { mkdtempSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { inject } from 'vitest';
import type { Bundles } from '../../../infra/bundling/bundle-function.ts';
import { readSettings } from '../../../infra/settings/settings.ts';
import { PasswordResetStack } from '../../../infra/stack.ts';

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly Metadata?: Record<string, unknown>;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly UpdatePolicy?: Record<string, unknown>;
}

export interface Synthesis {
  readonly app: App;
  readonly stack: PasswordResetStack;
  /** The cloud assembly, which is there until the test run ends. */
  readonly folder: string;
  readonly resources: Readonly<Record<string, Resource>>;
  readonly outputs: Readonly<Record<string, { readonly Value: unknown }>>;
}

/** The settings that a deployed stage requires. */
export const required = {
  tokenIssuer: 'https://issuer.example.com',
  tokenAudience: 'mobile-app',
  alarmMail: 'none',
};

/** The commit that every synthesized stack has. */
export const commit = '0f7a2f4e55e04f0a9a616d0a1f4f7c3e8d2b5a90';

/** Sources in place of the packages, which packages.slow.test.ts alone looks at. */
const unbundled: Bundles = {
  reset: { codeFolder: 'lambda/reset', sourceMapFolder: 'lambda/reset' },
  publisher: { codeFolder: 'lambda/publisher', sourceMapFolder: 'lambda/publisher' },
};

/**
 * Synthesizes a stage.
 *
 * @param context - the settings, as after `-c`
 * @param bundles - the packages of the functions
 * @param env - the environment variables that settings are read from
 */
export async function synthesize(
  context: Readonly<Record<string, string>>,
  bundles = unbundled,
  env: Readonly<Record<string, string>> = {},
): Promise<Synthesis> {
  const { context: flags } = JSON.parse(readFileSync('cdk.json', 'utf8'));
  const scratch = inject('scratch');
  await mkdir(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, 'cdk-'));
  const metadata = { 'aws:cdk:enable-asset-metadata': true, 'aws:cdk:enable-path-metadata': true };
  const app = new App({ outdir: folder, context: { ...flags, ...metadata, ...context } });
  const settings = readSettings(context, env);
  const stack = new PasswordResetStack(app, `password-reset-${settings.stage}`, {
    settings,
    bundles,
    commit,
  });
  app.synth();
  const { Resources, Outputs } = JSON.parse(
    readFileSync(join(folder, `${stack.stackName}.template.json`), 'utf8'),
  );
  return { app, stack, folder, resources: Resources, outputs: Outputs };
}

/** The stages that several files look at. */
const contexts = {
  prod: { stage: 'prod', ...required, alarmMail: 'oncall@example.com' },
  dev: { stage: 'dev', ...required },
  local: { stage: 'local' },
  /** With all optional settings. */
  full: {
    stage: 'dev',
    ...required,
    basePaths: 'user/2021-2,user/2022-1,user/2024-2',
    corsOrigins: 'https://app.example.com,https://www.example.com',
    domainName: 'api.example.com',
    certificateArn: 'arn:aws:acm:eu-central-1:123456789012:certificate/0aa1',
    tokenScope: 'password:reset',
    tokenMaxAge: '600',
    tokenAudienceClaim: 'azp',
    tokenBackdating: '300',
    passwordMinLength: '8',
    gatewayLogRole: 'existing',
    reservedConcurrency: '7',
  },
};

type Stage = keyof typeof contexts;

const synthesized: Partial<Record<Stage, Promise<Synthesis>>> = {};

/** Returns a stage, which is synthesized once in each process of the test run. */
export function synthesizeStage(stage: Stage): Promise<Synthesis> {
  synthesized[stage] ??= synthesize(contexts[stage]);
  return synthesized[stage];
}

/** Returns stages with their names, as `describe.each` takes them. */
export function synthesizeStages<T extends Stage>(...stages: T[]): Promise<[T, Synthesis][]> {
  return Promise.all(stages.map(async (stage) => [stage, await synthesizeStage(stage)] as [T, Synthesis]));
}

/** The resources of a type, with their logical ids. */
export function allOf({ resources }: Synthesis, type: string): [string, Resource][] {
  return Object.entries(resources).filter(([, resource]) => resource.Type === type);
}

/**
 * The only resource of a type.
 *
 * @param construct - id of its construct in the stack, if other constructs have such a resource too
 */
export function theOne(synthesis: Synthesis, type: string, construct = ''): [string, Resource] {
  const [found, ...others] = allOf(synthesis, type).filter(([id]) => id.startsWith(construct));
  if (!found || others.length > 0)
    throw new Error(`expected one ${type}, found ${others.length + (found ? 1 : 0)}`);
  return found;
}

/** The environment variables of a function, by default those of the reset function. */
export function variablesOf(synthesis: Synthesis, construct = 'Function'): Record<string, unknown> {
  const { Environment } = theOne(synthesis, 'AWS::Lambda::Function', construct)[1].Properties;
  return (Environment as { Variables: Record<string, unknown> }).Variables;
}

/** The alarm's name in its logical id, such as `InternalErrors` in `ObservabilityInternalErrorsAA450B71`. */
export function alarmName(logicalId: string): string {
  return logicalId.replace(/^Observability|[0-9A-F]{8}$/g, '');
}

// Synthesizes the stack of a stage in this process, as the app does, and returns its template.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { inject, onTestFinished } from 'vitest';
import { type Bundles, bundleFunctions } from '../../../infra/bundling/bundle-function.ts';
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
  /** The cloud assembly; `remove` deletes it. */
  readonly folder: string;
  readonly resources: Readonly<Record<string, Resource>>;
  readonly outputs: Readonly<Record<string, { readonly Value: unknown }>>;
  readonly terminationProtection: boolean;
  /** The findings of cdk-nag, as `rule at path`. */
  readonly findings: readonly string[];
  /** The warnings of the CDK, as `text at path`. */
  readonly warnings: readonly string[];
  /** The acknowledged findings of cdk-nag, as `rule at path`. */
  readonly acknowledged: readonly string[];
  readonly remove: () => void;
}

/** The settings that a deployed stage requires. */
export const required = {
  tokenIssuer: 'https://issuer.example.com',
  tokenAudience: 'mobile-app',
  alarmMail: 'none',
};

/** The commit that every synthesized stack has. */
export const commit = '0f7a2f4e55e04f0a9a616d0a1f4f7c3e8d2b5a90';

let shared: Promise<Bundles> | undefined;

/** The packages for all stacks that are synthesized in this process: the functions are the same in each stage. */
function sharedBundles(): Promise<Bundles> {
  shared ??= bundleFunctions(join(inject('scratch'), `bundles-${process.pid}`));
  return shared;
}

/**
 * Synthesizes a stage.
 *
 * @param context - the settings, as after `-c`
 * @param packages - the packages of the functions, by default the shared ones
 * @param env - the environment variables that settings are read from
 */
export async function synthesize(
  context: Readonly<Record<string, string>>,
  packages = sharedBundles(),
  env: Readonly<Record<string, string>> = {},
): Promise<Synthesis> {
  const { context: flags } = JSON.parse(readFileSync('cdk.json', 'utf8'));
  const folder = mkdtempSync(join(tmpdir(), 'password-reset-cdk-'));
  const metadata = { 'aws:cdk:enable-asset-metadata': true, 'aws:cdk:enable-path-metadata': true };
  const app = new App({ outdir: folder, context: { ...flags, ...metadata, ...context } });
  const settings = readSettings(context, env);
  const bundles = await packages;
  const stack = new PasswordResetStack(app, `password-reset-${settings.stage}`, {
    settings,
    bundles,
    commit,
  });
  const violations = [new AwsSolutionsChecks(app), new ServerlessChecks(app)].flatMap(
    (checks) => checks.validateScope(app).violations,
  );
  app.synth();
  const { Resources, Outputs } = JSON.parse(
    readFileSync(join(folder, `${stack.stackName}.template.json`), 'utf8'),
  );
  return {
    folder,
    resources: Resources,
    outputs: Outputs,
    terminationProtection: stack.terminationProtection,
    findings: violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
    ),
    warnings: warningsOf(stack),
    acknowledged: acknowledgements(stack),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function warningsOf(stack: Stack): string[] {
  return stack.node
    .findAll()
    .flatMap(({ node }) =>
      node.metadata
        .filter(({ type }) => type === 'aws:cdk:warning')
        .map(({ data }) => `${data} at ${node.path}`),
    );
}

function acknowledgements(stack: Stack): string[] {
  return stack.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.keys(data))
      .map((rule) => `${rule.replace('Annotation::', '')} at ${node.path}`),
  );
}

/** Like `synthesize`, and removes the cloud assembly after the test. */
export async function synthesizeForTest(...args: Parameters<typeof synthesize>): Promise<Synthesis> {
  const synthesis = await synthesize(...args);
  onTestFinished(synthesis.remove);
  return synthesis;
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

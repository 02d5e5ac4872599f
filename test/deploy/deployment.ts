// Deploys the stack with the CDK's own commands into the emulator.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root, runToSuccess } from './program.ts';
import { stackType, type TakenOut, takenOut } from './taken-out.ts';

/** The stage and its settings, as after `-c`. */
export type StageSettings = Readonly<Record<string, string>> & { readonly stage: string };

export interface Template {
  readonly Resources: Record<string, TemplateResource>;
}

type TemplateResource = Record<string, unknown> & { readonly Type: string; DependsOn?: string[] };

export interface Deployment {
  /** Of the stack. */
  readonly outputs: Readonly<Record<string, string>>;
  /** What the CDK printed. */
  readonly log: string;
}

/** Runs `cdk bootstrap`, once for an emulator. */
export async function bootstrap(environment: NodeJS.ProcessEnv): Promise<void> {
  const target = `aws://000000000000/${environment.AWS_REGION}`;
  // Without an app, for which the settings of a stage would be needed.
  await runToSuccess(['npx', 'cdk', 'bootstrap', target, '--app', ''], environment);
}

/**
 * Runs `cdk synth`.
 *
 * @param folder - the cloud assembly is written to it
 * @param project - folder of the sources
 * @returns the template
 */
export async function synthesize(
  settings: StageSettings,
  folder: string,
  environment: NodeJS.ProcessEnv,
  project = root,
): Promise<Template> {
  const context = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  await runToSuccess(['npx', 'cdk', 'synth', ...context, '--output', folder], environment, project);
  return readJson(templateFile(folder, settings));
}

/**
 * Removes from an assembly what the emulator cannot do, as `taken-out.ts` lists it.
 *
 * @throws Error that names the entries of the list that the assembly does not have
 */
export async function takeOut(settings: StageSettings, folder: string): Promise<void> {
  const template: Template = await readJson(templateFile(folder, settings));
  const manifestFile = join(folder, 'manifest.json');
  const manifest = await readJson(manifestFile);
  const { properties } = manifest.artifacts[stackName(settings)];
  const missing = takenOut
    .filter(({ stages }) => stages.includes(settings.stage))
    .filter((entry) => removeEntry(entry, template, properties) === 0)
    .map(({ type, having, part }) => [type, having, part].filter(Boolean).join(' '));
  if (missing.length > 0)
    throw new Error(`The stage "${settings.stage}" no longer has ${missing.join(', ')}: adapt taken-out.ts.`);
  await writeFile(templateFile(folder, settings), JSON.stringify(template));
  await writeFile(manifestFile, JSON.stringify(manifest));
}

/** Returns the number of removals. */
function removeEntry(entry: TakenOut, template: Template, stackProperties: Record<string, unknown>): number {
  const { part } = entry;
  if (part === undefined) return removeResources(entry, template);
  const owners =
    entry.type === stackType ? [stackProperties] : selectResources(entry, template).map(([, owner]) => owner);
  const owning = owners.filter((owner) => owner[part]);
  for (const owner of owning) delete owner[part];
  return owning.length;
}

function selectResources({ type, having }: TakenOut, { Resources }: Template): [string, TemplateResource][] {
  return Object.entries(Resources).filter(
    ([, resource]) => resource.Type === type && (!having || Object(resource.Properties)[having]),
  );
}

function removeResources(entry: TakenOut, template: Template): number {
  const ids = selectResources(entry, template).map(([id]) => id);
  for (const id of ids) delete template.Resources[id];
  for (const resource of Object.values(template.Resources)) {
    if (resource.DependsOn) {
      resource.DependsOn = [resource.DependsOn].flat().filter((id) => !ids.includes(id));
    }
  }
  return ids.length;
}

/** Runs `cdk deploy` on an assembly. */
export async function deploy(
  settings: StageSettings,
  folder: string,
  environment: NodeJS.ProcessEnv,
): Promise<Deployment> {
  const outputsFile = join(folder, 'outputs.json');
  const options = ['--require-approval', 'never', '--outputs-file', outputsFile];
  const { stdout, stderr } = await runToSuccess(
    ['npx', 'cdk', 'deploy', '--app', folder, ...options],
    environment,
  );
  const { [stackName(settings)]: outputs } = await readJson(outputsFile);
  return { outputs, log: `${stdout}${stderr}` };
}

/** Name of the stack of a stage. */
export function stackName({ stage }: StageSettings): string {
  return `password-reset-${stage}`;
}

function templateFile(folder: string, settings: StageSettings): string {
  return join(folder, `${stackName(settings)}.template.json`);
}

async function readJson(file: string) {
  return JSON.parse(await readFile(file, 'utf8'));
}

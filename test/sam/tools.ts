// What `npm run test:sam` needs on the machine: a Docker daemon, and the SAM CLI of requirements.txt.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../../infra/command-line/usage-error.ts';
import { preparePython } from '../support/python-packages.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const requirements = join(root, 'test/sam/requirements.txt');

/** The names that `npm run sam` gives its container and its network. */
export const container = 'password-reset-table';
export const network = 'password-reset';

/** Runs `docker`; returns its output, or undefined if it fails. */
export function docker(args: readonly string[], environment = process.env): string | undefined {
  const { status, stdout } = spawnSync('docker', args, { env: environment, encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
}

/**
 * Refuses a machine without a Docker daemon, and one where `npm run sam` runs already or has left something behind: this
 * run ends only what it has started.
 *
 * @throws UsageError that says what to do
 */
export function refuseWithoutDocker(): void {
  if (docker(['info']) === undefined)
    throw new UsageError(
      'no Docker daemon answers `docker info`: install Docker (Debian: apt-get install docker.io) and start it.',
    );
  for (const [kind, name, end] of [
    ['container', container, 'docker stop'],
    ['network', network, 'docker network rm'],
  ] as const)
    if (docker([kind, 'inspect', name]) !== undefined)
      throw new UsageError(
        `the ${kind} "${name}" of npm run sam exists already: end npm run sam, then ${end} ${name}.`,
      );
}

/**
 * The environment of programs that have to find the SAM CLI, which is installed unless the variable SAM names one.
 *
 * @throws Error if Python or its venv is missing, or pip fails
 */
export async function prepareSam(): Promise<NodeJS.ProcessEnv> {
  const folder = process.env.SAM ? dirname(process.env.SAM) : await preparePython(requirements, 10);
  return { ...process.env, PATH: `${folder}:${process.env.PATH}`, SAM_CLI_TELEMETRY: '0' };
}

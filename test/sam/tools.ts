// What `npm run test:sam` needs on the machine: a Docker daemon, and the SAM CLI of requirements.txt.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../../infra/local/local-settings.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const samFolder = join(root, '.cache/sam-cli');
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
 * Installs the SAM CLI into a virtual environment of its own; where it is there already, that takes seconds.
 *
 * @throws UsageError if Python or its venv is missing, or pip fails
 */
export function prepareSamCli(): void {
  if (process.env.SAM) return;
  const python = process.env.PYTHON || 'python3';
  runToSuccess(
    [python, '-m', 'venv', samFolder],
    'Python 3.10 or newer with venv is needed (Debian: apt-get install python3-venv; PYTHON=<path> selects another Python)',
  );
  const options = ['--quiet', '--disable-pip-version-check', '--no-input', '--require-hashes'];
  runToSuccess(
    [join(samFolder, 'bin/python'), '-m', 'pip', 'install', ...options, '-r', requirements],
    'the SAM CLI of test/sam/requirements.txt could not be installed',
  );
}

function runToSuccess([program = '', ...args]: readonly string[], message: string): void {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0)
    throw new UsageError(
      `${message}; "${program} ${args.slice(0, 3).join(' ')}" ${error?.message ?? 'failed'}.`,
    );
}

/** The environment of programs that have to find the SAM CLI, which the variable SAM can name instead. */
export function samEnvironment(): NodeJS.ProcessEnv {
  const folder = process.env.SAM ? dirname(process.env.SAM) : join(samFolder, 'bin');
  return { ...process.env, PATH: `${folder}:${process.env.PATH}`, SAM_CLI_TELEMETRY: '0' };
}

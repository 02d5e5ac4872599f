// `npm start` in a process of its own, as a developer runs it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cleanEnvironment, root, startProgram } from './start-program.ts';

const readyMilliseconds = 45_000;

export interface LocalProcess {
  /** Base URL of the gateway. */
  readonly url: string;
  /** All output so far. */
  output(): string;
  /** Sends a signal; resolves to the exit code. */
  stop(signal?: 'SIGINT' | 'SIGTERM'): Promise<number | null>;
}

/** Any free ports. */
const ports = { PORT: '0', ISSUER_PORT: '0', DYNAMODB_PORT: '0' };

/** `npm start`, and the command behind it, which starts half a second faster. */
const commands = {
  npm: ['npm', 'start'],
  node: [process.execPath, 'infra/local/start.ts'],
} as const;

/**
 * Starts the local service on free ports, and waits until it reports that it listens.
 *
 * @param environment - additional variables
 * @param by - how it is started
 * @throws Error with its output, if it does not listen within 45 seconds
 */
export async function startLocal(
  environment: Readonly<Record<string, string>> = {},
  by: keyof typeof commands = 'node',
): Promise<LocalProcess> {
  const child = startProgram(commands[by], { ...ports, ...environment });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const url = await new Promise<string>((resolve, reject) => {
    const fail = () => reject(new Error(`npm start did not get ready:\n${output}`));
    const timer = setTimeout(fail, readyMilliseconds);
    ended.then(fail);
    child.stdout.on('data', () => {
      const ready = /^Listening on (\S+)$/m.exec(output)?.[1];
      if (ready === undefined) return;
      clearTimeout(timer);
      resolve(ready);
    });
  });
  return {
    url,
    output: () => output,
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
  };
}

export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a shell command in the project's folder and waits for its end. */
export async function runShell(
  command: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<ProgramResult> {
  const child = spawn('bash', ['-c', command], {
    cwd: root,
    env: cleanEnvironment({ ...ports, ...environment }),
    timeout: 45_000,
    // With a socket as its input, bash would read the startup files of the user who runs the tests.
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

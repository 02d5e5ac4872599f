// MiniStack, an emulator of AWS, as a process of its own on the loopback address.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findFreePort } from '../../infra/local/listen.ts';
import { preparePython } from '../support/python-packages.ts';

/** Absolute path of the requirements file with the emulator and cfn-lint. */
export const requirementsFile = fileURLToPath(new URL('requirements.txt', import.meta.url));
const shim = fileURLToPath(new URL('shim.cjs', import.meta.url));
const startMilliseconds = 60_000;
const region = 'eu-central-1';

export interface Emulator {
  /** URL of all emulated services. */
  readonly endpoint: string;
  /** For programs that talk to AWS: endpoint, region and credentials, and nothing of the developer's own account. */
  readonly environment: Readonly<Record<string, string>>;
  /** File with the emulator's output. */
  readonly logFile: string;
  /** Ends the emulator and all processes that it has started. */
  stop(): Promise<void>;
}

export interface EmulatorOptions {
  /** Folder for state, functions and log; the caller removes it afterwards. */
  readonly folder: string;
  /** Path of the certificate that functions trust in addition, in PEM. */
  readonly trusted?: string;
}

/**
 * Starts the emulator on a free port, with empty state. Its processes end when `stop` is called, or when this process ends,
 * in whatever way.
 *
 * @throws Error that says what is needed, if Python is missing; or with the end of the log, if the emulator does not answer
 *   within a minute
 */
export async function startEmulator({ folder, trusted }: EmulatorOptions): Promise<Emulator> {
  const bin = await preparePython(requirementsFile, 11);
  const port = await findFreePort();
  const endpoint = `http://127.0.0.1:${port}`;
  await mkdir(folder, { recursive: true });
  const logFile = join(folder, 'emulator.log');
  // The emulator is a program of Python, which `end-with-parent.js` does not reach. The shell leads a process group. It waits
  // until its input closes, which also happens if this process is killed, or until the emulator ends; then it ends the group,
  // and with it the Node processes of the functions.
  const shell = spawn(
    'bash',
    ['-c', '(python -m ministack </dev/null; kill -KILL 0) & read -r; kill -KILL 0'],
    {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        HOME: folder,
        TMPDIR: folder,
        STATE_DIR: join(folder, 'state'),
        S3_DATA_DIR: join(folder, 's3'),
        // The functions run on the Node of this process.
        PATH: [bin, dirname(process.execPath), process.env.PATH].join(delimiter),
        BIND_HOST: '127.0.0.1',
        MINISTACK_HOST: '127.0.0.1',
        GATEWAY_PORT: String(port),
        MINISTACK_REGION: region,
        // Listeners on fixed ports.
        IOT_MTLS_ENABLED: '0',
        SFTP_ENABLED: '0',
        // The worker imports a module only if `require` refuses it; with top-level await it must be imported.
        NODE_OPTIONS: `--no-experimental-require-module --require "${shim}"`,
        ...(trusted && { NODE_EXTRA_CA_CERTS: trusted }),
      },
    },
  );
  const log = createWriteStream(logFile);
  shell.stdout.pipe(log, { end: false });
  shell.stderr.pipe(log, { end: false });
  let hasEnded = false;
  const ended = once(shell, 'exit').then(() => {
    hasEnded = true;
  });
  const stop = () => {
    shell.stdin.destroy();
    return ended;
  };
  const deadline = Date.now() + startMilliseconds;
  while (!(await isHealthy(endpoint))) {
    if (hasEnded || Date.now() > deadline) {
      await stop();
      const output = await readFile(logFile, 'utf8');
      throw new Error(`The emulator did not get ready. The end of its log:\n${output.slice(-2_000)}`);
    }
    await sleep(100);
  }
  return { endpoint, environment: createEnvironment(endpoint, folder), logFile, stop };
}

function isHealthy(endpoint: string): Promise<boolean> {
  return fetch(`${endpoint}/_ministack/health`, { signal: AbortSignal.timeout(2_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

function createEnvironment(endpoint: string, folder: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '',
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

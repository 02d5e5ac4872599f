// `npm run sam` from nothing to an API that answers, and the end of all that it has started.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../../infra/local/listen.ts';
import { resetPath } from '../support/http-client.ts';
import { container, docker, network, root } from './tools.ts';

/** Milliseconds: Docker may have to load the images of the table and of Lambda's runtime. */
const startTimeout = 15 * 60_000;
/** Milliseconds: SAM stops its containers before it ends. */
const endTimeout = 60_000;

export interface SamProcess {
  /** Base URL of the API. */
  readonly url: string;
  /** Base URL of the table. */
  readonly tableEndpoint: string;
  /** Ends it with all its containers and its network. */
  stop(): Promise<void>;
}

export interface StartOptions {
  /** Absolute path of the project, whose files of an earlier run are removed. */
  readonly folder: string;
  /** How long to wait for the function at most. */
  readonly milliseconds: number;
  /** Where the output of SAM and the function goes. */
  readonly output: 'inherit' | 'ignore';
}

/**
 * Starts `npm run sam` on free ports, without the files of an earlier run, and waits until the function answers.
 *
 * @param environment - has the SAM CLI and Docker on its PATH
 * @throws Error if it ends or does not answer; all that was started is ended then
 */
export async function startSam(
  environment: NodeJS.ProcessEnv,
  { folder, milliseconds, output }: StartOptions = {
    folder: root,
    milliseconds: startTimeout,
    output: 'inherit',
  },
): Promise<SamProcess> {
  await rm(join(folder, '.cache/sam'), { recursive: true, force: true });
  const [apiPort, tablePort] = [await findFreePort(), await findFreePort()];
  const child = spawn('npm', ['run', 'sam'], {
    cwd: folder,
    env: { ...environment, PORT: String(apiPort), DYNAMODB_PORT: String(tablePort) },
    stdio: ['ignore', output, output],
    // A process group of its own: if SAM does not end when it is told to, all of it can be killed.
    detached: true,
  });
  const ended = once(child, 'exit');
  // Ends the group if this process is killed, as by Ctrl-C: then its input closes. SAM is a program of Python, which
  // `end-with-parent.js` does not reach, and needs the time to stop its containers, which the emulator's shell does not give.
  const guard = spawn('sh', ['-c', 'cat; kill -s TERM -- "-$0"', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });

  async function stop(): Promise<void> {
    guard.kill();
    child.kill('SIGTERM');
    const hasEnded = await waitForEnd(Number(child.pid));
    if (!hasEnded) process.kill(-Number(child.pid), 'SIGKILL');
    // Whatever is on the network belongs to this run, which has made it.
    const run = (...args: string[]) => docker(args, environment);
    const left = run('ps', '--all', '--quiet', '--filter', `network=${network}`)
      ?.split(/\s+/)
      .filter(Boolean);
    if (left && left.length > 0) run('rm', '--force', ...left);
    run('network', 'rm', network);
    const remaining = [
      run('container', 'inspect', container) && `container ${container}`,
      run('network', 'inspect', network) && `network ${network}`,
    ].filter((name) => name !== undefined);
    if (remaining.length > 0) throw new Error(`Docker still has the ${remaining.join(' and the ')}`);
    if (!hasEnded) throw new Error('npm run sam did not end when it was told to, and was killed');
  }

  const url = `http://127.0.0.1:${apiPort}`;
  const waiting = new AbortController();
  try {
    await Promise.race([
      waitForFunction(url, milliseconds, waiting.signal),
      ended.then(([code]) => {
        throw new Error(`npm run sam ended with code ${code} before its API answered; its output is above`);
      }),
    ]);
  } catch (error) {
    waiting.abort();
    await stop();
    throw error;
  }
  return { url, tableEndpoint: `http://127.0.0.1:${tablePort}`, stop };
}

/** Waits for all programs of a group, since npm ends before SAM does; resolves to whether they have ended in time. */
async function waitForEnd(group: number): Promise<boolean> {
  const deadline = Date.now() + endTimeout;
  while (Date.now() < deadline) {
    try {
      process.kill(-group, 0);
    } catch {
      return true;
    }
    await sleep(100);
  }
  return false;
}

/** Answers in a row that are not the function's, after which it never answers: SAM waits for a container itself. */
const maxFailures = 3;

/** Until SAM listens, connections are refused. A request waits for the container; if that fails, SAM answers 502. */
async function waitForFunction(url: string, milliseconds: number, cancelled: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([AbortSignal.timeout(milliseconds), cancelled]);
  let last: unknown = 'no answer';
  let failures = 0;
  while (!signal.aborted && failures < maxFailures) {
    try {
      const { status } = await fetch(url + resetPath, { method: 'PUT', signal });
      if (status === 401) return;
      last = `status ${status}`;
      failures += 1;
    } catch (error) {
      last = error;
    }
    await sleep(500);
  }
  if (failures === maxFailures)
    throw new Error(`The function behind npm run sam fails: ${last}, ${failures} times; its output is above`);
  throw new Error(`The function behind npm run sam has not answered within ${milliseconds / 1_000} seconds`, {
    cause: last,
  });
}

// `npm start` in this process.
import { vi } from 'vitest';
import { Interruption } from '../../infra/command-line/program.ts';
import { start } from '../../infra/local/start.ts';
import { type ProgramResult, startInProcess } from '../support/run-program.ts';

export interface LocalService {
  /** Base URL of the gateway. */
  readonly url: string;
  /** All output so far, without the function's log. */
  output(): string;
  /** Tells it to end. */
  stop(reason?: Interruption): Promise<ProgramResult>;
}

/**
 * Starts the local service on free ports, and waits until it listens.
 *
 * @param environment - additional variables
 * @param isTerminal - whether its output is a terminal
 * @throws Error with its output, if it ends
 */
export async function startHere(
  environment: Readonly<Record<string, string>> = {},
  isTerminal = false,
): Promise<LocalService> {
  // Powertools writes past the program's output.
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true');
  const ports = { PORT: '0', ISSUER_PORT: '0', DYNAMODB_PORT: '0' };
  const running = startInProcess(start, [], { ...ports, ...environment }, isTerminal);
  let hasEnded = false;
  const ended = running.done.then(() => {
    hasEnded = true;
  });
  const findUrl = () => /^Listening on (\S+)$/m.exec(running.output())?.[1];
  await Promise.race([ended, vi.waitUntil(() => findUrl() ?? hasEnded, { timeout: 45_000, interval: 20 })]);
  const url = findUrl();
  if (url === undefined) throw new Error(`npm start did not get ready:\n${running.output()}`);
  return { url, output: running.output, stop: (reason = new Interruption('SIGTERM')) => running.end(reason) };
}

// Runs a program as a process: its arguments, its streams, its signals and its exit code.
import { onEndSignal } from './end-signal.ts';
import { Interruption, type Output, type Program } from './program.ts';

/**
 * Runs a program as this process, and ends the process with its exit code. A further signal changes nothing: npm passes
 * Ctrl-C on to a process that has had it from the terminal already.
 */
export async function runProgram(program: Program): Promise<never> {
  const controller = new AbortController();
  onEndSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], (signal) => controller.abort(new Interruption(signal)));
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', () => controller.abort(new Interruption('output closed')));
  const output: Output = {
    print: (lines) => write(process.stdout, `${lines}\n`),
    warn: (lines) => write(process.stderr, `${lines}\n`),
    isTerminal: process.stdout.isTTY,
  };
  const code = await program(process.argv.slice(2), process.env, output, controller.signal);
  // Not before everything is written.
  await Promise.all([write(process.stdout, ''), write(process.stderr, '')]);
  process.exit(code);
}

function write(stream: NodeJS.WriteStream, text: string): Promise<boolean> {
  return new Promise((resolve) => stream.write(text, (error) => resolve(!error)));
}

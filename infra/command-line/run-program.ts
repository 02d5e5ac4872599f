// Runs the programs of the command line.

/**
 * Runs a command-line program. If it throws, the message is written to stderr in one line, and the exit code is 1.
 *
 * @param name - prefix of the line
 * @param main - the program
 * @param help - printed for `--help` instead of running the program
 */
export async function runProgram(name: string, main: () => Promise<void>, help?: string): Promise<void> {
  if (help !== undefined && process.argv.includes('--help')) {
    process.stdout.write(`${help}\n`);
    return;
  }
  try {
    await main();
  } catch (error) {
    const message = error instanceof Error ? error.message.replace(/\s*\n\s*/g, ' ') : error;
    process.stderr.write(`${name}: ${message}\n`);
    process.exit(1);
  }
}

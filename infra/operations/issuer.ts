// `npm run issuer`: tries an issuer of access tokens.
import { runProgram } from '../command-line/run-program.ts';
import { help, run } from './check-issuer.ts';

const interruption = new AbortController();
process.once('SIGINT', () => interruption.abort());

await runProgram(
  'npm run issuer',
  async () => {
    const works = await run(process.argv.slice(2), process.env, process.stdout, interruption.signal);
    process.exitCode = works ? 0 : 1;
  },
  help,
);

// `npm run issuer`: tries an issuer of access tokens.
import { createProgram } from '../command-line/program.ts';
import { runProgram } from '../command-line/run-program.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { checkIssuer, help, variables } from './check-issuer.ts';

export const issuer = createProgram(
  { name: 'npm run issuer', help, variables },
  async (args, env, output, signal) => {
    if (!(await checkIssuer(args, env, output, signal)))
      throw new UsageError('the service would refuse such tokens; the lines above say why.');
  },
);

if (import.meta.main) await runProgram(issuer);

// `npm run -s token -- <user id>`: prints an access token of the local issuer.
import { readArgument } from '../command-line/command-options.ts';
import { createProgram } from '../command-line/program.ts';
import { runProgram } from '../command-line/run-program.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { checkProxy, host } from './listen.ts';
import { readLocalSettings } from './local-settings.ts';
import { fetchTokenOfNextSecond } from './token-issuer.ts';

const help = `Prints an access token of npm start, valid for an hour: npm run -s token -- <user id>

It can be pasted into a request: TOKEN=$(npm run -s token -- alice)
ISSUER_PORT  port of npm start's issuer, 3001 if not set`;

export const printToken = createProgram(
  { name: 'npm run token', help, variables: ['ISSUER_PORT'] },
  async (args, env, output, signal) => {
    const userId = readArgument(args, 'give one user id: npm run -s token -- alice');
    checkProxy(env);
    const issuerUrl = `http://${host}:${readLocalSettings(env).issuerPort}`;
    const token = await fetchTokenOfNextSecond(issuerUrl, userId, { signal }).catch(
      ({ message, cause }: Error) => {
        signal.throwIfAborted();
        const reason = (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
        throw new UsageError(`no token from ${issuerUrl} (${reason}): is npm start running?`);
      },
    );
    await output.print(token);
  },
);

if (import.meta.main) await runProgram(printToken);

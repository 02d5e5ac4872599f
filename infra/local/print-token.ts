// `npm run -s token -- <user id>`: prints an access token of the local issuer.
import { runProgram } from '../command-line/run-program.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { host } from './listen.ts';
import { readLocalSettings } from './local-settings.ts';
import { fetchTokenOfNextSecond } from './token-issuer.ts';

const usage = `Prints an access token of npm start, valid for an hour: npm run -s token -- <user id>

It can be pasted into a request: TOKEN=$(npm run -s token -- alice)
ISSUER_PORT  port of npm start's issuer, 3001 if not set`;

await runProgram('npm run token', main, usage);

async function main() {
  const [userId, ...rest] = process.argv.slice(2);
  if (!userId || rest.length > 0) throw new UsageError('give one user id: npm run -s token -- alice');
  const issuerUrl = `http://${host}:${readLocalSettings(process.env).issuerPort}`;
  const token = await fetchTokenOfNextSecond(issuerUrl, userId).catch((error: Error) => {
    throw new UsageError(`no token from ${issuerUrl} (${error.message}): is npm start running?`);
  });
  console.log(token);
}

// `npm run -s token -- <user id>`: prints an access token of the local issuer.
import { host } from './listen.ts';
import { readLocalSettings, runProgram, UsageError } from './local-settings.ts';
import { fetchTokenOfNextSecond } from './token-issuer.ts';

await runProgram('npm run token', async () => {
  const [userId, ...rest] = process.argv.slice(2);
  if (!userId || rest.length > 0) throw new UsageError('give one user id: npm run -s token -- alice');
  const issuerUrl = `http://${host}:${readLocalSettings(process.env).issuerPort}`;
  const token = await fetchTokenOfNextSecond(issuerUrl, userId).catch((error: Error) => {
    throw new UsageError(`no token from ${issuerUrl} (${error.message}): is npm start running?`);
  });
  console.log(token);
});

// The first step of `npm run test:sam`: if something is missing, one line says so, and the exit code is not 0, so that
// nobody takes this for a run that has passed.
import { runProgram } from '../../infra/command-line/run-program.ts';
import { prepareSam, refuseWithoutDocker } from './tools.ts';

await runProgram('npm run test:sam: not run', async () => {
  refuseWithoutDocker();
  await prepareSam();
});

// The first step of `npm run test:sam`: if something is missing, one line says so, and the exit code is not 0, so that
// nobody takes this for a run that has passed.
import { createProgram } from '../../infra/command-line/program.ts';
import { runProgram } from '../../infra/command-line/run-program.ts';
import { prepareSam, refuseWithoutDocker } from './tools.ts';

const help = "Runs the synthesised template in SAM's containers: docs/sam.md.";

await runProgram(
  createProgram({ name: 'npm run test:sam: not run', help }, async () => {
    refuseWithoutDocker();
    await prepareSam();
  }),
);

// The first step of `npm run test:deploy`, so that a missing Python is one line and not the failure of each test.
import { createProgram } from '../../infra/command-line/program.ts';
import { runProgram } from '../../infra/command-line/run-program.ts';
import { preparePython } from '../support/python-packages.ts';
import { requirementsFile } from './emulator.ts';

const help = 'Deploys the stages into an emulator of AWS, and uses them: docs/deploy.md.';

await runProgram(
  createProgram({ name: 'npm run test:deploy', help }, async () => {
    await preparePython(requirementsFile, 11);
  }),
);

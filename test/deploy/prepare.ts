// The first step of `npm run test:deploy`, so that a missing Python is one line and not the failure of each test.
import { runProgram } from '../../infra/command-line/run-program.ts';
import { preparePython } from '../support/python-packages.ts';
import { requirementsFile } from './emulator.ts';

await runProgram('npm run test:deploy', async () => {
  await preparePython(requirementsFile, 11);
});

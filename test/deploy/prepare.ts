// The first step of `npm run test:deploy`, so that a missing Python is one line and not the failure of each test.
import { runProgram } from '../../infra/local/local-settings.ts';
import { requirementsFile } from './emulator.ts';
import { preparePython } from './python.ts';

await runProgram('npm run test:deploy', async () => {
  await preparePython(requirementsFile);
});

// `npm run test:vectors`: runs verify.py with the Python in PYTHON, or else the one on the PATH.
import { spawnSync } from 'node:child_process';

const python = process.env.PYTHON || (process.platform === 'win32' ? 'python' : 'python3');
const { error, status } = spawnSync(python, ['test/vectors/verify.py'], { stdio: 'inherit' });
if (error)
  console.error(`${python} cannot be started (${error.message}): set PYTHON to the path of Python 3.`);
process.exitCode = status ?? 1;

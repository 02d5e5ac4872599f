// Virtual environments with the Python packages of a `requirements.txt`, made when they are first needed.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const cacheFolder = fileURLToPath(new URL('../../.cache/python/', import.meta.url));
const installMilliseconds = 600_000;

/**
 * Makes the virtual environment for a requirements file, unless it exists already.
 *
 * @param requirementsFile - absolute path; every package in it has a version and hashes
 * @param oldest - the oldest version of Python 3 that will do
 * @param python - the interpreter
 * @returns absolute path of the folder with its programs
 * @throws Error that says what is needed, if Python or venv is missing, or with pip's message if it fails
 */
export async function preparePython(
  requirementsFile: string,
  oldest: 10 | 11,
  python = process.env.PYTHON || 'python3',
): Promise<string> {
  const needed =
    `it needs Python 3.${oldest} or newer with venv ` +
    '(Debian: apt-get install python3-venv; PYTHON=<path> selects another Python)';
  const version = await readVersion(python, oldest).catch((error: Error) => {
    throw new Error(`${needed}; ${error.message}`);
  });
  const digest = createHash('sha256')
    .update(version)
    .update(await readFile(requirementsFile))
    .digest('hex')
    .slice(0, 16);
  const folder = join(cacheFolder, digest);
  // Written last, so that an interrupted installation is repeated. A virtual environment cannot be renamed.
  const complete = join(folder, 'complete');
  const isComplete = await access(complete).then(
    () => true,
    () => false,
  );
  if (isComplete) return join(folder, 'bin');
  await rm(folder, { recursive: true, force: true });
  const [file, target] = [requirementsFile, folder].map((path) => relative(process.cwd(), path));
  process.stderr.write(
    `Installing the Python packages of ${file} into ${target}, once; it takes a minute.\n`,
  );
  await run(python, ['-m', 'venv', folder]).catch(async (error) => {
    await rm(folder, { recursive: true, force: true });
    throw new Error(`${needed}; "${python} -m venv" failed.`, { cause: error });
  });
  const options = ['--quiet', '--disable-pip-version-check', '--no-input', '--require-hashes'];
  await run(join(folder, 'bin/python'), ['-m', 'pip', 'install', ...options, '-r', requirementsFile], {
    timeout: installMilliseconds,
  });
  await writeFile(complete, '');
  return join(folder, 'bin');
}

/** Returns the version such as `3.11.2`. */
async function readVersion(python: string, oldest: number): Promise<string> {
  const program = `import platform, sys; print(platform.python_version()); sys.exit(sys.version_info < (3, ${oldest}))`;
  const { stdout } = await run(python, ['-c', program]).catch(({ stdout: found }: { stdout?: string }) => {
    throw new Error(`"${python}" ${found ? `is ${found.trim()}` : 'was not found'}.`);
  });
  return stdout.trim();
}

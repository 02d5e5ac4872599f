// What `npm run test:deploy` says if Python is missing, and that it leaves no half-made environment.
import { expect, inject, it } from 'vitest';
import { preparePython } from '../support/python-packages.ts';
import { writeShellProgram } from '../support/shell-program.ts';
import { requirementsFile } from './emulator.ts';

const needed = 'Python 3.11 or newer with venv (Debian: apt-get install python3-venv; PYTHON=<path>';

it.each<[string, string | undefined, string]>([
  ['not installed', undefined, 'was not found'],
  ['too old', 'echo 3.10.4; exit 1', 'is 3.10.4'],
  ['without venv', 'test "$1" = -c && echo 3.12.3', '-m venv" failed'],
])('says what is needed if Python is %s', async (_name, script, found) => {
  const python = script
    ? writeShellProgram(inject('scratch'), `python-${script.length}`, script)
    : '/nowhere/python3';
  const message = await preparePython(requirementsFile, 11, python).catch((error: Error) => error.message);
  expect(message).toContain(needed);
  expect(message).toContain(`"${python}`);
  expect(message).toContain(found);
});

// Programs that stand in for tools of the machine.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes a program.
 *
 * @param folder - is made if it does not exist
 * @param script - in the shell's language (POSIX)
 * @returns the program's path
 */
export function writeShellProgram(folder: string, name: string, script: string): string {
  const file = join(folder, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

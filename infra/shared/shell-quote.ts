// Values in the commands that people paste.

/** Puts a value into the quotes of a POSIX shell, if it needs any. */
export function quote(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

// Which sources a deployment was made of.
import { execFileSync } from 'node:child_process';

/**
 * Asks git for the commit of a folder.
 *
 * @returns the commit's full hash, followed by `-dirty` if files were changed or added since; or `unknown` without git, or if
 *   git does not know the folder
 */
export function readCommit(folder: string): string {
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['--no-optional-locks', ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
    }).trim();
  try {
    // A copy of the sources may lie in the folder of another repository.
    git('ls-files', '--error-unmatch', '.');
    const commit = git('rev-parse', 'HEAD');
    return git('status', '--porcelain', '.') === '' ? commit : `${commit}-dirty`;
  } catch {
    return 'unknown';
  }
}

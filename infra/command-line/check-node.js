// Runs after each `npm ci` and before each program of the project, in plain JavaScript, on any Node: says what is missing.
import crypto from 'node:crypto';
import { existsSync, writeSync } from 'node:fs';

const isInstalled = existsSync(new URL('../../node_modules', import.meta.url));

if (!isInstalled) stop('Run npm ci first: the packages of this project are not installed.\n');
if (crypto.argon2 === undefined)
  stop(
    `The scripts need Node 24.7 or newer, but this is ${process.version}. npm ci installs it on Linux (x64, arm64) and ` +
      `Windows (x64), unless the download fails; this is ${process.platform} (${process.arch}). ` +
      'Install Node 24 yourself, or repeat npm ci.\n',
  );

/** @param {string} message */
function stop(message) {
  writeSync(2, message);
  process.exit(1);
}

// Runs after each `npm ci`, in plain JavaScript: on an old Node it says that the other scripts need a newer one.
import crypto from 'node:crypto';

if (crypto.argon2 === undefined) {
  process.stderr.write(
    `The scripts need Node 24.7 or newer, but this is ${process.version}. npm ci installs it on Linux (x64, arm64) and ` +
      `Windows (x64), unless the download fails; this is ${process.platform} (${process.arch}). ` +
      'Install Node 24 yourself, or repeat npm ci.\n',
  );
  process.exitCode = 1;
}

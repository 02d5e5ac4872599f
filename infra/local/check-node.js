// Runs after each `npm ci`, on whatever Node there is: the others need one that takes TypeScript and has Argon2.
import crypto from 'node:crypto';

if (crypto.argon2 === undefined) {
  process.stderr.write(
    `The scripts run on Node ${process.version}, and need 24.7 or newer. npm brings it for Linux (x64, arm64) and ` +
      `Windows (x64); this is ${process.platform} (${process.arch}), or the package could not be fetched. ` +
      'Install Node 24 yourself, or repeat npm ci.\n',
  );
  process.exitCode = 1;
}

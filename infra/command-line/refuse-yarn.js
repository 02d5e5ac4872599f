// Yarn runs this in its own place, because .yarnrc.yml names it: says how to install, before anything is downloaded.
import { writeSync } from 'node:fs';

writeSync(2, 'This project is installed by npm, for which it has a lock file: npm ci\n');
process.exit(1);

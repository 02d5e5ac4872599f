// Set-up of every test file, before it loads anything: a region, and credentials that local engines accept.
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, vi } from 'vitest';
import { setLocalDefaults } from '../../infra/command-line/local-defaults.ts';
import { lastLines } from './recorder.ts';

process.env.AWS_ACCESS_KEY_ID = 'test';
process.env.AWS_SECRET_ACCESS_KEY = 'test';
delete process.env.AWS_PROFILE;
setLocalDefaults(process.env);

// `npm test` generates the same cases in every run, since a failure must come from what was changed. `npm run test:soak`
// looks for new ones.
if (process.env.LONG_RUN !== '1') fc.configureGlobal({ seed: 20_212 });

// A failure names the cause: an assertion alone would say that 204 was expected and `internal-error` received.
beforeEach(() => {
  lastLines.length = 0;
});
afterEach(({ task }) => {
  if (lastLines.length === 0) return;
  const logged = lastLines.map((line) => JSON.stringify(line)).join('\n');
  for (const error of task.result?.errors ?? [])
    error.message += `\nThe function's last log lines:\n${logged}`;
});

// Files share a process, and vitest restores before the next test only: what that next file loads, and its `beforeAll`,
// would still meet the stubs of the last test. Registered first, this runs after the file's own clean-up.
afterAll(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

// `npm run test:totals`: each test that failed with its first message, since a log of CI is read from its end; then one line with the
// totals of all test runs that wrote a report. Exit code 1 if one failed.
import { globSync, readFileSync } from 'node:fs';
import { basename, relative } from 'node:path';

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly success: boolean;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    /** Why the file as a whole failed, if its tests could not be collected. */
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const reports = globSync('reports/test*.json').map((file) => ({
  run: basename(file, '.json'),
  ...(JSON.parse(readFileSync(file, 'utf8')) as Report),
}));
for (const { run, testResults } of reports) {
  for (const { name, status, message, assertionResults } of testResults) {
    const file = relative('.', name);
    const failures = assertionResults.filter((result) => result.status === 'failed');
    for (const { fullName, failureMessages } of failures) {
      console.log(
        `failed in ${run}: ${file}: ${fullName}\n  ${failureMessages[0]?.split('\n', 3).join('\n  ')}`,
      );
    }
    if (status === 'failed' && failures.length === 0) console.log(`failed in ${run}: ${file}: ${message}`);
  }
}
const passed = reports.reduce((sum, report) => sum + report.numPassedTests, 0);
const failed = reports.reduce((sum, report) => sum + report.numFailedTests, 0);
console.log(`tests: ${passed} passed, ${failed} failed`);
if (passed === 0 || reports.some((report) => !report.success)) process.exitCode = 1;

// `npm run test:totals`: one line with the totals of all test runs that wrote a report; exit code 1 if one failed.
import { globSync, readFileSync } from 'node:fs';

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly success: boolean;
}

const reports = globSync('reports/test*.json').map(
  (file) => JSON.parse(readFileSync(file, 'utf8')) as Report,
);
const passed = reports.reduce((sum, report) => sum + report.numPassedTests, 0);
const failed = reports.reduce((sum, report) => sum + report.numFailedTests, 0);
console.log(`tests: ${passed} passed, ${failed} failed`);
if (passed === 0 || reports.some((report) => !report.success)) process.exitCode = 1;

// `npm run test:mutation`: mutates lambda/ and infra/operations in thousands of small ways and shows which mutants no test notices. Each
// group of files runs only its own tests, to limit the time on two cores. Prints a table and every survivor; an
// argument limits the run to groups whose name contains it.
import { relative } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import { groups } from './groups.ts';

const minScore = 95;
const counted = ['Killed', 'Timeout', 'Survived', 'NoCoverage'];

const wanted = process.argv[2] ?? '';
const rows: {
  readonly name: string;
  readonly killed: number;
  readonly total: number;
  readonly score: number;
}[] = [];
const survivors: string[] = [];
for (const { name, mutate, tests, minimum = minScore } of groups.filter((group) =>
  group.name.includes(wanted),
)) {
  console.log(`\n${name}: ${mutate.join(', ')}`);
  process.env.MUTATION_TESTS = tests.join(',');
  const results = (await new Stryker(optionsFor(mutate)).runMutationTest()).filter(({ status }) =>
    counted.includes(status),
  );
  const alive = results.filter(({ status }) => status === 'Survived' || status === 'NoCoverage');
  const killed = results.length - alive.length;
  rows.push({ name, killed, total: results.length, score: (100 * killed) / results.length });
  if ((100 * killed) / results.length < minimum) process.exitCode = 1;
  for (const { fileName, location, mutatorName, replacement } of alive) {
    const file = relative(process.cwd(), fileName);
    survivors.push(`${file}:${location.start.line}:${location.start.column} ${mutatorName}: ${replacement}`);
  }
}
const [killed, total] = [
  rows.reduce((sum, row) => sum + row.killed, 0),
  rows.reduce((sum, row) => sum + row.total, 0),
];
console.log(`\nSurvivors:\n${survivors.join('\n') || 'none'}\n`);
console.log('| part | mutants | killed | score |\n| --- | ---: | ---: | ---: |');
for (const row of [...rows, { name: 'all', killed, total, score: (100 * killed) / total }]) {
  console.log(`| ${row.name} | ${row.total} | ${row.killed} | ${row.score.toFixed(1)} % |`);
}

function optionsFor(mutate: readonly string[]): ConstructorParameters<typeof Stryker>[0] {
  return {
    mutate: [...mutate],
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
    coverageAnalysis: 'perTest',
    concurrency: 2,
    timeoutMS: 8_000,
    timeoutFactor: 1.5,
    // Stryker cannot rewrite a tsconfig with TypeScript 7, and does not need to here.
    tsconfigFile: 'none',
    ignorePatterns: ['cdk.out', 'reports', '.cache', 'docs', 'infra/bench'],
    reporters: ['progress-append-only'],
    allowConsoleColors: false,
  };
}

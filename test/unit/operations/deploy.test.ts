// The arguments of `npm run deploy`; test/infra has what it deploys.
import { expect, it } from 'vitest';
import { deploy } from '../../../infra/operations/deploy.ts';
import { runInProcess } from '../../support/run-program.ts';

it.each([
  [
    ['-c', 'tokenScope=a', '-c', 'tokenScope=b'],
    '-c tokenScope=… is given twice, with different values: give it once.',
  ],
  [
    ['--c=stage=dev', '--context', 'stage=prod'],
    '-c stage=… is given twice, with different values: give it once.',
  ],
  [['--region', 'eu-central-1', '--region', 'eu-west-1'], '--region is given twice: give it once.'],
  [['--profile', ''], '--profile is empty: give it a value.'],
  [['--region'], '--region is empty: give it a value.'],
  [['--drop='], '--drop is empty: give it a value.'],
])('refuses the arguments %j', async (args, line) => {
  expect(await runInProcess(deploy, args)).toEqual({
    code: 1,
    stdout: '',
    stderr: `npm run deploy: ${line}\n`,
  });
});

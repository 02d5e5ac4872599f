// cfn-lint on the templates of all stages, with all options and with the required ones only.
import { dirname, join } from 'node:path';
import { expect, it, test } from 'vitest';
import { settingSpecs } from '../../infra/settings/settings.ts';
import { synthesize } from '../infra/stack/synthesis.ts';
import { preparePython } from '../support/python-packages.ts';
import { type StageSettings, stackName, takeOut } from './deployment.ts';
import { requirementsFile } from './emulator.ts';
import { runProgram } from './program.ts';
import { withAllOptions } from './stage-settings.ts';
import { takenOut } from './taken-out.ts';

const required = {
  tokenIssuer: 'https://issuer.example.com',
  tokenAudience: 'mobile-app',
  alarmMail: 'none',
};
const jwksUri = 'https://issuer.example.com/keys';

/** Findings that are no faults: cfn-lint's code -> why. */
const acknowledged: Readonly<Record<string, string>> = {
  W3005:
    'CDK lets a function depend on its role and on the policies of the role together. The part with the role is ' +
    'redundant, and does no harm.',
  I1022: 'CDK joins texts with Fn::Join, even if Fn::Sub would read better.',
};

const cases: readonly [string, StageSettings][] = [
  ['dev with the required settings', { stage: 'dev', ...required }],
  ['dev with all options', withAllOptions({ stage: 'dev', ...required }, jwksUri)],
  ['prod with the required settings', { stage: 'prod', ...required }],
  ['prod with all options', withAllOptions({ stage: 'prod', ...required }, jwksUri)],
  [
    'prod without a canary',
    { ...withAllOptions({ stage: 'prod', ...required }, jwksUri), rollout: 'at-once' },
  ],
  ['local', { stage: 'local' }],
];

test('"all options" has every setting', () => {
  const names = Object.keys(withAllOptions({ stage: 'prod', ...required }, jwksUri));
  expect(names.sort()).toEqual(settingSpecs.map(([name]) => name).sort());
});

it.each(cases)('cfn-lint finds nothing but what is acknowledged: %s', async (_name, settings) => {
  const found = await lint(settings);
  expect(Object.keys(found).filter((code) => !(code in acknowledged))).toEqual([]);
});

it.each(cases.filter(([name]) => /^(dev with the required|prod with all)/.test(name)))(
  'everything that is taken out for the emulator is there to be taken out: %s',
  async (_name, settings) => {
    const { folder } = await synthesize(settings);
    await takeOut(settings, folder);
    // A second time, nothing of it is there any more.
    const message = await takeOut(settings, folder).then(String, (error: Error) => error.message);
    const entries = takenOut.filter(({ stages }) => stages.includes(settings.stage));
    expect(entries.filter(({ type }) => !message.includes(type))).toEqual([]);
  },
);

/** Returns the messages by code. */
async function lint(settings: StageSettings): Promise<Record<string, string[]>> {
  const { folder } = await synthesize(settings);
  const file = join(folder, `${stackName(settings)}.template.json`);
  const bin = await preparePython(requirementsFile, 11);
  const options = ['--include-checks', 'I', '--format', 'json', '--template', file];
  const { stdout, stderr } = await runProgram([join(bin, 'cfn-lint'), ...options], {
    HOME: dirname(folder),
    PATH: process.env.PATH,
  });
  if (!stdout.startsWith('[')) throw new Error(`cfn-lint failed:\n${stdout}${stderr}`);
  const matches = JSON.parse(stdout) as { Rule: { Id: string }; Message: string }[];
  return Object.groupBy(matches, ({ Rule }) => Rule.Id) as never;
}

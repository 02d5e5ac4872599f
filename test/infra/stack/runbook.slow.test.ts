// docs/runbook.md can be followed as it stands: its commands, the outputs and the queries that it names.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { schemaViolationsOf } from '../../support/events.ts';
import { runShell } from '../../support/local-process.ts';
import { codesIn, tableUnder } from '../../support/markdown.ts';
import { eventsByHand, readSections, runBlockAlone, runSection } from './runbook-commands.ts';
import { allOf, required, synthesize, synthesizeStage } from './synthesis.ts';

const prod = await synthesizeStage('prod');
const dev = await synthesizeStage('dev');
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
const sections = readSections();
const outputs: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.keys(prod.outputs).map((name) => [name, `value-of-${name}`])),
  Settings: `-c stage=prod -c requiredLinkedIdentity='the bank'\\''s id' -c reservedConcurrency=100`,
};

function sectionUnder(heading: string) {
  const section = sections.find((one) => one.heading === heading);
  if (section === undefined) throw new Error(`docs/runbook.md has no section "${heading}"`);
  return section;
}

/** What the commands under a heading call. */
async function callsUnder(heading: string, refused?: string) {
  return (await runSection(sectionUnder(heading), outputs, refused)).calls;
}

test('the helpers of this test find the blocks', () => {
  expect(sections.map(({ heading }) => heading)).toEqual(
    expect.arrayContaining(['Names', 'ResetsWithoutPin', 'Rotating the pepper', 'Taking a stage down']),
  );
  const inText = readFileSync('docs/runbook.md', 'utf8').match(/^ *```sh$/gm) ?? [];
  const found = sections.flatMap(({ blocks }) => blocks).filter((block) => !/^aws [^\n]*$/.test(block));
  expect(found.length).toBeGreaterThan(inText.length / 2);
  expect(inText.length).toBeGreaterThan(20);
});

describe.each(sections)('the commands under "$heading"', (section) => {
  test('run one after the other, with every variable set', async () => {
    const { code, stderr, calls } = await runSection(section, outputs);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(calls.length).toBeGreaterThan(0);
    // A variable that is set to nothing is as good as none.
    expect(calls.filter((call) => call.includes(''))).toEqual([]);
  });

  test('have no place that somebody has to fill in first', () => {
    for (const block of section.blocks) expect(block).not.toMatch(/<[A-Za-z][^<>\n]*>/);
  });

  test('run scripts that exist, with options that they have', async () => {
    for (const [program, ...args] of (await runSection(section, outputs)).calls) {
      if (program !== 'npm' || args[0] === 'ci') continue;
      const [run, script = '', dashes, ...options] = args;
      expect({ run, dashes, isScript: Object.hasOwn(scripts, script) }).toEqual({
        run: 'run',
        dashes: '--',
        isScript: true,
      });
      const { stdout: help } = await runShell(`${scripts[script]} --help`);
      for (const option of options.filter((one) => one.startsWith('--'))) expect(help).toContain(option);
    }
  });
});

/** The calls that change nothing, by the beginning of their operation. */
const reads = /^(describe|get|list|scan|tail|wait|start-query)/;

test('a command that changes something does nothing in a shell in which "Names" was not pasted', async () => {
  const blocks = sections.filter(({ heading }) => heading !== 'Names').flatMap((section) => section.blocks);
  const pasted = blocks.filter((block) => block.includes('\n') || block.includes('$'));
  const made = await Promise.all(pasted.map(async (block) => (await runBlockAlone(block)).calls));
  const changing = made.flat().filter(([program, service = '', operation = '']) => {
    if (program === 'git') return service === 'checkout';
    return program !== 'sleep' && !(program === 'aws' && (reads.test(operation) || service === 'logs'));
  });
  expect(changing).toEqual([]);
  // The same blocks do change something after "Names".
  const text = pasted.join('\n');
  expect(text.match(/aws \S+ (update|delete|restore|schedule)-/g)?.length).toBeGreaterThan(10);
});

test.each([
  ['a letter is deleted only after its event was sent', 'Sending dead letters', 'put-events', '--delete'],
  ['a table is waited for only if it is being restored', 'Restoring users', 'restore-table', 'TableStatus'],
  ['a table is waited for only if it can be deleted', 'Taking a stage down', 'update-table', 'table-exists'],
])('%s', async (_what, heading, refused, next) => {
  const has = (calls: readonly (readonly string[])[]) => calls.some((call) => call.join(' ').includes(next));
  expect(has(await callsUnder(heading))).toBe(true);
  expect(has(await callsUnder(heading, refused))).toBe(false);
});

test('deploy keeps the settings that are deployed, except those that are passed', async () => {
  const blocks = ["deploy -c reservedConcurrency=200 -c tokenScope='reset openid'"];
  const { calls } = await runSection({ heading: '', blocks }, outputs);
  const given = ['reservedConcurrency=200', 'tokenScope=reset openid'];
  const all = ['stage=prod', "requiredLinkedIdentity=the bank's id", ...given].flatMap((one) => ['-c', one]);
  expect(calls.at(-1)).toEqual(['npm', 'run', 'deploy', '--', ...all]);
});

test('the name of a replay has at most 64 characters, however long the name of the rule is', async () => {
  const heading = 'Replaying events';
  const found = sections.find((one) => one.heading === heading)?.blocks ?? [];
  const blocks = found.map((block) => block.replace(/^RULE=\S+/m, `RULE=${'r'.repeat(64)}`));
  const { calls } = await runSection({ heading, blocks }, outputs);
  const named = calls.filter((call) => call.includes('--replay-name'));
  const names = named.map((call) => String(call[call.indexOf('--replay-name') + 1]));
  expect(names).toHaveLength(2);
  expect(names.filter((name) => name.length > 64)).toEqual([]);
});

describe('events written by hand', () => {
  const heading = 'Sending dead letters';

  test('are sent to the bus of the stage, each as its schema describes it', async () => {
    const call = (await callsUnder(heading)).find((one) => one.includes('put-events')) ?? [];
    const entries: Record<string, string>[] = JSON.parse(String(call[call.indexOf('--entries') + 1]));
    const details = entries.map(({ Detail }) => JSON.parse(String(Detail)));
    expect(entries.map(({ Detail, ...envelope }) => envelope)).toEqual(
      ['PasswordReset', 'RecoveryPinLocked'].map((DetailType, index) => ({
        EventBusName: outputs.EventBusArn,
        Source: 'password-reset-prod',
        DetailType,
        Time: eventsByHand[index]?.time,
      })),
    );
    entries.forEach(({ DetailType = '' }, index) => {
      expect(schemaViolationsOf(DetailType, details[index])).toEqual([]);
    });
    expect(details.map(({ userId }) => userId)).toEqual(eventsByHand.map(({ userId }) => userId));
  });

  test.each([
    ['are gone once they are sent, so that the next letter is not deleted for them', undefined, false],
    ['stay if the bus does not take them', 'put-events', true],
    ['stay if the letter is not there', '--delete', true],
  ])('%s', async (_what, refused, keepsEvents) => {
    expect(await runSection(sectionUnder(heading), outputs, refused)).toMatchObject({ keepsEvents });
  });

  test('are in a file that git ignores, so that nobody commits it and no stage is "-dirty"', () => {
    expect(sectionUnder(heading).blocks.join('\n')).toContain('"event.json"');
    expect(readFileSync('.gitignore', 'utf8').split('\n')).toContain('event.json');
  });
});

test('an API that is closed twice is opened as it was', async () => {
  const { heading, blocks } = sectionUnder('ResetsWithoutPin');
  const [close = '', open = ''] = blocks;
  const { calls } = await runSection({ heading, blocks: [close, close, open] }, outputs);
  const updates = calls.filter((call) => call.includes('update-stage')).map((call) => call.slice(-2).join());
  const limits = (rate: string, burst: string) =>
    `op=replace,path=/*/*/throttling/rateLimit,value=${rate},op=replace,path=/*/*/throttling/burstLimit,value=${burst}`;
  expect(updates).toEqual([limits('0', '0'), limits('100.0', '50')]);
});

test("consumers' rules are listed before a stack is deleted: a bus with rules cannot be deleted", async () => {
  const calls = await callsUnder('Taking a stage down');
  const [listed, deleted] = ['list-rules', 'delete-stack'].map((name) =>
    calls.findIndex((call) => call.includes(name)),
  );
  expect(listed).toBeGreaterThan(-1);
  expect(deleted).toBeGreaterThan(Number(listed));
});

test.each([
  ['prod', prod],
  ['dev', dev],
])('each output that the runbook reads is one of the stage %s', (_stage, stack) => {
  const text = sections.flatMap(({ blocks }) => blocks).join('\n');
  const read = [...text.matchAll(/\$\(output (\w+)\)/g)].map(([, name]) => name);
  expect(read.length).toBeGreaterThan(10);
  // Only `prod` has a firewall.
  const known = [...Object.keys(stack.outputs), 'FirewallLog'];
  expect(known).toEqual(expect.arrayContaining(read));
});

test('docs/deploy.md lists all outputs, and no others', async () => {
  const listed = tableUnder('docs/deploy.md', 'Outputs of the stack').flatMap(([names]) => codesIn(names));
  const domain = {
    domainName: 'api.example.com',
    certificateArn: 'arn:aws:acm:eu-central-1:123456789012:certificate/0aa1',
  };
  const withDomain = await synthesize({ stage: 'prod', ...required, ...domain });
  expect(listed.toSorted()).toEqual(Object.keys(withDomain.outputs).toSorted());
});

test('the runbook lists all saved queries, and the one that it runs is one of them', async () => {
  const saved = allOf(prod, 'AWS::Logs::QueryDefinition').map(([, { Properties }]) =>
    String(Properties.Name),
  );
  const listed = tableUnder('docs/runbook.md', 'Saved queries').flatMap(([query]) => codesIn(query));
  expect(listed.map((name) => `password-reset-prod/${name}`).toSorted()).toEqual(saved.toSorted());
  const section = sections.find(({ heading }) => heading === 'Saved queries');
  const { calls } = await runSection(section ?? { heading: '', blocks: [] }, outputs);
  const asked = calls.flatMap((call) => call[call.indexOf('--query-definition-name-prefix') + 1] ?? []);
  expect(saved).toContain(asked.find((name) => name.includes('/')));
});

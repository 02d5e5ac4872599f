// The shell commands of docs/runbook.md, run by a real bash in front of programs that only note how they are called.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { writeShellProgram } from '../../support/shell-program.ts';

export interface RunbookSection {
  readonly heading: string;
  /** The blocks of shell commands below the heading, and the commands of AWS within its text, in order. */
  readonly blocks: readonly string[];
}

export interface SectionRun {
  readonly code: number;
  readonly stderr: string;
  /** The calls of programs, each with its arguments. */
  readonly calls: readonly (readonly string[])[];
  /** Whether the file of events written by hand is still there. */
  readonly keepsEvents: boolean;
}

/** What somebody writes by hand before the commands that send it: details of events, with numbers as the letters have them. */
export const eventsByHand = [
  {
    version: 1,
    resetId: '3f6b5a52-0d5e-4c0b-9d0b-6a4f3f0c8d21',
    userId: 'alice',
    sequence: '4421584500000000017450439091',
    time: '2026-03-01T09:30:00.123Z',
    pinVerified: false,
    paymentMethodsCleared: ['sepa', "o'neill"],
    newPasswordSet: false,
  },
  {
    version: 1,
    lockId: '5f4d1b6e-0c55-4f0e-9a57-2f0d4a0b7c11',
    userId: 'bob',
    sequence: '4421584500000000017450439092',
    time: '2026-03-01T09:30:01.000Z',
  },
];

const names = 'Names';
/** Programs that a test must not run. */
const noted = ['aws', 'git', 'npm', 'npx', 'sleep'];

/** Reads the sections that have commands, each without the sections below it. */
export function readSections(): RunbookSection[] {
  const text = readFileSync(new URL('../../../docs/runbook.md', import.meta.url), 'utf8');
  return text
    .split(/^(?=#+ )/m)
    .map((section) => ({ heading: /^#+ (.+)/.exec(section)?.[1] ?? '', blocks: commandsIn(section) }))
    .filter(({ blocks }) => blocks.length > 0);
}

function commandsIn(section: string): string[] {
  const commands = section.matchAll(/^( *)```sh\n([\s\S]*?)^\1```$|`(aws [^`]+)`/gm);
  return [...commands].map(([, indent = '', block, inline = '']) =>
    block === undefined ? inline.replace(/\s*\n\s*/g, ' ') : block.replaceAll(`\n${indent}`, '\n').trim(),
  );
}

/**
 * Runs the commands of a section in one shell, after those of "Names". A variable without a value ends it with an error.
 *
 * @param outputs - the stack's outputs
 * @param refused - a part of the commands that AWS refuses; then the shell goes on after an error, as when commands are pasted
 */
export async function runSection(
  { heading, blocks }: RunbookSection,
  outputs: Readonly<Record<string, string>>,
  refused?: string,
): Promise<SectionRun> {
  const folder = mkdtempSync(join(tmpdir(), 'password-reset-runbook-'));
  try {
    const calls = join(folder, 'calls');
    writeFileSync(calls, '');
    const events = writeEvents(folder);
    writeFileSync(
      join(folder, 'outputs'),
      Object.entries(outputs)
        .map(([name, value]) => `${name}\t${value}\n`)
        .join(''),
    );
    const refusal = refused && `case "$*" in *'${refused}'*) exit 254 ;; esac`;
    for (const program of noted) writeProgram(folder, program, refusal);
    const before =
      heading === names ? [] : (readSections().find((one) => one.heading === names)?.blocks ?? []);
    const strict = refused === undefined ? ['set -euo pipefail'] : [];
    const script = [...strict, ...before, ...blocks].join('\n');
    const { code, stderr } = await runBash(script, folder);
    return { code, stderr, calls: readCalls(calls), keepsEvents: existsSync(events) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs one block as it stands, in a new shell in which nobody has pasted "Names", and which goes on after an error. */
export async function runBlockAlone(block: string): Promise<SectionRun> {
  const folder = mkdtempSync(join(tmpdir(), 'password-reset-runbook-'));
  try {
    const calls = join(folder, 'calls');
    writeFileSync(calls, '');
    const events = writeEvents(folder);
    writeFileSync(join(folder, 'outputs'), '');
    // AWS refuses an empty argument, and the variable that was to have the answer stays empty.
    const refusal = 'for argument in "$@"; do [ -n "$argument" ] || exit 1; done';
    for (const program of noted) writeProgram(folder, program, refusal);
    const end = await runBash(block, folder);
    return { ...end, calls: readCalls(calls), keepsEvents: existsSync(events) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeEvents(folder: string): string {
  const file = join(folder, 'event.json');
  writeFileSync(file, JSON.stringify(eventsByHand));
  return file;
}

/** Notes its arguments, and prints what a few commands ask for, else two numbers. */
function writeProgram(folder: string, program: string, first = ''): void {
  writeShellProgram(
    folder,
    program,
    `${first}
[ ${program} = aws ] && [ -n "\${AWS_PAGER-less}" ] && echo 'a long answer opens a pager' >&2
printf '%s\\037' ${program} "$@" >> "${folder}/calls"
printf '\\036' >> "${folder}/calls"
case "$*" in
  *'Stacks[0].Outputs'*) cat "${folder}/outputs" ;;
  *Table.TableStatus*) echo ACTIVE ;;
  *FailedEntryCount*) echo 0 ;;
  *methodSettings*) if grep -q update-stage "${folder}/calls"; then echo '0.0 0'; else echo '100.0 50'; fi ;;
  *) echo '1 2' ;;
esac`,
  );
}

function runBash(script: string, folder: string): Promise<{ code: number; stderr: string }> {
  return new Promise((resolve) => {
    const env = { PATH: [folder, process.env.PATH].join(delimiter), HOME: folder };
    const child = execFile('bash', ['-s'], { cwd: folder, env, timeout: 20_000 }, (error, _stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stderr }),
    );
    child.stdin?.end(script);
  });
}

function readCalls(file: string): string[][] {
  const calls = readFileSync(file, 'utf8').split('\x1e').slice(0, -1);
  return calls.map((call) => call.split('\x1f').slice(0, -1));
}

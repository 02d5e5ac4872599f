// Each event of infra/local/events by the command for `sam local invoke` that `npm run sam` prints.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { prepareSam, root } from './tools.ts';
import { openUsers, type SamUsers } from './users.ts';

/** The status and code of each event's answer. */
const answers: Readonly<Record<string, readonly [number, string | undefined]>> = {
  'not-found': [404, 'not-found'],
  'recovery-pin-malformed': [403, 'recovery-pin-malformed'],
  'recovery-pin-mismatch': [403, 'recovery-pin-mismatch'],
  'reset-with-pin': [204, undefined],
  'reset-without-pin': [204, undefined],
  'token-missing': [401, 'token-missing'],
};

let users: SamUsers;
beforeAll(async () => {
  users = await openUsers();
});

it('there is an answer for each event', () => {
  const events = readdirSync('infra/local/events').map((file) => file.replace('.json', ''));
  expect(Object.keys(answers).sort()).toEqual(events.sort());
});

it.each(Object.entries(answers))('%s', async (name, [status, code]) => {
  await users.put();
  const { stdout: printed } = await run('npm run -s sam -- --print');
  const command = printed.split('\n').find((line) => line.includes('sam local invoke')) ?? '';
  const { stdout, stderr } = await run(command.replace('reset-with-pin', name));
  const last = stdout.trim().split('\n').at(-1) ?? '';
  expect(last, stderr).toMatch(/^\{/);
  const answer = JSON.parse(last);
  expect(answer.statusCode).toBe(status);
  expect(answer.body && JSON.parse(answer.body).errors[0].code).toEqual(code ?? '');
});

/** Runs a shell command, which may start a container. */
async function run(command: string) {
  const options = { cwd: root, env: await prepareSam(), timeout: 100_000, encoding: 'utf8' } as const;
  return spawnSync('bash', ['-c', command], options);
}

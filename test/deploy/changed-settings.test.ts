// What becomes of the settings of a running stage: `npm run deploy` with one more, with one less, and back to a commit.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  bootstrap,
  deploy as deployAssembly,
  type StageSettings,
  synthesize,
  takeOut,
} from './deployment.ts';
import { type Emulator, startEmulator } from './emulator.ts';
import { type ProgramEnd, root, runProgram } from './program.ts';

const settings: StageSettings = {
  stage: 'dev',
  tokenIssuer: 'https://issuer.example.com',
  tokenAudience: 'app',
};
let emulator: Emulator;
let functionName: string;

// Of its own, since the emulator loses the function's alias with an update.
beforeAll(async () => {
  const folder = join(inject('scratch'), 'changed-settings');
  emulator = await startEmulator({ folder });
  await bootstrap(emulator.environment);
  await synthesize(settings, join(folder, 'first'), emulator.environment);
  await takeOut(settings, join(folder, 'first'));
  const { outputs } = await deployAssembly(settings, join(folder, 'first'), emulator.environment);
  functionName = String(outputs.FunctionName);
});
afterAll(() => emulator?.stop());

describe('`npm run deploy`', () => {
  const context = (one: StageSettings) =>
    Object.entries(one).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

  /** Synthesizes with these settings in a folder of the project, and deploys what the emulator can. */
  async function deploy(one: StageSettings, name: string, options: readonly string[] = [], project = root) {
    const { environment } = emulator;
    const folder = join(inject('scratch'), `dev-${name}`);
    await synthesize(one, folder, environment, project);
    await takeOut(one, folder);
    return run([...context(one), '--app', folder, '--require-approval', 'never', ...options]);
  }

  const run = (args: readonly string[]): Promise<ProgramEnd> =>
    runProgram(['npm', 'run', '-s', 'deploy', '--', ...args], emulator.environment);

  /** What the function and the stack say of a running stage. */
  async function look() {
    const { endpoint } = emulator;
    const client = new LambdaClient({ endpoint });
    const { Environment, Description } = await client.send(
      new GetFunctionConfigurationCommand({ FunctionName: functionName }),
    );
    return { scope: Environment?.Variables?.TOKEN_SCOPE, description: Description };
  }

  test('adds a setting, refuses to drop it, and drops it if it is told to', async () => {
    const scope = 'reset openid';
    const more = { ...settings, tokenScope: scope };
    const added = await deploy(more, 'more');
    expect(added.code, added.stderr).toBe(0);
    expect(added.stdout).toMatch(/^The stack password-reset-dev was deployed from commit [0-9a-f]{40}/);
    expect(added.stdout).toContain(`This deployment\n  adds tokenScope: ${scope}\n`);
    expect(await look()).toMatchObject({ scope });

    const refused = await run(context(settings));
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        'the deployment would drop tokenScope. Pass it as before, or add --drop tokenScope',
      ),
    });
    expect(refused.stdout).toContain(`drops tokenScope: ${scope}`);
    expect(await look()).toMatchObject({ scope });

    expect(await deploy(settings, 'less', ['--drop', 'tokenScope'])).toMatchObject({ code: 0 });
    expect(await look()).toMatchObject({ scope: undefined });
  });

  test('goes back to the commit before, with the settings that the stack has', async () => {
    const project = copyProject();
    const source = join(project, 'infra/constructs/reset-function.ts');
    const git = (...args: readonly string[]) =>
      execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], {
        cwd: project,
        encoding: 'utf8',
      }).trim();
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '--message', 'good');
    const good = git('rev-parse', 'HEAD');
    const before = await look();
    writeFileSync(
      source,
      readFileSync(source, 'utf8').replace(String(before.description), 'the bad version'),
    );
    git('commit', '--quiet', '--all', '--message', 'bad');
    const bad = await deploy(settings, 'bad', [], project);
    expect(bad.code, bad.stderr).toBe(0);
    expect(await look()).toMatchObject({ description: 'the bad version' });

    const commit = git('rev-parse', 'HEAD');
    git('checkout', '--quiet', `${commit}~1`);
    const back = await deploy(settings, 'good', [], project);
    expect(back).toMatchObject({ code: 0, stdout: expect.stringContaining(`from commit ${commit}.`) });
    expect(back.stdout).toContain('This deployment has the same settings.');
    expect(await look()).toEqual(before);
    expect((await run([...context(settings), '--app', '/nowhere'])).stdout).toContain(`from commit ${good}.`);
  });
});

/** The files of this project that git would commit, with its packages, in a folder of their own. */
function copyProject(): string {
  const project = join(inject('scratch'), 'project');
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const file of files.trim().split('\n')) {
    mkdirSync(dirname(join(project, file)), { recursive: true });
    cpSync(join(root, file), join(project, file));
  }
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'));
  return project;
}

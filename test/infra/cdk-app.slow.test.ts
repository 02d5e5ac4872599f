// The CDK app as the CDK's command line starts it, with the command in cdk.json.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { writeShellProgram } from '../support/shell-program.ts';

test('it runs on the Node of node_modules, whatever Node a global cdk finds, and says at once that credentials are missing', async () => {
  const folder = join(inject('scratch'), 'old-node');
  // An old Node can run npm, and fails at the sources of this project.
  const script = `case "$1" in *npm*) exec "${process.execPath}" "$@";; esac\necho "SyntaxError" >&2\nexit 1`;
  writeShellProgram(folder, 'node', script);
  const inherited = (process.env.PATH ?? '').split(delimiter).filter((one) => !one.includes('node_modules'));
  const env = {
    PATH: [folder, ...inherited].join(delimiter),
    HOME: folder,
    CDK_OUTDIR: join(folder, 'cdk.out'),
    CDK_CONTEXT_JSON: JSON.stringify({
      stage: 'dev',
      tokenIssuer: 'https://i.example',
      tokenAudience: 'app',
    }),
  };
  const { app } = JSON.parse(readFileSync('cdk.json', 'utf8'));
  const end = await new Promise((resolve) => {
    execFile('sh', ['-c', app], { env }, (error, _stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stderr }),
    );
  });
  const told = 'There are no AWS credentials: the stage can be synthesized, but not deployed.';
  expect(end).toEqual(
    // On systems for which npm has no Node 24, it is that of the path.
    existsSync('node_modules/.bin/node')
      ? { code: 0, stderr: `Bundling the functions of the stage "dev".\n${told}\n` }
      : { code: 1, stderr: 'SyntaxError\n' },
  );
});

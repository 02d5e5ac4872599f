// `npm run deploy` compares a stage, and the CDK deploys that stage, wherever else the CDK would read its context from.
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { listen } from '../../infra/local/listen.ts';

/** The regions and stacks that CloudFormation was asked for. */
const asked: string[] = [];
/** CloudFormation of an account without stacks. */
const cloudFormation = createServer(async (request, response) => {
  const region = request.headers.authorization?.split('/')[2];
  asked.push(`${region} ${new URLSearchParams(await text(request)).get('StackName')}`);
  const error =
    '<Error><Type>Sender</Type><Code>ValidationError</Code><Message>It does not exist</Message></Error>';
  response.writeHead(400).end(`<ErrorResponse>${error}</ErrorResponse>`);
});
let endpoint: string;
/** A home folder with settings for the CDK, and one without any. */
const home = join(inject('scratch'), 'deploy-home');
const emptyHome = join(home, 'empty');

beforeAll(async () => {
  endpoint = await listen(cloudFormation, 0, 'PORT');
  mkdirSync(emptyHome, { recursive: true });
  writeFileSync(join(home, 'config'), '[default]\nregion=eu-central-1\n');
  writeFileSync(join(home, '.cdk.json'), JSON.stringify({ context: { stage: 'prod' } }));
});
afterAll(() => cloudFormation.close());

/** An app that prints region and stage that it is to build, and fails. */
const app = `node -e "console.log(process.env.CDK_DEFAULT_REGION, 'password-reset-' + JSON.parse(process.env.CDK_CONTEXT_JSON).stage);process.exit(1)"`;

/** Resolves to region and stack that the CDK was about to deploy. */
async function deploy(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const environment = {
    PATH: process.env.PATH,
    HOME: emptyHome,
    AWS_ENDPOINT_URL_CLOUDFORMATION: endpoint,
    AWS_CONFIG_FILE: join(home, 'config'),
    AWS_ACCESS_KEY_ID: 'none',
    AWS_SECRET_ACCESS_KEY: 'none',
    TOKEN_ISSUER: 'https://issuer.example.com',
    TOKEN_AUDIENCE: 'app',
    ALARM_MAIL: 'none',
    ...env,
  };
  const program = ['infra/operations/deploy.ts', '--app', app, ...args];
  const output = await new Promise<string>((resolve) =>
    execFile(process.execPath, program, { env: environment }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    ),
  );
  return /^[\w-]+ password-reset-\w+$/m.exec(output)?.[0] ?? output;
}

it.each<[string, readonly string[], NodeJS.ProcessEnv, string]>([
  ['--c', ['--c', 'stage=prod'], {}, 'eu-central-1 password-reset-prod'],
  ['CDK_CONTEXT', [], { CDK_CONTEXT: 'stage=prod' }, 'eu-central-1 password-reset-dev'],
  ['.cdk.json in the home folder', [], { HOME: home }, 'eu-central-1 password-reset-dev'],
  ['AWS_DEFAULT_REGION', [], { AWS_DEFAULT_REGION: 'eu-west-1' }, 'eu-west-1 password-reset-dev'],
])('npm run deploy compares the stack that the CDK deploys: %s', async (_place, args, env, stack) => {
  asked.length = 0;
  expect(await deploy(args, env)).toBe(stack);
  expect(asked).toEqual([stack]);
});

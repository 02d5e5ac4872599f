// `npm run deploy` compares what the CDK deploys, wherever else the CDK would read region, profile and settings from.
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { listen } from '../../infra/local/listen.ts';

/** Access keys, regions and, of CloudFormation, stacks that AWS was asked for. */
const asked: string[] = [];
/** CloudFormation of an account without stacks. */
const aws = createServer(async (request, response) => {
  const [, key, region] = /Credential=(\w+)\/\d+\/([\w-]+)/.exec(request.headers.authorization ?? '') ?? [];
  const stack = new URLSearchParams(await text(request)).get('StackName');
  asked.push([key, region, ...(stack ? [stack] : [])].join(' '));
  const error =
    '<Error><Type>Sender</Type><Code>ValidationError</Code><Message>It does not exist</Message></Error>';
  response.writeHead(400).end(`<ErrorResponse>${error}</ErrorResponse>`);
});
let endpoint: string;
/** A home folder in which the CDK finds another region, another profile and settings. */
const home = join(inject('scratch'), 'deploy-home');
const emptyHome = join(home, 'empty');

beforeAll(async () => {
  endpoint = await listen(aws, 0, 'PORT');
  mkdirSync(emptyHome, { recursive: true });
  const profiles = ['one', 'two'].map(
    (name) =>
      `[profile ${name}]\nregion=eu-${name}-1\naws_access_key_id=${name}\naws_secret_access_key=none\n`,
  );
  writeFileSync(join(home, 'config'), `[default]\nregion=eu-central-1\n${profiles.join('')}`);
  const context = { passwordMinLength: '8', rollout: 'at-once' };
  writeFileSync(join(home, '.cdk.json'), JSON.stringify({ context, region: 'us-east-1', profile: 'two' }));
});
afterAll(() => aws.close());

/** An app that prints region and stage that it is to build, and fails. */
const app = `node -e "console.log(process.env.CDK_DEFAULT_REGION, 'password-reset-' + (JSON.parse(process.env.CDK_CONTEXT_JSON).stage ?? 'dev'));process.exit(1)"`;

/** Resolves to the output. */
function deploy(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  asked.length = 0;
  const environment = {
    PATH: process.env.PATH,
    AWS_ENDPOINT_URL: endpoint,
    AWS_CONFIG_FILE: join(home, 'config'),
    AWS_ACCESS_KEY_ID: 'none',
    AWS_SECRET_ACCESS_KEY: 'none',
    TOKEN_ISSUER: 'https://issuer.example.com',
    TOKEN_AUDIENCE: 'app',
    ALARM_MAIL: 'none',
    ...env,
  };
  const program = ['infra/operations/deploy.ts', ...args, '--output', join(home, 'cdk.out')];
  return new Promise((resolve) =>
    execFile(process.execPath, program, { env: environment }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    ),
  );
}

it.each<[string, readonly string[], NodeJS.ProcessEnv, string, string]>([
  ['--c', ['--c', 'stage=prod'], {}, 'none eu-central-1', 'prod'],
  ['-c before --', ['-c', 'stage=prod', '--'], {}, 'none eu-central-1', 'prod'],
  ['AWS_DEFAULT_REGION', [], { AWS_DEFAULT_REGION: 'eu-west-1' }, 'none eu-west-1', 'dev'],
  ['--region', ['--region', 'eu-west-1'], { AWS_REGION: 'eu-north-1' }, 'none eu-west-1', 'dev'],
  ['CDK_REGION', [], { CDK_REGION: 'eu-west-1', AWS_REGION: 'eu-north-1' }, 'none eu-west-1', 'dev'],
  ['--profile', ['--profile=one'], { CDK_PROFILE: 'two' }, 'one eu-one-1', 'dev'],
  ['AWS_PROFILE', [], { AWS_PROFILE: 'one' }, 'one eu-one-1', 'dev'],
  ['AWS_DEFAULT_PROFILE', [], { AWS_DEFAULT_PROFILE: 'one' }, 'one eu-one-1', 'dev'],
])('npm run deploy compares the stack that the CDK deploys: %s', async (_place, args, env, target, stage) => {
  const output = await deploy(['--app', app, ...args], { HOME: home, ...env });
  const [, region] = target.split(' ');
  expect(output).toContain(`\n${region} password-reset-${stage}\n`);
  // The CDK asks whose the credentials are.
  expect([...new Set(asked)].sort()).toEqual([target, `${target} password-reset-${stage}`]);
});

it.each<[string, NodeJS.ProcessEnv, string]>([
  ['~/.cdk.json', { HOME: home }, 'passwordMinLength, rollout'],
  ['CDK_CONTEXT', { HOME: emptyHome, CDK_CONTEXT: 'stage=prod' }, 'stage'],
])('npm run deploy deploys no setting of %s that it has not compared', async (_place, env, names) => {
  const output = await deploy([], env);
  expect(output).toContain('The stack password-reset-dev is not deployed yet in eu-central-1.\n');
  expect(output).toContain(`npm run deploy has compared another value of ${names}, or none: `);
  expect(output).not.toContain('Bundling');
});

it('npm run deploy deploys what it has compared', async () => {
  const output = await deploy(['-c', 'tokenScope=reset'], { HOME: emptyHome, TOKEN_MAX_AGE: '300' });
  expect(output).toContain('Bundling the functions of the stage "dev".');
});

// The CDK app: what it prints on bad settings, and that cdk-nag checks it.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';

// CDK apps create their output folders here unless one is given.
const scratch = mkdtempSync(join(tmpdir(), 'password-reset-app-'));
beforeEach(() => void vi.stubEnv('TMPDIR', scratch));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test('a missing setting ends the app with one message, exit code 1 and no stack trace', async () => {
  const run = promisify(execFile)(process.execPath, ['infra/app.ts'], {
    env: {
      CDK_CONTEXT_JSON: JSON.stringify({ stage: 'prod', tokenAudience: 'app', alarmMail: 'none' }),
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    },
  });
  await expect(run).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^The stage "prod" cannot be built:\n {2}- tokenIssuer is missing: .+\n$/),
  });
});

test('the app is checked by the AwsSolutions and the Serverless rules of cdk-nag', async () => {
  const addPlugins = vi.spyOn(Validations.prototype, 'addPlugins');
  vi.stubEnv('CDK_CONTEXT_JSON', JSON.stringify({ stage: 'local' }));
  await import('../../../infra/app.ts');
  expect(addPlugins).toHaveBeenCalledExactlyOnceWith(
    expect.any(AwsSolutionsChecks),
    expect.any(ServerlessChecks),
  );
});

test('cdk-nag does report a finding that is not acknowledged', () => {
  const app = new App();
  const topic = new Topic(new Stack(app, 'Stack'), 'Topic');
  topic.addSubscription(new EmailSubscription('oncall@example.com'));
  const rules = [new AwsSolutionsChecks(app), new ServerlessChecks(app)].flatMap((checks) =>
    checks.validateScope(app).violations.map(({ ruleName }) => ruleName),
  );
  expect(rules).toEqual(['AwsSolutions-SNS3', 'Serverless-SNSRedrivePolicy']);
});

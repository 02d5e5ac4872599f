// The stage `prod` with all options, deployed into the emulator and used through the emulated API.
import { CreateEventBusCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { resetPath } from '../support/http-client.ts';
import { type DeployedStage, deployStage, runSmokeTest, synthesizeAndDeploy } from './deployed-stage.ts';
import type { StageSettings } from './deployment.ts';
import { type HttpsIssuer, startHttpsIssuer } from './issuer.ts';
import { withAllOptions } from './stage-settings.ts';

const linkedIdentities = ['bank id'];
const challenge = 'x-amzn-remapped-www-authenticate';
let issuer: HttpsIssuer;
let settings: StageSettings;
let stage: DeployedStage;

beforeAll(async () => {
  issuer = await startHttpsIssuer(inject('certificate'));
  const required = { tokenIssuer: issuer.url, tokenAudience: issuer.audience, alarmMail: 'none' };
  settings = withAllOptions({ stage: 'prod', ...required }, issuer.jwksUri);
  const events = new EventBridgeClient({ endpoint: inject('emulator').endpoint });
  await events.send(new CreateEventBusCommand({ Name: settings.eventBusName }));
  stage = await deployStage(settings);
});

afterAll(() => {
  stage?.stop();
  issuer?.stop();
});

const sign = (claims: Record<string, unknown>) => issuer.sign({ scope: 'openid password-reset', ...claims });

/** Sends a reset with a new token that the stage accepts, except for `claims`. */
async function reset(claims: Record<string, unknown>, { path = resetPath, headers = {}, body = '' } = {}) {
  return stage.send({
    path,
    headers: { Authorization: `Bearer ${await sign(claims)}`, ...headers },
    ...(body && { body }),
  });
}

// Comes first, before the function has cached the secret.
test('501 while the pepper secret cannot be used, without an effect; then 204', async () => {
  const secrets = new SecretsManagerClient({ endpoint: inject('emulator').endpoint });
  const SecretId = stage.deployment.outputs.PepperSecret;
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId }));
  await stage.putUser({ userId: 'pepper', linkedIdentities });
  await secrets.send(new PutSecretValueCommand({ SecretId, SecretString: 'not JSON' }));
  const path = `${resetPath}?pin=5621`;
  expect((await reset({ sub: 'pepper' }, { path })).code).toBe('internal-error');
  expect(await stage.readUser('pepper')).toHaveProperty('passwordHash');
  await secrets.send(new PutSecretValueCommand({ SecretId, SecretString }));
  await expect
    .poll(async () => (await reset({ sub: 'pepper' }, { path })).code, { timeout: 30_000 })
    .toBe('204');
});

test('`npm run smoke` passes', async () => {
  const end = await runSmokeTest(stage, await sign({ sub: 'smoke-test' }), ['--linked-identity', 'bank id']);
  expect(end).toMatchObject({ code: 0, stdout: expect.stringMatching(/^All \d+ checks passed/m) });
});

test('a token without the scope gets 403 with the challenge that names it', async () => {
  const { status, code, headers } = await reset({ sub: 'nobody', scope: 'openid' });
  expect([status, code]).toEqual([403, 'insufficient-scope']);
  expect(headers[challenge]).toContain('scope="password-reset"');
});

test('a login of long ago gets 401 with the challenge of RFC 9470', async () => {
  const { status, code, headers } = await reset({ sub: 'nobody', auth_time: 1_700_000_000 });
  expect([status, code]).toEqual([401, 'authentication-too-old']);
  expect(headers[challenge]).toContain('error="insufficient_user_authentication"');
});

test('a user without the linked identity gets 401', async () => {
  await stage.putUser({ userId: 'not-linked' });
  const { status, code } = await reset({ sub: 'not-linked' });
  expect([status, code]).toEqual([401, 'missing-linked-identity']);
});

test('each base path is served, and a new password has the minimum length of the stage', async () => {
  await stage.putUser({ userId: 'linked', linkedIdentities });
  for (const basePath of ['user/2021-2', 'user/v3']) {
    const path = `/${basePath}/user/password/reset`;
    const headers = { 'Content-Type': 'application/json' };
    const body = (password: string) => JSON.stringify({ pin: '5621', password });
    const short = await reset({ sub: 'linked' }, { path, headers, body: body('nineteen characters') });
    expect(short.code).toBe('password-too-short');
    await stage.putUser({ userId: 'linked', linkedIdentities });
    const long = await reset({ sub: 'linked' }, { path, headers, body: body('these are twenty-five now') });
    expect(long.code).toBe('204');
  }
});

test('pages of the allowed origins may read the answers, others may not', async () => {
  const allow = 'access-control-allow-origin';
  const allowed = await reset({ sub: 'nobody' }, { headers: { Origin: 'https://www.example.com' } });
  expect(allowed.headers[allow]).toBe('https://www.example.com');
  const other = await reset({ sub: 'nobody' }, { headers: { Origin: 'https://other.example.com' } });
  expect(other.headers).not.toHaveProperty(allow);
});

test('events arrive on the bus that the settings name', async () => {
  await stage.putUser({ userId: 'event', linkedIdentities });
  expect((await reset({ sub: 'event' })).code).toBe('204');
  const ofUser = async () => (await stage.receiveEvents()).filter(({ detail }) => detail.userId === 'event');
  await expect.poll(ofUser, { timeout: 30_000 }).toHaveLength(1);
  expect(await ofUser()).toMatchObject([
    { source: 'password-reset-prod', 'detail-type': 'PasswordReset', detail: { pinVerified: false } },
  ]);
  expect(stage.deployment.outputs.EventBus).toBe('platform');
});

// Comes last.
test('a second deployment changes nothing', async () => {
  const { outputs, log } = await synthesizeAndDeploy(settings, 'second');
  expect(log).toContain('password-reset-prod (no changes)');
  expect(outputs).toEqual(stage.deployment.outputs);
});

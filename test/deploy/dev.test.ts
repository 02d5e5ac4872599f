// The stage `dev` with its required settings only, deployed into the emulator and used through the emulated API.
import { afterAll, beforeAll, describe, expect, inject, it, test } from 'vitest';
import { nextSecond } from '../../infra/local/next-second.ts';
import { schemaViolationsOf } from '../support/events.ts';
import { resetPath } from '../support/http-client.ts';
import { describeDeadLetters } from './dead-letters.ts';
import { type DeployedStage, deployStage, runSmokeTest, synthesizeAndDeploy } from './deployed-stage.ts';
import { type HttpsIssuer, startHttpsIssuer } from './issuer.ts';

let issuer: HttpsIssuer;
let stage: DeployedStage;
let settings: { stage: string; tokenIssuer: string; tokenAudience: string };

beforeAll(async () => {
  issuer = await startHttpsIssuer(inject('certificate'));
  settings = { stage: 'dev', tokenIssuer: issuer.url, tokenAudience: issuer.audience };
  stage = await deployStage(settings);
});

afterAll(() => {
  stage?.stop();
  issuer?.stop();
});

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const json = { 'Content-Type': 'application/json' };

/** Sends a reset for a user, with a new token. */
async function reset(userId: string, query = '', body?: unknown) {
  const headers = { ...bearer(await issuer.sign({ sub: userId })), ...(body !== undefined && json) };
  return stage.send({
    path: `${resetPath}${query}`,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

// Comes first, before the function has cached the keys.
test('501 while the issuer cannot be reached, and 404 for the same request when it can', async () => {
  issuer.isDown = true;
  expect((await reset('nobody')).code).toBe('internal-error');
  issuer.isDown = false;
  await expect.poll(async () => (await reset('nobody')).code, { timeout: 30_000 }).toBe('user-not-found');
});

describe('a reset', () => {
  test('with the PIN keeps the payment methods', async () => {
    await stage.putUser({ userId: 'with-pin' });
    expect((await reset('with-pin', '?pin=5621')).code).toBe('204');
    const user = await stage.readUser('with-pin');
    expect(user).not.toHaveProperty('passwordHash');
    expect(Object.keys(Object(user.paymentMethods)).sort()).toEqual(['sepa', 'visa']);
  });

  test('without a PIN clears the payment methods', async () => {
    await stage.putUser({ userId: 'without-pin' });
    expect((await reset('without-pin')).code).toBe('204');
    const user = await stage.readUser('without-pin');
    expect(user).not.toHaveProperty('passwordHash');
    expect(user.paymentMethods).toEqual({});
  });

  test('takes PIN and new password from the body', async () => {
    await stage.putUser({ userId: 'with-body' });
    const body = { pin: '5621', password: 'seventeen tame otters' };
    expect((await reset('with-body', '', body)).code).toBe('204');
    const user = await stage.readUser('with-body');
    expect(user.passwordHash).toMatch(/^\$argon2id\$/);
    expect(Object.keys(Object(user.paymentMethods)).sort()).toEqual(['sepa', 'visa']);
  });

  test('that is sent again answers 204 and changes nothing; an older token is revoked', async () => {
    await stage.putUser({ userId: 'again' });
    const older = bearer(await issuer.sign({ sub: 'again' }));
    await nextSecond();
    const headers = bearer(await issuer.sign({ sub: 'again' }));
    expect((await stage.send({ path: resetPath, headers })).code).toBe('204');
    const after = await stage.readUser('again');
    expect((await stage.send({ path: resetPath, headers })).code).toBe('204');
    expect(await stage.readUser('again')).toEqual(after);
    expect((await stage.send({ path: resetPath, headers: older })).code).toBe('token-revoked');
  });

  test('is refused after three different wrong PINs', async () => {
    await stage.putUser({ userId: 'locked' });
    for (const [pin, remainingAttempts] of [
      ['1357', 2],
      ['1357', 2],
      ['2468', 1],
      ['9753', 0],
    ] as const) {
      const { code, error } = await reset('locked', `?pin=${pin}`);
      expect([code, error?.meta]).toEqual(['recovery-pin-mismatch', { remainingAttempts }]);
    }
    expect((await reset('locked', '?pin=5621')).code).toBe('recovery-pin-locked');
  });
});

describe('answers 401', () => {
  it.each<[string, () => Promise<Record<string, string>>]>([
    ['token-missing', async () => ({})],
    ['token-invalid', async () => bearer(await issuer.sign({ sub: 'nobody', aud: 'another' }))],
    [
      'token-expired',
      async () => bearer(await issuer.sign({ sub: 'nobody', iat: 1_700_000_000, exp: 1_700_000_600 })),
    ],
  ])('%s, with the header as API Gateway renames it', async (code, headers) => {
    const answer = await stage.send({ path: resetPath, headers: await headers() });
    expect([answer.status, answer.code]).toEqual([401, code]);
    expect(answer.headers['x-amzn-remapped-www-authenticate']).toMatch(/^Bearer/);
  });
});

describe('answers to requests that change nothing:', () => {
  beforeAll(async () => {
    await stage.putUser({ userId: 'no-pin', pin: undefined as never });
    await stage.putUser({ userId: 'disabled', status: 'disabled' });
    await stage.putUser({ userId: 'unchanged' });
  });

  it.each<[number, string, string, string, unknown?]>([
    [404, 'user-not-found', 'nobody', '?pin=5621'],
    [404, 'recovery-pin-not-set', 'no-pin', '?pin=5621'],
    [403, 'user-disabled', 'disabled', ''],
    [403, 'recovery-pin-malformed', 'unchanged', '?pin=56211'],
    [403, 'recovery-pin-malformed', 'unchanged', '?PIN=5621'],
    [403, 'recovery-pin-malformed', 'unchanged', '?pin=5621&pin=5621'],
    [403, 'recovery-pin-malformed', 'unchanged', '', { pin: 5621 }],
    [422, 'password-too-short', 'unchanged', '', { password: 'short' }],
    [422, 'password-compromised', 'unchanged', '', { password: 'passwordpassword' }],
    [400, 'body-malformed', 'unchanged', '', []],
  ])('%i %s for %s with "%s" and body %j', async (status, code, userId, query, body) => {
    const before = await stage.readUser(userId);
    const answer = await reset(userId, query, body);
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(await stage.readUser(userId)).toEqual(before);
  });

  it('415 for a body of another type', async () => {
    const headers = { ...bearer(await issuer.sign({ sub: 'unchanged' })), 'Content-Type': 'text/plain' };
    const { code } = await stage.send({ path: resetPath, headers, body: 'pin=5621' });
    expect(code).toBe('media-type-unsupported');
  });
});

test('routes that do not exist get the deployed gateway response', async () => {
  for (const headers of [{}, bearer('any')] as Record<string, string>[]) {
    const response = await fetch(`${stage.url}/user/2021-2/user/password/other`, { method: 'PUT', headers });
    const { errors } = (await response.json()) as { errors: [{ code: string; id: string }] };
    expect([response.status, errors[0].code]).toEqual([404, 'not-found']);
    expect(response.headers.get('Request-Id')).toBe(errors[0].id);
  }
});

test('`npm run smoke` passes, and removes its user', async () => {
  const end = await runSmokeTest(stage, await issuer.sign({ sub: 'smoke-test' }));
  expect(end).toMatchObject({ code: 0, stdout: expect.stringMatching(/^All \d+ checks passed/m) });
  expect(await stage.readUser('smoke-test')).toEqual({});
});

test('each reset and each lock arrives as one event in a queue on the bus', async () => {
  const expected = [
    ['locked', 'RecoveryPinLocked', {}],
    ['with-body', 'PasswordReset', { pinVerified: true, paymentMethodsCleared: [], newPasswordSet: true }],
    ['with-pin', 'PasswordReset', { pinVerified: true, paymentMethodsCleared: [], newPasswordSet: false }],
    ['without-pin', 'PasswordReset', { pinVerified: false, paymentMethodsCleared: ['sepa', 'visa'] }],
  ] as const;
  const users: readonly string[] = expected.map(([userId]) => userId);
  const ofThese = async () => {
    const events = await stage.receiveEvents();
    return events
      .filter(({ detail }) => users.includes(detail.userId))
      .toSorted((a, b) => a.detail.userId.localeCompare(b.detail.userId));
  };
  await expect.poll(ofThese, { timeout: 30_000 }).toHaveLength(expected.length);
  const events = await ofThese();
  expect(events).toMatchObject(
    expected.map(([userId, type, detail]) => ({
      source: 'password-reset-dev',
      'detail-type': type,
      detail: { userId, ...detail },
    })),
  );
  for (const event of events) expect(schemaViolationsOf(event['detail-type'], event.detail)).toEqual([]);
});

describeDeadLetters(() => stage, reset);

// Comes last.
test('a second deployment changes nothing', async () => {
  await stage.putUser({ userId: 'kept' });
  const before = await stage.readUser('kept');
  const { outputs, log } = await synthesizeAndDeploy(settings, 'second');
  expect(log).toContain('password-reset-dev (no changes)');
  expect(outputs).toEqual(stage.deployment.outputs);
  expect(await stage.readUser('kept')).toEqual(before);
  expect((await reset('kept', '?pin=5621')).code).toBe('204');
});

// Every row of the contract's table of answers, over HTTP, with signed tokens, on a real table engine.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService, type TestService } from '../support/service.ts';
import { createTokenSigner } from '../support/token-signer.ts';

const users = [
  { userId: 'alice', password: 'old', pin: '5621', paymentMethods: { visa: { kind: 'creditcard' } } },
  { userId: 'nopin', password: 'old', paymentMethods: { visa: { kind: 'creditcard' } } },
  { userId: 'disabled', status: 'disabled', pin: '5621' },
] as const;

describe('a stage without optional requirements answers', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService();
    await service.put(...users);
  });
  afterAll(() => service.close());

  it('204: a reset without a PIN', async () => {
    await service.put({ userId: 'once' });
    expect((await service.reset(await service.token('once'))).code).toBe('204');
  });

  it('204: a reset with the right PIN', async () => {
    await service.put({ userId: 'once', pin: '5621' });
    expect((await service.reset(await service.token('once'), '?pin=5621')).code).toBe('204');
  });

  it.each([
    ['GET', '/user/2021-2/user/password/reset'],
    ['POST', '/user/2021-2/user/password/reset'],
    ['DELETE', '/user/2021-2/user/password/reset'],
    ['OPTIONS', '/user/2021-2/user/password/reset'],
    ['PUT', '/user/2021-2/user/password/reset/'],
    ['PUT', '/user/2021-2/user/password'],
    ['PUT', '/user/2022-1/user/password/reset'],
    ['PUT', '/User/2021-2/user/password/reset'],
    ['PUT', '/user/2021-2/x/../user/password/reset'],
    ['PUT', '/'],
  ])('404 not-found: %s %s', async (method, path) => {
    const headers = { Authorization: `Bearer ${await service.token('alice')}` };
    const answer = await service.send({ method, path, headers, body: '{"pin":"5621"}' });
    expect([answer.status, answer.code]).toEqual([404, 'not-found']);
  });

  it('401 token-missing: no Authorization header, and a challenge without an error', async () => {
    const answer = await service.reset(undefined);
    expect([answer.status, answer.code]).toEqual([401, 'token-missing']);
    expect(answer.headers['x-amzn-remapped-www-authenticate']).toBe('Bearer realm="password-reset"');
  });

  it.each(['Basic YWxpY2U6cHc=', 'Bearer', 'Bearer ', 'token'])(
    '401 token-missing: Authorization "%s"',
    async (value) => {
      const answer = await service.reset(undefined, '', { headers: { Authorization: value } });
      expect([answer.status, answer.code]).toEqual([401, 'token-missing']);
    },
  );

  it('401 token-missing: a token in the query only', async () => {
    const answer = await service.reset(undefined, `?access_token=${await service.token('alice')}`);
    expect([answer.status, answer.code]).toEqual([401, 'token-missing']);
  });

  it('401 token-invalid: malformed, and a challenge with that error', async () => {
    const answer = await service.reset('not.a.jwt');
    expect([answer.status, answer.code]).toEqual([401, 'token-invalid']);
    expect(answer.headers['x-amzn-remapped-www-authenticate']).toContain('error="invalid_token"');
  });

  const now = Math.floor(Date.now() / 1000);
  it.each([
    ['no sub', { sub: undefined }],
    ['no iat', { iat: undefined }],
    ['no exp', { exp: undefined }],
    ['not yet valid', { nbf: now + 600 }],
    ['issued in the future', { iat: now + 600, exp: now + 1200 }],
    ['another issuer', { iss: 'https://other.test' }],
    ['another audience', { aud: 'other' }],
    ['an ID token', { token_use: 'id' }],
  ])('401 token-invalid: %s', async (_name, claims) => {
    const answer = await service.reset(await service.token('alice', claims));
    expect([answer.status, answer.code]).toEqual([401, 'token-invalid']);
  });

  it.each([
    ['wrong type', { typ: 'dpop+jwt' }],
    ['unknown critical header', { crit: ['x-ours'], 'x-ours': 1 }],
    ['unknown key', { kid: 'nobody' }],
  ])('401 token-invalid: %s', async (_name, header) => {
    const answer = await service.reset(await service.token('alice', {}, header));
    expect([answer.status, answer.code]).toEqual([401, 'token-invalid']);
  });

  it("401 token-invalid: signed with another issuer's key", async () => {
    const other = await createTokenSigner();
    expect((await service.reset(await other.sign({ sub: 'alice' }))).code).toBe('token-invalid');
  });

  it('401 token-expired', async () => {
    const answer = await service.reset(await service.token('alice', { iat: now - 60, exp: now - 1 }));
    expect([answer.status, answer.code]).toEqual([401, 'token-expired']);
  });

  it('401 token-revoked: issued before the last reset', async () => {
    await service.put({ userId: 'revoked', tokensValidFrom: now + 60 });
    const answer = await service.reset(await service.token('revoked'));
    expect([answer.status, answer.code]).toEqual([401, 'token-revoked']);
  });

  it('403 user-disabled', async () => {
    const answer = await service.reset(await service.token('disabled'));
    expect([answer.status, answer.code]).toEqual([403, 'user-disabled']);
  });

  it('403 recovery-pin-mismatch three times, then 403 recovery-pin-locked even for the right PIN', async () => {
    await service.put({ userId: 'locked', pin: '5621', paymentMethods: { visa: {} } });
    const token = await service.token('locked');
    for (const [pin, remainingAttempts] of [
      ['1000', 2],
      ['1001', 1],
      ['1002', 0],
    ] as const) {
      const answer = await service.reset(token, `?pin=${pin}`);
      expect([answer.status, answer.code]).toEqual([403, 'recovery-pin-mismatch']);
      expect(answer.error?.meta).toEqual({ remainingAttempts });
    }
    for (const pin of ['1003', '5621']) {
      const answer = await service.reset(token, `?pin=${pin}`);
      expect([answer.status, answer.code]).toEqual([403, 'recovery-pin-locked']);
    }
    const item = await service.item('locked');
    expect(Object.keys(item?.paymentMethods?.M ?? {})).toEqual(['visa']);
    expect((await service.reset(token)).code).toBe('204');
    expect((await service.item('locked'))?.pinGuesses?.SS).toHaveLength(3);
  });

  it.each(['', '?pin=5621'])('404 user-not-found, and no user is created (query "%s")', async (query) => {
    const answer = await service.reset(await service.token('nobody'), query);
    expect([answer.status, answer.code]).toEqual([404, 'user-not-found']);
    expect(await service.item('nobody')).toBeUndefined();
  });

  it('404 recovery-pin-not-set', async () => {
    const before = await service.item('nopin');
    const answer = await service.reset(await service.token('nopin'), '?pin=5621');
    expect([answer.status, answer.code]).toEqual([404, 'recovery-pin-not-set']);
    expect(await service.item('nopin')).toEqual(before);
  });

  it('501 internal-error without internal details if the table does not answer; the id finds the log line', async () => {
    const before = await service.item('alice');
    service.proxy.intercept = async ({ response }) => {
      response.socket?.destroy();
      return true;
    };
    const answer = await service.reset(await service.token('alice'));
    service.proxy.intercept = undefined;
    expect([answer.status, answer.code]).toEqual([501, 'internal-error']);
    expect(answer.body).not.toMatch(/ECONN|socket|dynamo|127\.0/i);
    expect(service.recorder.lines.find((line) => line.requestId === answer.error?.id)).toMatchObject({
      level: 'error',
      code: 'internal-error',
      fault: { name: expect.any(String) },
    });
    expect(await service.item('alice')).toEqual(before);
  });
});

describe('a stage with all optional requirements', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService({
      TOKEN_SCOPE: 'user:password.reset openid',
      TOKEN_MAX_AGE: '300',
      REQUIRED_LINKED_IDENTITY: 'bank',
      BASE_PATHS: 'user/2021-2,user/2024-2',
    });
    await service.put(...users, { userId: 'linked', pin: '5621', linkedIdentities: ['other', 'bank'] });
  });
  afterAll(() => service.close());

  const scope = 'openid user:password.reset profile';
  const now = Math.floor(Date.now() / 1000);

  it.each(['', '?pin=5621'])(
    'answers 204 if every requirement is met, at every base path (query "%s")',
    async (query) => {
      await service.put({ userId: 'linked', pin: '5621', linkedIdentities: ['other', 'bank'] });
      const token = await service.token('linked', { scope });
      expect((await service.reset(token, query)).code).toBe('204');
      const headers = { Authorization: `Bearer ${token}` };
      expect((await service.send({ path: `/user/2024-2/user/password/reset${query}`, headers })).code).toBe(
        '204',
      );
    },
  );

  it.each(['', '?pin=5621'])('answers 401 missing-linked-identity verbatim (query "%s")', async (query) => {
    const answer = await service.reset(await service.token('alice', { scope }), query);
    expect([answer.status, answer.code]).toEqual([401, 'missing-linked-identity']);
    expect(answer.error).toMatchObject({
      title: 'Missing linked identity for authorized access',
      detail:
        'Linked identity is needed to access this resource, please check why the user does not have a linked identity',
    });
    expect((await service.item('alice'))?.pinGuesses).toBeUndefined();
  });

  it.each([
    ['no scope', undefined],
    ['other scopes', 'openid profile'],
    ['a longer scope', 'openid user:password.resets'],
  ])('answers 403 insufficient-scope to %s', async (_name, value) => {
    const answer = await service.reset(await service.token('linked', { scope: value }));
    expect([answer.status, answer.code]).toEqual([403, 'insufficient-scope']);
    expect(answer.headers['x-amzn-remapped-www-authenticate']).toContain(
      'error="insufficient_scope", error_description="Insufficient scope", scope="user:password.reset openid"',
    );
  });

  it.each([
    ['auth_time', { auth_time: now - 400 }],
    ['iat without an auth_time', { iat: now - 400 }],
  ])('answers 401 authentication-too-old by %s', async (_name, claims) => {
    const answer = await service.reset(await service.token('linked', { scope, ...claims }));
    expect([answer.status, answer.code]).toEqual([401, 'authentication-too-old']);
    expect(answer.headers['x-amzn-remapped-www-authenticate']).toMatch(
      /error="insufficient_user_authentication".*max_age="300"/,
    );
  });

  it('accepts an old token with a recent login', async () => {
    await service.put({ userId: 'recent', linkedIdentities: ['bank'] });
    const token = await service.token('recent', { scope, iat: now - 400, auth_time: now - 100 });
    expect((await service.reset(token)).code).toBe('204');
  });
});

describe('a request with several faults is answered with the first in the order of the contract:', () => {
  let service: TestService;
  const now = Math.floor(Date.now() / 1000);
  beforeAll(async () => {
    service = await startService({
      TOKEN_SCOPE: 'reset',
      TOKEN_MAX_AGE: '300',
      REQUIRED_LINKED_IDENTITY: 'bank',
    });
    await service.put(
      { userId: 'bad', status: 'disabled', tokensValidFrom: now + 600 },
      { userId: 'unlinked', status: 'disabled' },
      { userId: 'disabled', status: 'disabled', linkedIdentities: ['bank'] },
    );
  });
  afterAll(() => service.close());

  it.each([
    ['token-invalid', 'bad', { aud: 'other', iat: now - 900, exp: now - 500 }, '?pin=1'],
    ['token-expired', 'bad', { iat: now - 900, exp: now - 500 }, '?pin=1'],
    ['authentication-too-old', 'bad', { iat: now - 900 }, '?pin=1'],
    ['insufficient-scope', 'bad', {}, '?pin=1'],
    ['recovery-pin-malformed', 'bad', { scope: 'reset' }, '?pin=1'],
    ['user-not-found', 'nobody', { scope: 'reset' }, '?pin=1234'],
    ['token-revoked', 'bad', { scope: 'reset' }, '?pin=1234'],
    ['missing-linked-identity', 'unlinked', { scope: 'reset' }, '?pin=1234'],
    ['user-disabled', 'disabled', { scope: 'reset' }, '?pin=1234'],
  ])('%s', async (code, userId, claims, query) => {
    expect((await service.reset(await service.token(userId, claims), query)).code).toBe(code);
  });

  it('not-found before token-missing', async () => {
    expect((await service.send({ path: '/' })).code).toBe('not-found');
  });
});

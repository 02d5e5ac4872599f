// The rarer paths of the use case, with stores that lead to them: a PIN that is replaced meanwhile, another process
// that was faster, a pepper that was rotated.
import { describe, expect, it } from 'vitest';
import { parsePeppers } from '../../../../lambda/reset/adapters/pepper.ts';
import { ServiceError } from '../../../../lambda/reset/domain/errors.ts';
import {
  createPinVerifier,
  type Peppers,
  parseVerifier,
} from '../../../../lambda/reset/domain/recovery-pin.ts';
import {
  type ResetRequest,
  type ResetTime,
  resetPassword,
  type UserStore,
} from '../../../../lambda/reset/domain/reset-password.ts';
import { useQuickArgon2 } from '../../../support/replaced-crypto.ts';

useQuickArgon2();

const keys = { k1: '1'.repeat(32), k2: '2'.repeat(32) };
const old = parsePeppers(JSON.stringify({ current: 'k1', k1: keys.k1 }));
const rotated = parsePeppers(JSON.stringify({ current: 'k2', ...keys }));
const reset: ResetRequest = {
  invocationId: 'id',
  accessToken: { userId: 'alice', tokenId: 'token', issuedAt: 0 },
  pin: '5621',
  signal: new AbortController().signal,
};

/** A store with a verifier of PIN 5621 and the given answers to a reset, and pepper keys that can be refreshed. */
async function createFixture({
  verifierOf = old,
  answers = ['done'] as Awaited<ReturnType<UserStore['resetWithPin']>>[],
  attempts = 1,
  isMarkedLocked = false,
  isMarkNew = true,
  loaded = old as Peppers,
  refreshed = rotated,
  writeTakes = 0,
  reserveTakes = 0,
} = {}) {
  const pinVerifier = await createPinVerifier(verifierOf, 'alice', '5621');
  const calls: string[] = [];
  const verifiers: { checked: string; next: string }[] = [];
  const times: ResetTime[] = [];
  let milliseconds = 2_000_000_000_250;
  const users: UserStore = {
    async resetWithoutPin(_reset, time) {
      calls.push('reset without a PIN');
      times.push(time);
      milliseconds += writeTakes;
      return { paymentMethodsCleared: 2 };
    },
    async reserveAttempt() {
      calls.push('reserve');
      milliseconds += reserveTakes;
      return { pinVerifier, attempts, isMarkedLocked };
    },
    async resetWithPin(_reset, time, verifier) {
      calls.push('reset');
      times.push(time);
      milliseconds += writeTakes;
      verifiers.push(verifier);
      return answers.shift() ?? 'done';
    },
    async markPinLocked(_reset, _at, marked) {
      calls.push(marked === pinVerifier ? 'mark' : 'mark another');
      return isMarkNew;
    },
    async raiseTokensValidFrom(_reset, tokensValidFrom) {
      calls.push(`raise to ${tokensValidFrom}`);
    },
  };
  const loadPeppers = async (options?: { readonly refresh: boolean }) => {
    if (options !== undefined) calls.push(`refresh ${options.refresh}`);
    return options?.refresh ? refreshed : loaded;
  };
  return {
    pinVerifier,
    calls,
    verifiers,
    times,
    dependencies: {
      users,
      loadPeppers,
      now: () => milliseconds,
      reportFault: (message: string) => void calls.push(message),
    },
  };
}

const done = { code: 'reset', pinVerified: true, paymentMethodsCleared: 0 };
const replayed = { ...done, code: 'replayed' };

it('a reset with a PIN reserves, checks and resets, and leaves the verifier unchanged', async () => {
  const { calls, verifiers, pinVerifier, dependencies } = await createFixture();
  expect(await resetPassword(reset, dependencies)).toEqual(done);
  expect(calls).toEqual(['reserve', 'reset']);
  expect(verifiers).toEqual([{ checked: pinVerifier, next: pinVerifier }]);
});

it('a reset without a PIN loads no pepper keys', async () => {
  const { calls, dependencies } = await createFixture();
  const loadPeppers = () => Promise.reject(new Error('asked'));
  expect(await resetPassword({ ...reset, pin: undefined }, { ...dependencies, loadPeppers })).toEqual({
    code: 'reset',
    pinVerified: false,
    paymentMethodsCleared: 2,
  });
  expect(calls).toEqual(['reset without a PIN']);
});

describe('a request that was carried out before is a repetition', () => {
  it('if reserving the attempt finds that', async () => {
    const { dependencies, calls } = await createFixture();
    dependencies.users.reserveAttempt = async () => 'replayed';
    expect(await resetPassword(reset, dependencies)).toEqual(replayed);
    expect(calls).toEqual([]);
  });

  it('if another process has meanwhile reset with the PIN', async () => {
    const { dependencies } = await createFixture({ answers: ['replayed'] });
    expect(await resetPassword(reset, dependencies)).toEqual(replayed);
  });

  it('if it has no PIN', async () => {
    const { dependencies } = await createFixture();
    dependencies.users.resetWithoutPin = async () => 'replayed';
    expect(await resetPassword({ ...reset, pin: undefined }, dependencies)).toEqual({
      code: 'replayed',
      pinVerified: false,
      paymentMethodsCleared: 0,
    });
  });
});

describe('a request whose PIN is replaced between check and reset', () => {
  it('is checked again up to twice', async () => {
    const { calls, dependencies } = await createFixture({ answers: ['pin-replaced', 'pin-replaced'] });
    expect(await resetPassword(reset, dependencies)).toEqual(done);
    expect(calls).toEqual(['reserve', 'reset', 'reserve', 'reset', 'reserve', 'reset']);
  });

  it('fails after that', async () => {
    const { calls, dependencies } = await createFixture({ answers: Array(9).fill('pin-replaced') });
    await expect(resetPassword(reset, dependencies)).rejects.toThrow('replaced again after each check');
    expect(calls).toHaveLength(6);
  });
});

describe('a wrong PIN', () => {
  it.each<[number, boolean, number, boolean, string[]]>([
    [1, false, 2, false, ['reserve']],
    [2, false, 1, false, ['reserve']],
    [3, false, 0, true, ['reserve', 'mark']],
    [3, true, 0, false, ['reserve']],
  ])(
    'at attempt %d, marked as locked %s, leaves %d attempts; a new lock: %s',
    async (attempts, isMarkedLocked, remainingAttempts, isNewLock, expected) => {
      const { calls, dependencies } = await createFixture({ attempts, isMarkedLocked });
      await expect(resetPassword({ ...reset, pin: '5622' }, dependencies)).rejects.toEqual(
        new ServiceError('recovery-pin-mismatch', { data: { remainingAttempts }, isNewLock }),
      );
      expect(calls).toEqual(expected);
    },
  );

  it('makes no new lock if another request has marked it in the meantime', async () => {
    const { calls, dependencies } = await createFixture({ attempts: 3, isMarkNew: false });
    await expect(resetPassword({ ...reset, pin: '5622' }, dependencies)).rejects.toMatchObject({
      data: { remainingAttempts: 0 },
      isNewLock: false,
    });
    expect(calls).toEqual(['reserve', 'mark']);
  });

  it('is still a mismatch if marking the lock fails, and the fault is reported', async () => {
    const { calls, dependencies } = await createFixture({ attempts: 3 });
    dependencies.users.markPinLocked = () => Promise.reject(new Error('throttled'));
    await expect(resetPassword({ ...reset, pin: '5622' }, dependencies)).rejects.toMatchObject({
      code: 'recovery-pin-mismatch',
      data: { remainingAttempts: 0 },
      isNewLock: false,
    });
    expect(calls).toEqual(['reserve', 'A locked recovery PIN could not be marked']);
  });
});

describe('after a rotation of the pepper', () => {
  it('a verifier with an unknown key makes the reset refresh the pepper keys', async () => {
    const { calls, dependencies } = await createFixture({ verifierOf: rotated });
    expect(await resetPassword(reset, dependencies)).toEqual(done);
    expect(calls).toEqual(['reserve', 'refresh true', 'reset']);
  });

  it('a verifier with the old key is renewed by the reset', async () => {
    const { calls, verifiers, pinVerifier, dependencies } = await createFixture({ loaded: rotated });
    expect(await resetPassword(reset, dependencies)).toEqual(done);
    expect(calls).toEqual(['reserve', 'reset']);
    expect(verifiers[0]?.checked).toBe(pinVerifier);
    expect(parseVerifier(verifiers[0]?.next ?? '').keyId).toBe('k2');
  });
});

describe.each([
  ['without a PIN', undefined, ['reset without a PIN']],
  ['with a PIN', '5621', ['reserve', 'reset']],
])('the tokens that a reset %s revokes', (_name, pin, writes) => {
  const request = { ...reset, pin };
  const second = 2_000_000_000;

  it.each([
    [0, second + 1],
    [second, second + 1],
    [second + 3.5, second + 4],
    [second - 600, second + 1],
  ])(
    'include its own, issued at %d, and those of the second of its write: tokens are valid from %d',
    async (issuedAt, tokensValidFrom) => {
      const { times, dependencies } = await createFixture();
      await resetPassword({ ...request, accessToken: { ...reset.accessToken, issuedAt } }, dependencies);
      expect(times).toEqual([{ at: new Date(second * 1_000 + 250), tokensValidFrom }]);
    },
  );

  it('are counted from the time right before the write, however long earlier steps took', async () => {
    const { times, calls, dependencies } = await createFixture({ reserveTakes: 5_000 });
    await resetPassword(request, dependencies);
    const waited = calls.includes('reserve') ? 5_000 : 0;
    expect(times[0]?.at).toEqual(new Date(second * 1_000 + 250 + waited));
  });

  it.each([
    [749, []],
    [750, [`raise to ${second + 2}`]],
    [3_200, [`raise to ${second + 4}`]],
    // A clock that jumps ahead while the write is in flight.
    [86_400_000, [`raise to ${second + 11}`]],
  ])('include those issued while the write took %d ms', async (writeTakes, raised) => {
    const { calls, dependencies } = await createFixture({ writeTakes });
    await resetPassword(request, dependencies);
    expect(calls).toEqual([...writes, ...raised]);
  });

  it('include no later ones if the PIN was replaced, so that nothing was written', async () => {
    const { calls, dependencies } = await createFixture({
      writeTakes: 5_000,
      answers: ['pin-replaced', 'replayed'],
    });
    await resetPassword({ ...request, pin: '5621' }, dependencies);
    expect(calls.filter((call) => call.startsWith('raise'))).toEqual([]);
  });

  it('include no later ones if the request was a repetition, so that nothing was written', async () => {
    const { calls, dependencies } = await createFixture({ writeTakes: 5_000, answers: ['replayed'] });
    const users = { ...dependencies.users, resetWithoutPin: async () => 'replayed' as const };
    const { code } = await resetPassword(request, {
      ...dependencies,
      ...(pin === undefined && { users }),
    });
    expect(code).toBe('replayed');
    expect(calls.filter((call) => call.startsWith('raise'))).toEqual([]);
  });

  it('may stay valid if revoking them fails: the reset is done, and the fault is reported', async () => {
    const { calls, dependencies } = await createFixture({ writeTakes: 1_000 });
    dependencies.users.raiseTokensValidFrom = () => Promise.reject(new Error('throttled'));
    expect(await resetPassword(request, dependencies)).toMatchObject({ code: 'reset' });
    expect(calls).toEqual([...writes, 'Tokens issued while a reset was in flight could not be revoked']);
  });
});

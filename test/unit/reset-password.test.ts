// The use case's rarer turns, on stores that take them: a PIN that is replaced meanwhile, another process that was
// quicker, a pepper that was rotated.
import { describe, expect, it } from 'vitest';
import { parsePeppers } from '../../lambda/pepper.ts';
import { createPinVerifier, type Peppers, pepperOfVerifier } from '../../lambda/recovery-pin.ts';
import { type ResetRequest, resetPassword, type UserStore } from '../../lambda/reset-password.ts';

const keys = { k1: '1'.repeat(32), k2: '2'.repeat(32) };
const old = parsePeppers(JSON.stringify({ current: 'k1', k1: keys.k1 }));
const rotated = parsePeppers(JSON.stringify({ current: 'k2', ...keys }));
const reset: ResetRequest = {
  id: 'id',
  at: new Date(0),
  accessToken: { userId: 'alice', tokenId: 'token', issuedAt: 0 },
  pin: '5621',
  signal: new AbortController().signal,
};

/** A store that hands out a verifier and answers the reset what it is told, and peppers that can be refreshed. */
async function createFixture({
  verifierOf = old,
  answers = ['done'] as Awaited<ReturnType<UserStore['resetWithPin']>>[],
  guesses = 1,
  isMarkedLocked = false,
  loaded = old as Peppers,
  refreshed = rotated,
} = {}) {
  const pinVerifier = await createPinVerifier(verifierOf, 'alice', '5621');
  const calls: string[] = [];
  const verifiers: { checked: string; next: string }[] = [];
  const users: UserStore = {
    async resetWithoutPin() {
      calls.push('reset without a PIN');
      return { paymentMethodsCleared: 2 };
    },
    async reserveGuess() {
      calls.push('reserve');
      return { pinVerifier, guesses, isMarkedLocked };
    },
    async resetWithPin(_reset, verifier) {
      calls.push('reset');
      verifiers.push(verifier);
      return answers.shift() ?? 'done';
    },
    async markPinLocked(_reset, marked) {
      calls.push(marked === pinVerifier ? 'mark' : 'mark another');
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
    dependencies: { users, loadPeppers, reportFault: (message: string) => void calls.push(message) },
  };
}

const done = { pinVerified: true, replayed: false, paymentMethodsCleared: 0 };

it('reserves, checks and resets, with the verifier left as it is', async () => {
  const { calls, verifiers, pinVerifier, dependencies } = await createFixture();
  expect(await resetPassword(reset, dependencies)).toEqual(done);
  expect(calls).toEqual(['reserve', 'reset']);
  expect(verifiers).toEqual([{ checked: pinVerifier, next: pinVerifier }]);
});

it('asks for no pepper where there is no PIN', async () => {
  const { calls, dependencies } = await createFixture();
  const loadPeppers = () => Promise.reject(new Error('asked'));
  expect(await resetPassword({ ...reset, pin: undefined }, { ...dependencies, loadPeppers })).toEqual({
    pinVerified: false,
    replayed: false,
    paymentMethodsCleared: 2,
  });
  expect(calls).toEqual(['reset without a PIN']);
});

describe('where it was carried out before', () => {
  it('says so for a guess', async () => {
    const { dependencies, calls } = await createFixture();
    dependencies.users.reserveGuess = async () => 'replayed';
    expect(await resetPassword(reset, dependencies)).toEqual({ ...done, replayed: true });
    expect(calls).toEqual([]);
  });

  it('says so for a reset that another process was quicker with', async () => {
    const { dependencies } = await createFixture({ answers: ['replayed'] });
    expect(await resetPassword(reset, dependencies)).toEqual({ ...done, replayed: true });
  });

  it('says so without a PIN', async () => {
    const { dependencies } = await createFixture();
    dependencies.users.resetWithoutPin = async () => 'replayed';
    expect(await resetPassword({ ...reset, pin: undefined }, dependencies)).toEqual({
      pinVerified: false,
      replayed: true,
      paymentMethodsCleared: 0,
    });
  });
});

describe('where the PIN is replaced meanwhile', () => {
  it('is judged anew, twice', async () => {
    const { calls, dependencies } = await createFixture({ answers: ['pin-replaced', 'pin-replaced'] });
    expect(await resetPassword(reset, dependencies)).toEqual(done);
    expect(calls).toEqual(['reserve', 'reset', 'reserve', 'reset', 'reserve', 'reset']);
  });

  it('gives up after that', async () => {
    const { calls, dependencies } = await createFixture({ answers: Array(9).fill('pin-replaced') });
    await expect(resetPassword(reset, dependencies)).rejects.toThrow('replaced again and again');
    expect(calls).toHaveLength(6);
  });
});

describe('a wrong PIN', () => {
  it.each<[number, boolean, number, string[]]>([
    [1, false, 2, ['reserve']],
    [2, false, 1, ['reserve']],
    [3, false, 0, ['reserve', 'mark']],
    [3, true, 0, ['reserve']],
  ])(
    'that is guess %d, marked %s, leaves %d',
    async (guesses, isMarkedLocked, remainingAttempts, expected) => {
      const { calls, dependencies } = await createFixture({ guesses, isMarkedLocked });
      await expect(resetPassword({ ...reset, pin: '5622' }, dependencies)).rejects.toMatchObject({
        code: 'recovery-pin-mismatch',
        meta: { remainingAttempts },
      });
      expect(calls).toEqual(expected);
    },
  );

  it('is told as such where the mark fails, and the fault is reported', async () => {
    const { calls, dependencies } = await createFixture({ guesses: 3 });
    dependencies.users.markPinLocked = () => Promise.reject(new Error('throttled'));
    await expect(resetPassword({ ...reset, pin: '5622' }, dependencies)).rejects.toMatchObject({
      code: 'recovery-pin-mismatch',
    });
    expect(calls).toEqual(['reserve', 'A locked recovery PIN could not be marked']);
  });
});

describe('where the pepper was rotated', () => {
  it('asks for it anew if the verifier is newer than what is known', async () => {
    const { calls, dependencies } = await createFixture({ verifierOf: rotated });
    expect(await resetPassword(reset, dependencies)).toEqual(done);
    expect(calls).toEqual(['reserve', 'refresh true', 'reset']);
  });

  it('renews a verifier that is older', async () => {
    const { calls, verifiers, pinVerifier, dependencies } = await createFixture({ loaded: rotated });
    expect(await resetPassword(reset, dependencies)).toEqual(done);
    expect(calls).toEqual(['reserve', 'reset']);
    expect(verifiers[0]?.checked).toBe(pinVerifier);
    expect(pepperOfVerifier(verifiers[0]?.next ?? '')).toBe('k2');
  });
});

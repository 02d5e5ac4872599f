// The use case's rarer turns, on stores that take them: a PIN that is replaced meanwhile, another process that was
// quicker, a pepper that was rotated.
import { describe, expect, it } from 'vitest';
import { parsePeppers } from '../../../../lambda/reset/adapters/pepper.ts';
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

const keys = { k1: '1'.repeat(32), k2: '2'.repeat(32) };
const old = parsePeppers(JSON.stringify({ current: 'k1', k1: keys.k1 }));
const rotated = parsePeppers(JSON.stringify({ current: 'k2', ...keys }));
const reset: ResetRequest = {
  invocationId: 'id',
  accessToken: { userId: 'alice', tokenId: 'token', issuedAt: 0 },
  pin: '5621',
  signal: new AbortController().signal,
};

/** A store that hands out a verifier and answers the reset what it is told, and peppers that can be refreshed. */
async function createFixture({
  verifierOf = old,
  answers = ['done'] as Awaited<ReturnType<UserStore['resetWithPin']>>[],
  attempts = 1,
  isMarkedLocked = false,
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
  it('says so for an attempt', async () => {
    const { dependencies, calls } = await createFixture();
    dependencies.users.reserveAttempt = async () => 'replayed';
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
    await expect(resetPassword(reset, dependencies)).rejects.toThrow('replaced again after each check');
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
    'that is attempt %d, marked %s, leaves %d',
    async (attempts, isMarkedLocked, remainingAttempts, expected) => {
      const { calls, dependencies } = await createFixture({ attempts, isMarkedLocked });
      await expect(resetPassword({ ...reset, pin: '5622' }, dependencies)).rejects.toMatchObject({
        code: 'recovery-pin-mismatch',
        data: { remainingAttempts },
      });
      expect(calls).toEqual(expected);
    },
  );

  it('is told as such where the mark fails, and the fault is reported', async () => {
    const { calls, dependencies } = await createFixture({ attempts: 3 });
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
    'are those up to the second of its write and its own, issued at %d: valid are those from %d',
    async (issuedAt, tokensValidFrom) => {
      const { times, dependencies } = await createFixture();
      await resetPassword({ ...request, accessToken: { ...reset.accessToken, issuedAt } }, dependencies);
      expect(times).toEqual([{ at: new Date(second * 1_000 + 250), tokensValidFrom }]);
    },
  );

  it('are those of the time right before the write, however long what comes before took', async () => {
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
  ])('are more where the write took %d ms', async (writeTakes, raised) => {
    const { calls, dependencies } = await createFixture({ writeTakes });
    await resetPassword(request, dependencies);
    expect(calls).toEqual([...writes, ...raised]);
  });

  it('are not more where the PIN was replaced, so that the write did not happen', async () => {
    const { calls, dependencies } = await createFixture({
      writeTakes: 5_000,
      answers: ['pin-replaced', 'replayed'],
    });
    await resetPassword({ ...request, pin: '5621' }, dependencies);
    expect(calls.filter((call) => call.startsWith('raise'))).toEqual([]);
  });

  it('are not more where the write did not come to be', async () => {
    const { calls, dependencies } = await createFixture({ writeTakes: 5_000, answers: ['replayed'] });
    const users = { ...dependencies.users, resetWithoutPin: async () => 'replayed' as const };
    const { replayed } = await resetPassword(request, {
      ...dependencies,
      ...(pin === undefined && { users }),
    });
    expect(replayed).toBe(true);
    expect(calls.filter((call) => call.startsWith('raise'))).toEqual([]);
  });

  it('where they cannot be revoked the reset is done all the same, and the fault is reported', async () => {
    const { calls, dependencies } = await createFixture({ writeTakes: 1_000 });
    dependencies.users.raiseTokensValidFrom = () => Promise.reject(new Error('throttled'));
    expect(await resetPassword(request, dependencies)).toMatchObject({ replayed: false });
    expect(calls).toEqual([...writes, 'Tokens issued while a reset was in flight could not be revoked']);
  });
});

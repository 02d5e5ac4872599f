// A limit ends a call, and ends with it.
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withinTime } from '../../../lambda/shared/time-limit.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** The signals of calls that hang, and ignore them. */
let signals: AbortSignal[];
const hang = (signal: AbortSignal) => {
  signals.push(signal);
  return new Promise<never>(() => {});
};
beforeEach(() => {
  signals = [];
});

it('ends a call at its limit, also one that ignores the signal', async () => {
  const ended = expect(withinTime(100, hang)).rejects.toMatchObject({ code: 'OUT_OF_TIME' });
  vi.advanceTimersByTime(99);
  expect(signals).toMatchObject([{ aborted: false }]);
  vi.advanceTimersByTime(1);
  await ended;
  expect(signals).toMatchObject([{ aborted: true }]);
});

it('ends a call together with the outer signal', async () => {
  const outer = new AbortController();
  const ended = expect(withinTime(100, hang, outer.signal)).rejects.toMatchObject({ code: 'OUT_OF_TIME' });
  outer.abort();
  await ended;
  expect(signals).toMatchObject([{ aborted: true }]);
});

it('makes no call if the outer signal is aborted already', async () => {
  await expect(withinTime(100, hang, AbortSignal.abort())).rejects.toThrow('aborted');
  expect(signals).toEqual([]);
});

describe.each([
  ['that succeeds', async () => 'done'],
  ['that fails', () => Promise.reject(new Error('failed'))],
])('a call %s', (_what, call) => {
  it('leaves no timer and no listener behind, and its signal is never aborted', async () => {
    const outer = new AbortController();
    const [result] = await Promise.allSettled([
      withinTime(
        100,
        async (signal) => {
          signals.push(signal);
          return call();
        },
        outer.signal,
      ),
    ]);
    expect(result).toMatchObject(
      result.status === 'fulfilled' ? { value: 'done' } : { reason: { message: 'failed' } },
    );
    expect([vi.getTimerCount(), getEventListeners(outer.signal, 'abort')]).toEqual([0, []]);
    outer.abort();
    expect(signals).toMatchObject([{ aborted: false }]);
  });
});

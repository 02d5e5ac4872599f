// What is fetched from a neighbour and kept: when it is fetched again, how long that may take, and what a failure costs.
import { once } from 'node:events';
import { CodedError } from '../../shared/describe-fault.ts';

/** A value is fetched again when it is this old: with it a key that was withdrawn is out well within ten minutes. */
const freshMilliseconds = 5 * 60_000;
/** The least time between two fetches, however often one is wanted or fails. */
const cooldownMilliseconds = 10_000;
/** While there is no value at all every request has to ask for it; for so long one failure answers for the next. */
const coldCooldownMilliseconds = 1_000;
/** A fetch with all its attempts; the time budget in `compose.ts` counts on it. */
const fetchMilliseconds = 1_500;

export interface CachedFetchOptions<T> {
  /** Fetches the value; gives up when the signal is aborted, 1.5 seconds later. */
  readonly fetch: (signal: AbortSignal) => Promise<T>;
  /** Makes the error that a failed fetch is told as. */
  readonly unavailable: (cause: unknown) => Error;
  /** Told of each fetch that failed while an older value goes on being used, by the same error. */
  readonly onFailedRefresh: (error: Error) => void;
  /** Milliseconds since the epoch: an environment of Lambda that sleeps has to notice. */
  readonly now: () => number;
}

export interface CachedFetch<T> {
  /**
   * The value. One that is five minutes old, or does not suffice, is fetched again first, at most every ten seconds; if
   * that fails the old one is as good as ever.
   *
   * @param suffices - whether the caller can do with a value, if that depends
   * @throws Error of `unavailable` where there has never been a value
   */
  get(suffices?: (value: T) => boolean): Promise<T>;
  /**
   * Fetches the value before it is needed. A failure is not held against the `get` that follows.
   *
   * @throws Error of `unavailable`
   */
  preload(): Promise<void>;
}

/** Makes a value that is fetched when it is needed. Whoever asks during a fetch joins it. */
export function createCachedFetch<T>(options: CachedFetchOptions<T>): CachedFetch<T> {
  const { now } = options;
  let cached: { readonly value: T; readonly at: number } | undefined;
  let triedAt = Number.NEGATIVE_INFINITY;
  let failure: { readonly error: unknown; readonly at: number } | undefined;
  let pending: Promise<T> | undefined;

  async function attempt(): Promise<T> {
    const at = now();
    triedAt = at;
    try {
      cached = { value: await withinTime(options.fetch), at };
    } catch (cause) {
      const error = options.unavailable(cause);
      if (cached === undefined) throw error;
      options.onFailedRefresh(error);
    }
    return cached.value;
  }

  function refresh(): Promise<T> {
    pending ??= attempt().finally(() => {
      pending = undefined;
    });
    return pending;
  }

  async function firstValue(): Promise<T> {
    if (failure !== undefined && now() - failure.at < coldCooldownMilliseconds) throw failure.error;
    try {
      return await refresh();
    } catch (error) {
      failure = { error, at: now() };
      throw error;
    }
  }

  return {
    async get(suffices = () => true) {
      if (cached === undefined) return firstValue();
      const { value, at } = cached;
      if (now() - at < freshMilliseconds && suffices(value)) return value;
      return pending !== undefined || now() - triedAt >= cooldownMilliseconds ? refresh() : value;
    },
    async preload() {
      await refresh();
    },
  };
}

/** Not every client gives up when it is told to: what is still under way at the end of the time is waited for no more. */
async function withinTime<T>(fetch: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(fetchMilliseconds);
  const outOfTime = once(signal, 'abort').then(() => {
    throw new CodedError('OUT_OF_TIME');
  });
  return Promise.race([fetch(signal), outOfTime]);
}

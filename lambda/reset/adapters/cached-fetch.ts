// A cache for a value from another service: when it is fetched again, how long that may take, and what a failure means.
import { withinTime } from '../../shared/time-limit.ts';

/** Maximum age of a value before it is fetched again, so that a withdrawn key is dropped well within ten minutes. */
export const maxAgeMilliseconds = 5 * 60_000;
/** Minimum time between two fetches once there is a value. */
const cooldownMilliseconds = 10_000;
/**
 * Minimum time between two fetches while there is no value. During it, requests fail with the error of the last fetch.
 */
const coldCooldownMilliseconds = 1_000;
/** Time limit of a fetch, including its retries. The time budget in `table-connection.ts` relies on it. */
const fetchTimeoutMilliseconds = 1_500;

export interface CachedFetchOptions<T> {
  /** Fetches the value. The signal is aborted after 1.5 seconds. */
  readonly fetch: (signal: AbortSignal) => Promise<T>;
  /** Creates the error that reports a failed fetch. */
  readonly unavailable: (cause: unknown) => Error;
  /** Called with that error when a fetch fails and the older value stays in use. */
  readonly onFailedRefresh: (error: Error) => void;
  /** Milliseconds since the epoch. A monotonic clock can stand still while Lambda suspends the process. */
  readonly now: () => number;
}

export interface CachedFetch<T> {
  /**
   * Returns the value. If it is five minutes old or does not suffice, it is fetched again first, at most once in ten
   * seconds; if that fails, the old value is returned.
   *
   * @param suffices - whether the caller can use a value; default: any value suffices
   * @throws the error that `unavailable` creates, if no fetch has succeeded yet
   */
  get(suffices?: (value: T) => boolean): Promise<T>;
  /**
   * Fetches the value before it is needed. After a failure, the next `get` tries again at once.
   *
   * @throws the error that `unavailable` creates
   */
  preload(): Promise<void>;
}

/** Creates a cache whose value is fetched on demand. Concurrent calls share one fetch. */
export function createCachedFetch<T>(options: CachedFetchOptions<T>): CachedFetch<T> {
  const { now } = options;
  let cached: { readonly value: T; readonly at: number } | undefined;
  let lastFetchAt = Number.NEGATIVE_INFINITY;
  let failure: { readonly error: unknown; readonly at: number } | undefined;
  let pending: Promise<T> | undefined;

  async function fetchAndCache(): Promise<T> {
    const at = now();
    lastFetchAt = at;
    try {
      cached = { value: await withinTime(fetchTimeoutMilliseconds, options.fetch), at };
    } catch (cause) {
      const error = options.unavailable(cause);
      if (cached === undefined) throw error;
      options.onFailedRefresh(error);
    }
    return cached.value;
  }

  /** Whether a time was less than `milliseconds` ago. False for one in the future: the clock was set back since. */
  function isWithin(time: number, milliseconds: number): boolean {
    const age = now() - time;
    return age >= 0 && age < milliseconds;
  }

  function refresh(): Promise<T> {
    pending ??= fetchAndCache().finally(() => {
      pending = undefined;
    });
    return pending;
  }

  async function fetchFirstValue(): Promise<T> {
    if (failure !== undefined && isWithin(failure.at, coldCooldownMilliseconds)) throw failure.error;
    try {
      return await refresh();
    } catch (error) {
      failure = { error, at: now() };
      throw error;
    }
  }

  return {
    async get(suffices = () => true) {
      if (cached === undefined) return fetchFirstValue();
      const { value, at } = cached;
      if (isWithin(at, maxAgeMilliseconds) && suffices(value)) return value;
      return pending !== undefined || !isWithin(lastFetchAt, cooldownMilliseconds) ? refresh() : value;
    },
    async preload() {
      await refresh();
    },
  };
}

// When a value is fetched again, what happens when fetching fails, and how long a fetch may take.
import { describe, expect, it } from 'vitest';
import { createCachedFetch } from '../../../../lambda/reset/adapters/cached-fetch.ts';
import { within } from '../../../support/within.ts';

/** A source that answers `answer`, and a clock that stands still until a test moves it. */
function createFixture() {
  const start = 1_700_000_000_000;
  const fixture = {
    clock: start,
    fetches: 0,
    answer: 'old' as string | Error | Promise<string>,
    signals: [] as AbortSignal[],
    failures: [] as Error[],
  };
  const cache = createCachedFetch({
    async fetch(signal) {
      fixture.fetches++;
      fixture.signals.push(signal);
      if (fixture.answer instanceof Error) throw fixture.answer;
      return fixture.answer;
    },
    unavailable: (cause) => new RangeError('unavailable', { cause }),
    onFailedRefresh: (error) => void fixture.failures.push(error),
    now: () => fixture.clock,
  });
  const at = (milliseconds: number) => {
    fixture.clock = start + milliseconds;
  };
  return {
    fixture,
    at,
    get: (wanted?: string) => cache.get(wanted ? (value) => value === wanted : undefined),
    cache,
  };
}

describe('a cached value', () => {
  it('is fetched once for all concurrent callers', async () => {
    const { fixture, get } = createFixture();
    expect(await Promise.all([get(), get(), get('new')])).toEqual(['old', 'old', 'old']);
    expect(fixture.fetches).toBe(1);
  });

  it('is used for five minutes, and then fetched again by the next caller', async () => {
    const { fixture, get, at } = createFixture();
    await get();
    fixture.answer = 'new';
    at(299_999);
    expect([await get(), fixture.fetches]).toEqual(['old', 1]);
    at(300_000);
    expect([await get(), fixture.fetches]).toEqual(['new', 2]);
    at(599_999);
    expect([await get(), fixture.fetches]).toEqual(['new', 2]);
  });

  it('ages from the moment its fetch began, however late the answer arrives', async () => {
    const { fixture, get, at } = createFixture();
    let answer: (value: string) => void = () => {};
    fixture.answer = new Promise((resolve) => {
      answer = resolve;
    });
    const first = get();
    at(300_000);
    answer('old');
    expect(await first).toBe('old');
    fixture.answer = 'new';
    expect(await get()).toBe('new');
  });

  it('that does not satisfy the caller is fetched again, at the earliest ten seconds after the last fetch', async () => {
    const { fixture, get, at } = createFixture();
    await get();
    fixture.answer = 'new';
    at(9_999);
    expect([await get('new'), fixture.fetches]).toEqual(['old', 1]);
    at(10_000);
    expect([await get('old'), fixture.fetches]).toEqual(['old', 1]);
    expect([await get('new'), fixture.fetches]).toEqual(['new', 2]);
  });

  it('that satisfies the caller is returned at once while another caller fetches a newer one', async () => {
    const { fixture, get, at } = createFixture();
    await get();
    at(10_000);
    let answer: (value: string) => void = () => {};
    fixture.answer = new Promise((resolve) => {
      answer = resolve;
    });
    const waiting = [get('new'), get('new')];
    expect(await get('old')).toBe('old');
    answer('new');
    expect(await Promise.all(waiting)).toEqual(['new', 'new']);
    expect(fixture.fetches).toBe(2);
  });

  it('stays in use while fetching fails: each failure is reported once, and the next fetch is ten seconds later', async () => {
    const { fixture, get, at } = createFixture();
    await get();
    fixture.answer = new Error('unreachable');
    at(300_000);
    expect(await Promise.all([get(), get()])).toEqual(['old', 'old']);
    at(309_999);
    expect([await get(), fixture.fetches]).toEqual(['old', 2]);
    expect(fixture.failures).toEqual([new RangeError('unavailable', { cause: fixture.answer })]);
    at(310_000);
    expect([await get(), fixture.fetches, fixture.failures.length]).toEqual(['old', 3, 2]);
    fixture.answer = 'new';
    at(320_000);
    expect(await get()).toBe('new');
  });

  it('that was never fetched fails for a second without another fetch', async () => {
    const { fixture, get, at } = createFixture();
    fixture.answer = new Error('unreachable');
    const failure = new RangeError('unavailable', { cause: fixture.answer });
    await expect(get()).rejects.toEqual(failure);
    at(999);
    await expect(get()).rejects.toEqual(failure);
    expect(fixture.fetches).toBe(1);
    at(1_000);
    await expect(get()).rejects.toEqual(failure);
    expect(fixture.fetches).toBe(2);
    fixture.answer = 'new';
    at(1_999);
    await expect(get()).rejects.toEqual(failure);
    at(2_000);
    expect(await get()).toBe('new');
    expect(fixture.failures).toEqual([]);
  });

  it('can be preloaded; a failed preload is thrown, and the next caller fetches again at once', async () => {
    const { fixture, get, cache } = createFixture();
    fixture.answer = new Error('unreachable');
    await expect(cache.preload()).rejects.toThrow('unavailable');
    fixture.answer = 'new';
    expect(await get()).toBe('new');
    expect([await get(), fixture.fetches]).toEqual(['new', 2]);
  });
});

describe('a clock that is set back by an hour', () => {
  it('does not make a value last longer', async () => {
    const { fixture, get, at } = createFixture();
    await get();
    fixture.answer = 'new';
    at(-3_600_000);
    expect(await get()).toBe('new');
  });

  it('does not make a failure last longer', async () => {
    const { fixture, get, at } = createFixture();
    fixture.answer = new Error('down');
    await expect(get()).rejects.toThrow('unavailable');
    fixture.answer = 'new';
    at(-3_600_000);
    expect(await get()).toBe('new');
  });

  it('does not put off the next fetch', async () => {
    const { fixture, get, at } = createFixture();
    await get();
    at(300_000);
    fixture.answer = new Error('down');
    expect(await get()).toBe('old');
    fixture.answer = 'new';
    at(0);
    expect(await get('new')).toBe('new');
  });
});

describe('a fetch that takes long', () => {
  it('is aborted after a second and a half, and is not waited for if it goes on', async () => {
    const { fixture, get, at } = createFixture();
    fixture.answer = new Promise(() => {});
    const startedAt = performance.now();
    await expect(within(3_000, get())).rejects.toMatchObject({
      message: 'unavailable',
      cause: { code: 'OUT_OF_TIME' },
    });
    expect(performance.now() - startedAt).toBeGreaterThan(1_450);
    expect(fixture.signals.map(({ aborted }) => aborted)).toEqual([true]);
    fixture.answer = 'new';
    at(1_000);
    expect(await get()).toBe('new');
  });

  it('does not restart the five minutes when it ends late', async () => {
    const { fixture, get, at } = createFixture();
    await get();
    let answer: (value: string) => void = () => {};
    fixture.answer = new Promise((resolve) => {
      answer = resolve;
    });
    at(300_000);
    expect(await get()).toBe('old');
    answer('late');
    await fixture.answer;
    expect(await get()).toBe('old');
  });
});

// The stream of changes: every open page is told of each, and the state is read only while a page is open.
import { createServer, request, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen } from '../../infra/local/listen.ts';
import { createLiveFeed, type LiveFeed } from '../../infra/local/page/live-feed.ts';

/** Milliseconds between two reads. */
const interval = 50;

let state: unknown;
let reads: number;
let slowness: number;
let feed: LiveFeed;
let server: Server;
let url: string;
beforeEach(async () => {
  state = { users: 1 };
  reads = 0;
  slowness = 0;
  const read = async () => {
    reads++;
    await wait(slowness);
    if (state instanceof Error) throw state;
    return state;
  };
  feed = createLiveFeed(read, interval);
  server = createServer((_request, response) => feed.open(response));
  url = await listen(server, 0, 'PORT');
});
afterEach(() => {
  feed.stop();
  server.close();
  server.closeAllConnections();
});

interface OpenPage {
  /** What was received so far: `data: …` or `event: …` of each message. */
  readonly messages: string[];
  readonly ended: Promise<void>;
  close(): void;
}

function openPage(): Promise<OpenPage> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, (response) => {
      const messages: string[] = [];
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => messages.push(...chunk.split('\n\n').filter(Boolean)));
      const ended = new Promise<void>((resolveEnd) => response.on('end', resolveEnd));
      resolve({ messages, ended, close: () => outgoing.destroy() });
    });
    outgoing.on('error', reject).end();
  });
}

describe('the stream', () => {
  it('has the state at once, and then each change, whoever made it', async () => {
    const page = await openPage();
    await expect.poll(() => page.messages).toEqual(['data: {"users":1}']);
    state = { users: 2 };
    await expect.poll(() => page.messages).toEqual(['data: {"users":1}', 'data: {"users":2}']);
    await wait(4 * interval);
    expect(page.messages).toHaveLength(2);
  });

  it('has a change before a refresh resolves, without waiting for the interval', async () => {
    feed.stop();
    feed = createLiveFeed(async () => state, 60_000);
    const page = await openPage();
    await expect.poll(() => page.messages).toHaveLength(1);
    state = { users: 2 };
    await feed.refresh();
    await expect.poll(() => page.messages.at(-1)).toBe('data: {"users":2}');
  });

  it('goes to every page, and has the whole state for one that is opened later', async () => {
    const first = await openPage();
    await expect.poll(() => first.messages).toHaveLength(1);
    state = { users: 2 };
    await expect.poll(() => first.messages).toHaveLength(2);
    const second = await openPage();
    await expect.poll(() => second.messages).toEqual(['data: {"users":2}']);
  });

  it('says so when the state cannot be read, and goes on when it can', async () => {
    const page = await openPage();
    await expect.poll(() => page.messages).toHaveLength(1);
    state = new Error('the table is gone');
    await expect.poll(() => page.messages.at(-1)).toBe('event: trouble\ndata:');
    state = { users: 1 };
    await expect.poll(() => page.messages.at(-1)).toBe('data: {"users":1}');
  });

  it('is not kept for a page that does not read, and goes on with the latest state when it does', async () => {
    let opened: ServerResponse | undefined;
    server.once('request', (_request, response) => {
      opened = response;
    });
    const { port } = new URL(url);
    const page = connect(Number(port), '127.0.0.1').pause();
    page.write('GET / HTTP/1.1\r\nHost: page\r\n\r\n');
    const padding = 'x'.repeat(1_000_000);
    await expect.poll(() => reads).toBeGreaterThan(0);
    for (let change = 1; change <= 30; change++) {
      state = { change, padding };
      await feed.refresh();
    }
    state = { change: 'latest' };
    await feed.refresh();
    expect(opened?.writableLength).toBeLessThan(10 * padding.length);
    let received = '';
    page.setEncoding('utf8').on('data', (chunk: string) => {
      received = (received + chunk).slice(-100);
    });
    page.resume();
    await expect.poll(() => received, { timeout: 5_000 }).toContain('data: {"change":"latest"}');
    page.destroy();
  });

  it('ends when the feed is stopped', async () => {
    const page = await openPage();
    feed.stop();
    await page.ended;
  });
});

describe('the state', () => {
  it('is not read while no page is open', async () => {
    await wait(4 * interval);
    expect(reads).toBe(0);
    const page = await openPage();
    await expect.poll(() => page.messages).toHaveLength(1);
    page.close();
    await expect
      .poll(async () => {
        const before = reads;
        await wait(4 * interval);
        return reads - before;
      })
      .toBe(0);
  });

  it('is read once for any number of refreshes that come during a read', async () => {
    await openPage();
    await expect.poll(() => reads).toBeGreaterThan(0);
    slowness = 20;
    const before = reads;
    await Promise.all(Array.from({ length: 200 }, () => feed.refresh()));
    expect(reads - before).toBeLessThanOrEqual(3);
  });
});

// Tells open pages about each change, with server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
import type { ServerResponse } from 'node:http';

export interface LiveFeed {
  /** Makes a response a stream: it gets the state at once, and again after each change. */
  open(response: ServerResponse): void;
  /** Looks for a change now. Resolves after the pages have been told. */
  refresh(): Promise<void>;
  /** Ends all streams. */
  stop(): void;
}

/**
 * Creates a feed. While a page is open, the state is read once per interval as well, because other programs can change
 * the table without a request to this server.
 *
 * @param read - returns the state, as a value for JSON
 * @param interval - milliseconds
 */
export function createLiveFeed(read: () => Promise<unknown>, interval = 1_000): LiveFeed {
  const pages = new Set<ServerResponse>();
  /** Pages that have not read what they were sent, such as those of a browser that is suspended, and have missed a message. */
  const behind = new Set<ServerResponse>();
  let told = '';
  let running = Promise.resolve();
  let next: Promise<void> | undefined;
  const timer = setInterval(refresh, interval).unref();

  /** Calls during a read share the one that follows it, so that reads never overlap or pile up. */
  function refresh(): Promise<void> {
    next ??= running.then(() => {
      next = undefined;
      return tell();
    });
    running = next;
    return next;
  }

  async function tell(): Promise<void> {
    if (pages.size === 0) return;
    const message = await read().then(
      (state) => `data: ${JSON.stringify(state)}\n\n`,
      () => 'event: trouble\ndata:\n\n',
    );
    if (message === told) return;
    told = message;
    for (const page of pages) send(page, message);
  }

  /** Each message is the whole state, so a page that does not read needs only the latest, and no other is kept for it. */
  function send(page: ServerResponse, message: string): void {
    if (page.writableNeedDrain) behind.add(page);
    else page.write(message);
  }

  return {
    open(response) {
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
      response.flushHeaders();
      pages.add(response);
      response.on('drain', () => {
        if (behind.delete(response)) response.write(told);
      });
      response.once('close', () => {
        pages.delete(response);
        behind.delete(response);
      });
      told = '';
      refresh();
    },
    refresh,
    stop() {
      clearInterval(timer);
      for (const page of pages) page.end();
    },
  };
}

// Serves the page of `npm start`: its files, and the requests of its buttons that the API does not have.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { maxAttempts } from '../../../lambda/reset/domain/recovery-pin.ts';
import type { TokenKind } from '../token-issuer.ts';
import { listFiles, type PageFile } from './files.ts';
import { createLiveFeed, type LiveFeed } from './live-feed.ts';
import type { WireLog } from './wire-log.ts';

/** A user for whom the page has a card. */
export interface PageUser {
  readonly userId: string;
  /** The initial value of the PIN field: the user's PIN. */
  readonly pin: string | undefined;
}

/** What the page needs in addition to the API. */
export interface PageActions {
  readonly users: readonly PageUser[];
  /** Reads a user without secrets. */
  describe(userId: string): Promise<unknown>;
  /** Restores a user to the state at the start. */
  restore(userId: string): Promise<void>;
  /** Returns the latest events with what they say in words, oldest first. */
  events(): Promise<readonly unknown[]>;
  /** Issues an access token for a user, a valid one if not told otherwise; `undefined` if an external issuer is configured. */
  readonly issueToken: ((userId: string, kind?: TokenKind) => Promise<string>) | undefined;
}

export interface LocalPage {
  /** Answers a request for the page; returns false if it is a request for the API. */
  serve(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
  readonly wireLog: WireLog;
  /** Ends the connections of open pages, which would keep the server from closing. */
  stop(): void;
}

/** No path of the API can start with this, because `BASE_PATHS` must not contain `~`. */
const prefix = '/~local/';
/** Path of the API reference, which has an anchor for each error code. */
export const referencePath = `${prefix}reference`;

const files = listFiles(prefix);

/** Allows requests to this server only. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Creates the page that the local gateway serves in addition to the API.
 *
 * @param actions - what the page needs in addition to the API
 * @param wireLog - records the exchanges that the page shows
 */
export function createLocalPage(actions: PageActions, wireLog: WireLog): LocalPage {
  const restores = new Map<string, number>();
  const feed = createLiveFeed(() => describeAll(actions, restores));
  return {
    wireLog,
    async serve(request, response) {
      const [path = ''] = String(request.url).split('?');
      if (!isForPage(request, path)) {
        response.once('finish', feed.refresh);
        return false;
      }
      if (!isFromThisMachine(request))
        refuse(response, 403, "Only this server's own page can send this request.");
      else if (files[path] !== undefined && isReading(request)) await sendFile(files[path], response);
      else
        await runAction(
          { actions, restores, wireLog, feed },
          request.method ?? '',
          path.slice(prefix.length),
          response,
        );
      return true;
    },
    stop: feed.stop,
  };
}

function isForPage(request: IncomingMessage, path: string): boolean {
  return path.startsWith(prefix) || (path === '/' && isReading(request));
}

function isReading({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

/**
 * Whether a request comes from this server's own page or from a program on this machine, and not from another web page.
 * Other pages send another `Origin`; a page whose host name resolves to this machine (DNS rebinding) has another
 * `Host`.
 */
function isFromThisMachine({ headers, socket }: IncomingMessage): boolean {
  const ownHosts = ['127.0.0.1', 'localhost'].map((name) => `${name}:${socket.localPort}`);
  const { host = '', origin } = headers;
  return ownHosts.includes(host) && (origin === undefined || origin === `http://${host}`);
}

async function sendFile(file: PageFile, response: ServerResponse): Promise<void> {
  const content = file.open();
  response.writeHead(200, {
    'Content-Type': file.type,
    'Content-Security-Policy': contentSecurityPolicy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-cache',
  });
  // Node leaves the body out of the answer to HEAD.
  await pipeline(content, response);
}

const tokenKinds: Readonly<Record<string, TokenKind>> = {
  'expired-token': 'expired',
  'old-login-token': 'old-login',
};

interface PageParts {
  readonly actions: PageActions;
  /** User id -> how often the user was restored, so that every open page forgets what came before. */
  readonly restores: Map<string, number>;
  readonly wireLog: WireLog;
  readonly feed: LiveFeed;
}

/**
 * `GET state`, `GET live` (the state as a stream), `GET exchanges/<request id>`, `POST users/<user id>/token` and those of
 * `tokenKinds`, `POST users/<user id>/restore`.
 */
async function runAction(
  parts: PageParts,
  method: string,
  path: string,
  response: ServerResponse,
): Promise<void> {
  const { actions, restores, wireLog, feed } = parts;
  const [collection = '', id = '', verb = ''] = path.split('/').map(decode);
  switch (`${method} ${[collection, id && '*', verb].filter(Boolean).join('/')}`) {
    case 'GET state':
      sendJson(response, await describeAll(actions, restores));
      break;
    case 'GET live':
      feed.open(response);
      break;
    case 'GET exchanges/*':
      // The page compares a user before and after an exchange, so it must have been told of the change before.
      await feed.refresh();
      sendJson(response, wireLog.find(id));
      break;
    case 'POST users/*/token':
    case 'POST users/*/expired-token':
    case 'POST users/*/old-login-token':
      sendJson(response, isShown(actions, id) && { token: await actions.issueToken?.(id, tokenKinds[verb]) });
      break;
    case 'POST users/*/restore':
      sendJson(response, isShown(actions, id) && (await restore(parts, id)));
      break;
    default:
      refuse(response, 404, 'Not found.');
  }
}

function isShown({ users }: PageActions, userId: string): boolean {
  return users.some((user) => user.userId === userId);
}

async function restore({ actions, restores, feed }: PageParts, userId: string): Promise<unknown> {
  await actions.restore(userId);
  restores.set(userId, (restores.get(userId) ?? 0) + 1);
  await feed.refresh();
  return { userId };
}

async function describeAll(
  { users, describe, events, issueToken }: PageActions,
  restores: PageParts['restores'],
): Promise<unknown> {
  return {
    issuesTokens: issueToken !== undefined,
    maxAttempts,
    users: await Promise.all(
      users.map(async ({ userId, pin }) => ({
        userId,
        pin,
        restores: restores.get(userId) ?? 0,
        state: await describe(userId),
      })),
    ),
    events: await events(),
  };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

function sendJson(response: ServerResponse, value: unknown): void {
  if (!value) {
    refuse(response, 404, 'Not found.');
    return;
  }
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(value));
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(`${text}\n`);
}

// Serves the page of `npm start`: its files, and the requests of its buttons that the API does not have.
import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { maxAttempts } from '../../../lambda/reset/domain/recovery-pin.ts';
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
  /** Returns the latest events, oldest first. */
  events(): Promise<readonly unknown[]>;
  /** Issues an access token for a user; `undefined` if an external issuer is configured. */
  readonly issueToken: ((userId: string) => Promise<string>) | undefined;
}

export interface LocalPage {
  /** Answers a request for the page; returns false if it is a request for the API. */
  serve(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
  readonly wireLog: WireLog;
}

/** No path of the API can start with this, because `BASE_PATHS` must not contain `~`. */
const prefix = '/~local/';

const here = dirname(fileURLToPath(import.meta.url));
const swaggerUi = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

/** All files of the page. A fixed list, so that a request cannot choose a path in the file system. */
const files: Readonly<Record<string, { readonly path: string; readonly type: string }>> = {
  '/': { path: join(here, 'browser/index.html'), type: 'text/html; charset=utf-8' },
  [`${prefix}page.js`]: { path: join(here, 'browser/page.js'), type: 'text/javascript; charset=utf-8' },
  [`${prefix}page.css`]: { path: join(here, 'browser/page.css'), type: 'text/css; charset=utf-8' },
  [`${prefix}icon.svg`]: { path: join(here, 'browser/icon.svg'), type: 'image/svg+xml' },
  [`${prefix}openapi.yaml`]: {
    path: join(here, '../../../lambda/reset/openapi.yaml'),
    type: 'application/yaml; charset=utf-8',
  },
  [`${prefix}swagger-ui.js`]: {
    path: join(swaggerUi, 'swagger-ui-bundle.js'),
    type: 'text/javascript; charset=utf-8',
  },
  [`${prefix}swagger-ui.css`]: { path: join(swaggerUi, 'swagger-ui.css'), type: 'text/css; charset=utf-8' },
};

/** Allows requests to this server only. Swagger UI needs inline styles and icons in data URLs. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
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
  return {
    wireLog,
    async serve(request, response) {
      const [path = ''] = String(request.url).split('?');
      if (!isForPage(request, path)) return false;
      if (!isFromThisMachine(request))
        refuse(response, 403, "Only this server's own page can send this request.");
      else if (files[path] !== undefined && isReading(request))
        await sendFile(files[path], request, response);
      else await runAction(actions, wireLog, request.method ?? '', path.slice(prefix.length), response);
      return true;
    },
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

async function sendFile(
  { path, type }: { readonly path: string; readonly type: string },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.writeHead(200, {
    'Content-Type': type,
    'Content-Security-Policy': contentSecurityPolicy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-cache',
  });
  if (request.method === 'HEAD') response.end();
  else await pipeline(createReadStream(path), response);
}

/**
 * `GET users`, `GET events`, `GET exchanges/<request id>`, `POST users/<user id>/token`, `POST users/<user
 * id>/restore`.
 */
async function runAction(
  actions: PageActions,
  wireLog: WireLog,
  method: string,
  path: string,
  response: ServerResponse,
): Promise<void> {
  const [collection = '', id = '', verb = ''] = path.split('/').map(decode);
  switch (`${method} ${[collection, id && '*', verb].filter(Boolean).join('/')}`) {
    case 'GET users':
      sendJson(response, await describeAll(actions));
      break;
    case 'GET events':
      sendJson(response, await actions.events());
      break;
    case 'GET exchanges/*':
      sendJson(response, wireLog.find(id));
      break;
    case 'POST users/*/token':
      sendJson(response, isShown(actions, id) && { token: await actions.issueToken?.(id) });
      break;
    case 'POST users/*/restore':
      if (isShown(actions, id)) await actions.restore(id);
      sendJson(response, await describeAll(actions));
      break;
    default:
      refuse(response, 404, 'Not found.');
  }
}

function isShown({ users }: PageActions, userId: string): boolean {
  return users.some((user) => user.userId === userId);
}

async function describeAll({ users, describe, issueToken }: PageActions): Promise<unknown> {
  return {
    issuesTokens: issueToken !== undefined,
    maxAttempts,
    users: await Promise.all(
      users.map(async ({ userId, pin }) => ({ userId, pin, state: await describe(userId) })),
    ),
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

// The page of `npm start`: its files, and what its buttons ask for beside the API itself.
import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import type { WireLog } from './wire-log.ts';

/** A user for whom the page has a card. */
export interface PageUser {
  readonly userId: string;
  /** The PIN to begin with, so that nobody has to look it up. */
  readonly pin: string | undefined;
}

/** What the page's buttons do beside calling the API. */
export interface PageActions {
  readonly users: readonly PageUser[];
  /** What people may see of a user. */
  describe(userId: string): Promise<unknown>;
  /** Puts a user back as it was at the start. */
  restore(userId: string): Promise<void>;
  /** What the platform was told lately, oldest first. */
  events(): Promise<readonly unknown[]>;
  /** An access token of a user; `undefined` where the issuer is somebody else's. */
  readonly issueToken: ((userId: string) => Promise<string>) | undefined;
}

export interface LocalPage {
  /** Answers a request if it is one for the page; else it is one for the API. */
  serve(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
  readonly wireLog: WireLog;
}

/** No base path of the API can begin with this: `~` is not among the characters that `BASE_PATHS` may have. */
const prefix = '/~local/';

const here = dirname(fileURLToPath(import.meta.url));
const swaggerUi = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

/** Everything that can be asked for by name; no path of the request ever becomes a path of the disk. */
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

/** The page asks nobody but this server; Swagger UI sets styles inline and brings its icons as data. */
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
 * Makes what the gateway of `npm start` serves beside the API.
 *
 * @param actions - what the buttons do
 * @param wireLog - where the gateway's exchanges are kept
 */
export function createLocalPage(actions: PageActions, wireLog: WireLog): LocalPage {
  return {
    wireLog,
    async serve(request, response) {
      const [path = ''] = String(request.url).split('?');
      if (!isForPage(request, path)) return false;
      if (!isOfThisMachine(request)) refuse(response, 403, 'Only for pages of this very server.');
      else if (files[path] !== undefined && isReading(request))
        await sendFile(files[path], request, response);
      else await act(actions, wireLog, request.method ?? '', path.slice(prefix.length), response);
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
 * Whether a request comes from this server's own page or from a program here. Other pages are known by their `Origin`;
 * one whose name was made to point at this machine (DNS rebinding) is known by its `Host`.
 */
function isOfThisMachine({ headers, socket }: IncomingMessage): boolean {
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

/** `GET users`, `GET events`, `GET exchanges/<request id>`, `POST users/<user id>/token`, `POST users/<user id>/restore`. */
async function act(
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
      sendJson(response, isOneOf(actions, id) && { token: await actions.issueToken?.(id) });
      break;
    case 'POST users/*/restore':
      if (isOneOf(actions, id)) await actions.restore(id);
      sendJson(response, await describeAll(actions));
      break;
    default:
      refuse(response, 404, 'There is nothing here.');
  }
}

function isOneOf({ users }: PageActions, userId: string): boolean {
  return users.some((user) => user.userId === userId);
}

async function describeAll({ users, describe, issueToken }: PageActions): Promise<unknown> {
  return {
    issuesTokens: issueToken !== undefined,
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
    refuse(response, 404, 'There is nothing here.');
    return;
  }
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(value));
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(`${text}\n`);
}

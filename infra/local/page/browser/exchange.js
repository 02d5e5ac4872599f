// Requests to this server, and how they and their answers are written down.

const resetPath = '/user/2021-2/user/password/reset';

/**
 * A reset to send.
 *
 * @typedef {object} ResetRequest
 * @property {string | undefined} token
 * @property {Record<string, string>} query
 * @property {Record<string, string>} body not sent if it has no members
 */

/**
 * A reset that was sent, with its answer.
 *
 * @typedef {object} Exchange
 * @property {ResetRequest} request
 * @property {number} status
 * @property {string} reason
 * @property {{ code: string, title: string, detail: string, links?: { about: string } } | undefined} error
 * @property {{ request: string, answer: string }} wire as sent, with every header
 */

/**
 * Sends a request that only the page needs.
 *
 * @param {string} path
 * @param {string} [method]
 */
async function fetchJson(path, method = 'GET') {
  const response = await fetch(`/~local/${path}`, { method });
  if (!response.ok) throw new Error(`${path} was answered with status ${response.status}`);
  return response.json();
}

/** @param {string} path */
export function postJson(path) {
  return fetchJson(path, 'POST');
}

/**
 * Sends a reset.
 *
 * @param {ResetRequest} request
 * @returns {Promise<Exchange>}
 */
export async function sendReset(request) {
  const response = await fetch(writePath(request), {
    method: 'PUT',
    headers: listHeaders(request, request.token),
    ...(hasBody(request) && { body: JSON.stringify(request.body) }),
  });
  const text = await response.text();
  const wire = await fetchJson(`exchanges/${response.headers.get('Request-Id')}`);
  const error = text === '' ? undefined : JSON.parse(text).errors[0];
  return { request, status: response.status, reason: response.statusText, error, wire };
}

/** @param {ResetRequest} request */
function writePath({ query }) {
  const search = new URLSearchParams(query).toString();
  return search === '' ? resetPath : `${resetPath}?${search}`;
}

/** @param {ResetRequest} request */
function hasBody({ body }) {
  return Object.keys(body).length > 0;
}

/**
 * The headers that the page sets itself.
 *
 * @param {ResetRequest} request
 * @param {string | undefined} token as it is written
 * @returns {Record<string, string>}
 */
function listHeaders(request, token) {
  return {
    ...(token && { Authorization: `Bearer ${token}` }),
    ...(hasBody(request) && { 'Content-Type': 'application/json' }),
  };
}

/** What the service, and neither Node nor the connection, says in its headers. */
const connectionHeaders = /^(?:connection|keep-alive|date|content-length|transfer-encoding):/i;

/**
 * Writes an answer down.
 *
 * @param {Exchange} exchange
 * @param {boolean} isWhole as sent; otherwise without the connection's headers and the link to the reference, which the code
 *   has, and each member of an error on a line
 */
export function writeAnswer({ wire, error }, isWhole) {
  if (isWhole) return wire.answer;
  const [head = ''] = wire.answer.split('\r\n\r\n');
  const lines = head.split('\r\n').filter((line) => !connectionHeaders.test(line));
  const members = Object.entries(error ?? {})
    .filter(([name]) => name !== 'links')
    .map(([name, value]) => `  "${name}": ${JSON.stringify(value)}`);
  return [...lines, ...(error ? ['', '{"errors": [{', members.join(',\n'), '}]}'] : [])].join('\n');
}

/**
 * Writes a request down.
 *
 * @param {Exchange} exchange
 * @param {boolean} isWhole as sent; otherwise with a short token and without the browser's own headers
 */
export function writeRequest({ request, wire }, isWhole) {
  if (isWhole) return wire.request;
  const headers = Object.entries(listHeaders(request, shorten(request.token)));
  const head = [
    `PUT ${writePath(request)} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ].join('\n');
  return hasBody(request) ? `${head}\n\n${JSON.stringify(request.body)}` : head;
}

/**
 * Writes a request as a command.
 *
 * @param {Exchange} exchange
 * @param {boolean} isWhole with the whole token, so that it can be run
 */
export function writeCurl({ request }, isWhole) {
  const headers = Object.entries(listHeaders(request, isWhole ? request.token : shorten(request.token)));
  return [
    'curl -i -X PUT',
    ...headers.map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
    ...(hasBody(request) ? [`-d ${quote(JSON.stringify(request.body))}`] : []),
    quote(location.origin + writePath(request)),
  ].join(' \\\n  ');
}

/** @param {string | undefined} token */
function shorten(token) {
  return token && `${token.slice(0, 3)}…${token.slice(-4)}`;
}

/** Quotes a text for a POSIX shell. @param {string} text */
function quote(text) {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

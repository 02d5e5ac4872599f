// Requests to this server, and how they and their answers are written down.

const resetPath = '/user/2021-2/user/password/reset';

/**
 * A reset that was sent, with its answer.
 *
 * @typedef {object} Exchange
 * @property {string | undefined} token
 * @property {{ pin?: string, password?: string }} body
 * @property {number} status
 * @property {string} reason
 * @property {{ code: string, title: string, detail: string } | undefined} error
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
 * @param {string | undefined} token
 * @param {{ pin?: string, password?: string }} body
 * @returns {Promise<Exchange>}
 */
export async function sendReset(token, body) {
  const response = await fetch(resetPath, {
    method: 'PUT',
    headers: listHeaders(token, body),
    ...(hasMembers(body) && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const wire = await fetchJson(`exchanges/${response.headers.get('Request-Id')}`);
  const error = text === '' ? undefined : JSON.parse(text).errors[0];
  return { token, body, status: response.status, reason: response.statusText, error, wire };
}

/**
 * The headers that the page sets itself.
 *
 * @param {string | undefined} token
 * @param {object} body
 * @returns {Record<string, string>}
 */
function listHeaders(token, body) {
  return {
    ...(token && { Authorization: `Bearer ${token}` }),
    ...(hasMembers(body) && { 'Content-Type': 'application/json' }),
  };
}

/** @param {object} body */
function hasMembers(body) {
  return Object.keys(body).length > 0;
}

/** What the service, and neither Node nor the connection, says in its headers. */
const connectionHeaders = /^(?:connection|keep-alive|date|content-length|transfer-encoding):/i;

/**
 * Writes an answer down.
 *
 * @param {Exchange} exchange
 * @param {boolean} isWhole as sent; otherwise without the connection's headers and with an indented body
 */
export function writeAnswer({ wire }, isWhole) {
  if (isWhole) return wire.answer;
  const [head = '', body = ''] = wire.answer.split('\r\n\r\n');
  const lines = head.split('\r\n').filter((line) => !connectionHeaders.test(line));
  return `${lines.join('\n')}${body && `\n\n${JSON.stringify(JSON.parse(body), null, 2)}`}`;
}

/**
 * Writes a request down.
 *
 * @param {Exchange} exchange
 * @param {boolean} isWhole as sent; otherwise with a short token and without the browser's own headers
 */
export function writeRequest({ token, body, wire }, isWhole) {
  if (isWhole) return wire.request;
  const headers = Object.entries(listHeaders(shorten(token), body)).map(
    ([name, value]) => `${name}: ${value}`,
  );
  const head = [`PUT ${resetPath} HTTP/1.1`, ...headers].join('\n');
  return hasMembers(body) ? `${head}\n\n${JSON.stringify(body)}` : head;
}

/**
 * Writes a request as a command.
 *
 * @param {Exchange} exchange
 * @param {boolean} isWhole with the whole token, so that it can be run
 */
export function writeCurl({ token, body }, isWhole) {
  const headers = Object.entries(listHeaders(isWhole ? token : shorten(token), body));
  return [
    'curl -i -X PUT',
    ...headers.map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
    ...(hasMembers(body) ? [`-d ${quote(JSON.stringify(body))}`] : []),
    quote(location.origin + resetPath),
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

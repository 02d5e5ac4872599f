// Binds local servers to the loopback address, where only this machine can call them, and not the web pages that it shows.
import { randomInt } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer, isIP, type Server } from 'node:net';
import { UsageError } from '../command-line/usage-error.ts';

export const host = '127.0.0.1';

/** Connections that the system keeps until they are accepted. With Node's 511 it resets some of 2,000 that come at once. */
const backlog = 4_096;

/**
 * Has a server answer 403 to some requests, in place of handling them.
 *
 * @param server - a server that handles requests already
 */
export function refuseRequests(server: Server, isRefused: (request: IncomingMessage) => boolean): void {
  const handlers = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request').on('request', (request: IncomingMessage, response) => {
    if (isRefused(request)) response.writeHead(403).end('Web pages cannot use this server.\n');
    else for (const handle of handlers) handle(request, response);
  });
}

/** Whether a request is that of a web page: programs send no `Origin`. Table engines let every page read their answers. */
export function isFromWebPage({ headers }: IncomingMessage): boolean {
  return headers.origin !== undefined;
}

/**
 * Whether a request is for a name of the public DNS. Otherwise a web page whose name resolves to this machine (DNS rebinding)
 * could get a token of the local issuer, which gives one to anybody, and call the API or read the table, even one with real
 * users. Emulators and containers call by addresses, names without a dot, and names of RFC 6761 and of `.internal`. These are
 * not refused: nobody can register them.
 */
function hasPublicName({ headers: { host: name } }: IncomingMessage): boolean {
  const hostname = URL.parse(`http://${name}`)?.hostname ?? '';
  const isAddress = isIP(hostname) !== 0 || hostname.startsWith('[');
  return hostname.includes('.') && !isAddress && !/\.(localhost|test|internal)$/.test(hostname);
}

/**
 * Binds a server to a port of the loopback address. It answers 403 to requests for a name of the public DNS.
 *
 * @param server - a server that does not listen yet
 * @param port - 0 for any free port
 * @param variable - the environment variable that sets the port
 * @returns the base URL, without a trailing slash
 * @throws UsageError if the port is in use or needs higher privileges
 */
export async function listen(server: Server, port: number, variable: string): Promise<string> {
  refuseRequests(server, hasPublicName);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog }, () => {
      server.off('error', reject);
      resolve();
    });
  }).catch((error: unknown) => {
    throw explainPort(error, port, variable);
  });
  const address = server.address();
  return `http://${host}:${typeof address === 'object' ? address?.port : port}`;
}

/**
 * Finds a port for a program that is started later and binds the port itself.
 *
 * @param port - the port that must be free; 0: one from 20,000 to 30,000, which systems do not give to programs that ask for
 *   any free port
 * @param variable - the environment variable that sets the port
 * @throws UsageError if the port is in use or needs higher privileges
 */
export async function findFreePort(port = 0, variable = 'PORT'): Promise<number> {
  const server = createServer();
  const wanted = port === 0 ? randomInt(20_000, 30_000) : port;
  try {
    await listen(server, wanted, variable);
  } catch (error) {
    if (port === 0 && isInUse(error)) return findFreePort(port, variable);
    throw error;
  }
  await new Promise((closed) => server.close(closed));
  return wanted;
}

/**
 * Reports all ports that are in use in one error.
 *
 * @param ports - port numbers by the variables that set them; 0 stands for any free port
 * @throws UsageError that names each port which is in use, or needs higher privileges
 */
export async function expectFreePorts(ports: Readonly<Record<string, number>>): Promise<void> {
  const busy: string[] = [];
  for (const [variable, port] of Object.entries(ports)) {
    try {
      await findFreePort(port, variable);
    } catch (error) {
      if (!isInUse(error)) throw error;
      busy.push(`${port} (${variable})`);
    }
  }
  if (busy.length === 0) return;
  throw new UsageError(
    `these ports are in use: ${busy.join(', ')}. Is another \`npm start\` running? End it, or set the variables to free ports.`,
  );
}

function isInUse(error: unknown): boolean {
  return error instanceof UsageError && error.cause === 'in use';
}

/**
 * Looks for a proxy that programs would ask for the servers of this machine.
 *
 * @returns a sentence that says what to set, for people who use curl; undefined if there is no such proxy
 * @throws UsageError with that sentence if this process would ask the proxy too
 */
export function checkProxy(env: NodeJS.ProcessEnv): string | undefined {
  const name = ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'].find((variable) => env[variable]);
  const exempt = (env.no_proxy || env.NO_PROXY || '').split(/[\s,]+/);
  if (name === undefined || exempt.includes(host) || exempt.includes('*')) return undefined;
  const hint = `${name} sends requests for ${host} to a proxy: add ${host} to NO_PROXY in this shell.`;
  const isUsed = env.NODE_USE_ENV_PROXY === '1' || env.NODE_OPTIONS?.includes('--use-env-proxy');
  if (isUsed && /^http_/i.test(name)) throw new UsageError(hint);
  return hint;
}

/** Returns an error that says what to do if the port cannot be bound; any other error is returned as it is. */
export function explainPort(error: unknown, port: number, variable: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE')
    return new UsageError(`port ${port} is in use: set ${variable} to a free one.`, { cause: 'in use' });
  if (code === 'EADDRNOTAVAIL')
    return new UsageError(
      `this machine has no address ${host}: give its loopback interface IPv4 (Linux: ip addr add ${host}/8 dev lo).`,
    );
  if (code === 'EACCES')
    return new UsageError(`port ${port} may not be used: set ${variable} to one above 1023.`);
  return error;
}

// A port for a program that cannot choose one itself.
import { createServer } from 'node:net';
import { listen } from '../../infra/local/listen.ts';

/** Finds a port of the loopback address that nobody listens on at the moment. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  const url = await listen(server, 0, 'PORT');
  server.close();
  return Number(new URL(url).port);
}

// Puts a server far away: what goes to it and comes back takes as long as a network would.

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

export interface Distance {
  readonly port: number;
  close(): void;
}

/**
 * Starts a relay in front of a server of this machine. Opening a connection takes a round trip, and so does each exchange
 * over it (of TLS, then of HTTP), as over a network; bandwidth is not limited.
 *
 * @param target - port of the server
 * @param roundTrip - milliseconds
 */
export async function startDistance(target: number, roundTrip: number): Promise<Distance> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: target, host: '127.0.0.1', noDelay: true });
    // The loopback address answers the opening of a connection at once; so the first bytes pay for that round trip.
    passOn(near, far, roundTrip / 2, roundTrip);
    passOn(far, near, roundTrip / 2, 0);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket
        .on('close', () => sockets.delete(socket))
        .on('error', () => {
          near.destroy();
          far.destroy();
        });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Passes bytes on in their order, each some milliseconds after it came; the first ones later by what opening takes. */
function passOn(from: Socket, to: Socket, delay: number, opening: number): void {
  const openAt = performance.now() + opening;
  const later = (act: () => void) => {
    const dueAt = Math.max(performance.now(), openAt) + delay;
    setTimeout(act, dueAt - performance.now());
  };
  from.on('data', (chunk) => later(() => to.write(chunk))).on('end', () => later(() => to.end()));
}

declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** Creates a server that does not listen yet; `createTableMs` is how long a new table stays in status CREATING. */
  export default function dynalite(options?: { createTableMs?: number }): Server;
}

declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** Makes a server that is not listening yet; `createTableMs` is how long a new table stays CREATING. */
  export default function dynalite(options?: { createTableMs?: number }): Server;
}

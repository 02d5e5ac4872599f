// A stand-in of Amazon EventBridge: takes events from the real client, and hands them on as a rule's target gets them.
import { randomUUID } from 'node:crypto';
import { createAwsJsonServer } from './aws-json.ts';
import { listen } from './listen.ts';

/** An event as EventBridge delivers it, without what an account and a region add. */
export interface PublishedEvent {
  readonly source: string;
  readonly 'detail-type': string;
  /** ISO 8601 in UTC, to the second. */
  readonly time: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Looks at the events of one call: for each in turn the code that refuses it, or `undefined`. */
export type TakeEvents = (events: readonly PublishedEvent[]) => Promise<readonly (string | undefined)[]>;

export interface LocalEventBus {
  /** Base URL, as the EventBridge client takes it. */
  readonly endpoint: string;
  stop(): void;
}

interface PutEventsEntry {
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
  /** Seconds since the epoch. */
  readonly Time: number;
}

/**
 * Starts the stand-in on a free port.
 *
 * @param take - may throw a `ServiceFault`, which refuses the whole call
 */
export async function startEventBus(take: TakeEvents): Promise<LocalEventBus> {
  const server = createAwsJsonServer(async (_operation, input) => {
    const codes = await take((input.Entries as PutEventsEntry[]).map(toPublished));
    return {
      FailedEntryCount: codes.filter((code) => code !== undefined).length,
      Entries: codes.map((code) => (code === undefined ? { EventId: randomUUID() } : { ErrorCode: code })),
    };
  });
  const endpoint = await listen(server, 0, 'PORT');
  return {
    endpoint,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function toPublished({ Source, DetailType, Detail, Time }: PutEventsEntry): PublishedEvent {
  const time = `${new Date(Math.floor(Time) * 1000).toISOString().slice(0, 19)}Z`;
  return { source: Source, 'detail-type': DetailType, time, detail: JSON.parse(Detail) };
}

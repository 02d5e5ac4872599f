// A local replacement of Amazon EventBridge: accepts events from the AWS SDK's client, and passes them on in the format
// that a rule's target receives.
import { randomUUID } from 'node:crypto';
import { type AwsJsonServer, startAwsJsonServer } from './aws-json.ts';

/** An event as EventBridge delivers it, without the fields that depend on account and region. */
export interface PublishedEvent {
  readonly source: string;
  readonly 'detail-type': string;
  /** ISO 8601 in UTC, in whole seconds. */
  readonly time: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Takes the events of one call. Returns for each, in order, the error code that refuses it, or `undefined`. */
export type TakeEvents = (events: readonly PublishedEvent[]) => Promise<readonly (string | undefined)[]>;

interface PutEventsEntry {
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
  /** Seconds since the epoch. */
  readonly Time: number;
}

/**
 * Starts the server on a free port.
 *
 * @param take - may throw a `ServiceFault` to refuse the whole call
 */
export async function startEventBus(take: TakeEvents): Promise<AwsJsonServer> {
  return startAwsJsonServer(async (_operation, input) => {
    const codes = await take((input.Entries as PutEventsEntry[]).map(toPublished));
    return {
      FailedEntryCount: codes.filter((code) => code !== undefined).length,
      Entries: codes.map((code) => (code === undefined ? { EventId: randomUUID() } : { ErrorCode: code })),
    };
  });
}

function toPublished({ Source, DetailType, Detail, Time }: PutEventsEntry): PublishedEvent {
  const time = `${new Date(Math.floor(Time) * 1000).toISOString().slice(0, 19)}Z`;
  return { source: Source, 'detail-type': DetailType, time, detail: JSON.parse(Detail) };
}
